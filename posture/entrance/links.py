"""Links that work once: the first owner of an empty installation, and break-glass for an owner.

An operator makes them with a management command. Only the SHA-256 of 32 random bytes is kept.
"""

import hashlib
import logging
import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from posture.auditing import record
from posture.entrance import sessions
from posture.entrance.noting import note, noted
from posture.models import EntryLink, LinkKind, Membership, Organisation, Role, User, database_now
from posture.models.crossing import organisations_of_user
from posture.models.tenancy import within

log = logging.getLogger(__name__)

LASTS = {
    LinkKind.SETUP: timedelta(hours=24),
    LinkKind.BREAK_GLASS: timedelta(minutes=15),
}
PAGES = {LinkKind.SETUP: "setup", LinkKind.BREAK_GLASS: "break_glass"}
SETTING_UP = 0x5E70
"""The advisory lock of whoever makes the first owner."""


class NoLinkError(Exception):
    """There can be no such link; the message says why and what to do instead."""


def setup_link() -> str:
    """Return the address of a page that makes the first owner; an earlier link ends.

    Raises NoLinkError when there are people already.
    """
    if User.objects.exists():
        message = "There are people already. Add others with manage.py create_user."
        raise NoLinkError(message)
    return _make(LinkKind.SETUP, None)


def break_glass_link(email: str) -> str:
    """Return the address of a page that signs this owner in; an earlier link of theirs ends.

    Raises NoLinkError for somebody who is no active owner of any organisation.
    """
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None or not _is_owner(user):
        message = f"{email} is no active owner of any organisation."
        raise NoLinkError(message)
    log.warning("break-glass link made", extra={"user": str(user.pk)})
    with noted("person.break_glass_made", user, by=None):
        return _make(LinkKind.BREAK_GLASS, user)


def _is_owner(user: User) -> bool:
    return any(_owns(user, one) for one in organisations_of_user(user.pk))


def _owns(user: User, organisation: uuid.UUID) -> bool:
    with within(organisation):
        return Membership.objects.filter(user=user, role=Role.OWNER).exists()


@transaction.atomic
def _make(kind: LinkKind, user: User | None) -> str:
    EntryLink.objects.filter(kind=kind, user=user, used_at__isnull=True).delete()
    text = secrets.token_urlsafe(32)
    EntryLink.objects.create(
        kind=kind, user=user, digest=_digest(text), expires_at=database_now() + LASTS[kind]
    )
    return settings.BASE_URL + reverse(PAGES[kind], args=[text])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def usable(kind: LinkKind, text: str) -> EntryLink | None:
    """Return the link with this text if it still opens something."""
    found = _usable(kind, text).select_related("user").first()
    if found is None or (kind == LinkKind.SETUP and User.objects.exists()):
        return None
    if found.user is not None and not _is_owner(found.user):
        return None
    return found


def _usable(kind: LinkKind, text: str) -> QuerySet[EntryLink]:
    alive = Q(used_at__isnull=True, expires_at__gt=Now())
    of_active = Q(user__isnull=True) | Q(user__is_active=True)
    return EntryLink.objects.filter(alive, of_active, kind=kind, digest=_digest(text))


def _use(kind: LinkKind, text: str) -> EntryLink | None:
    """Take the link for oneself; None when it opens nothing any more."""
    link = usable(kind, text)
    if link is None or not _usable(kind, text).filter(pk=link.pk).update(used_at=Now()):
        return None
    return link


@transaction.atomic
def set_up(*, text: str, company: str, email: str, name: str, password: str) -> User | None:
    """Make the first organisation and its owner; None when the link opens nothing any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETTING_UP])
    if _use(LinkKind.SETUP, text) is None:
        return None
    user = User.objects.create_user(email, password, name=name)
    organisation = Organisation(id=uuid.uuid4(), name=company)
    with within(organisation):
        organisation.save(force_insert=True)
        Membership.objects.create(organisation=organisation, user=user, role=Role.OWNER)
        record(
            organisation=organisation.pk,
            by=user,
            action="organisation.created",
            target=organisation,
            after={"owner": user.email},
        )
    log.warning("first owner made", extra={"user": str(user.pk)})
    return user


@transaction.atomic
def break_glass(*, text: str) -> User | None:
    """Return the owner to sign in, after ending their sessions; None for a link that is over.

    Their second factors stay until they remove them, which asks for no other proof for 10 minutes.
    """
    link = _use(LinkKind.BREAK_GLASS, text)
    if link is None or link.user is None:
        return None
    user = link.user
    ended = sessions.end_all(user=user)
    note("person.break_glass_used", user, by=user, after={"sessions_ended": ended})
    log.critical("break-glass link used", extra={"user": str(user.pk), "sessions_ended": ended})
    return user
