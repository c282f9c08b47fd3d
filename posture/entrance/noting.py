"""Signing in, and changes of how, in the audit log: one event in every organisation of the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from posture.auditing import record
from posture.entrance.providers import vouched
from posture.models import User
from posture.models.crossing import organisations_of_user
from posture.models.plain import storable
from posture.models.tenancy import within


@receiver(user_logged_in, dispatch_uid="audit_signed_in")
def signed_in(user: User, request: HttpRequest, **_: Any) -> None:
    """Note that somebody has signed in, with all that it takes."""
    note("session.began", user, by=user, only=_bound_to(request, user))


@receiver(user_logged_out, dispatch_uid="audit_signed_out")
def signed_out(user: User | None, request: HttpRequest, **_: Any) -> None:
    """Note that somebody has signed out; a session of nobody ends without a word."""
    if user is not None:
        note("session.ended", user, by=user, only=_bound_to(request, user))


def _bound_to(request: HttpRequest, user: User) -> UUID | None:
    """The organisation whose provider began the session: its word is nothing to other ones."""
    said = vouched(request.session, user)
    return said.organisation if said is not None else None


@receiver(user_login_failed, dispatch_uid="audit_refused")
def refused(credentials: Mapping[str, Any], **_: Any) -> None:
    """Note a wrong password for somebody we know, or one who left; who typed it is not known."""
    email = storable(str(credentials.get("email") or credentials.get("username") or ""))
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is not None:
        note("session.refused", user, by=None)


@receiver(authentication_failed, dispatch_uid="audit_factor_refused")
def factor_refused(
    user: User, authenticator: Authenticator, *, reauthentication: bool = False, **_: Any
) -> None:
    """Note a wrong code, of somebody who gave the password or of one who is signed in."""
    by = user if reauthentication else None
    note("session.refused", user, by=by, after={"factor": authenticator.type})


def note(
    action: str,
    user: User,
    *,
    by: User | None,
    after: Mapping[str, object] | None = None,
    only: UUID | None = None,
) -> None:
    """Record it in the organisations of the person, always in the same order of their chains.

    `only`: in no other one than this.
    """
    for organisation in sorted(organisations_of_user(user.pk)):
        if only not in {None, organisation}:
            continue
        with within(organisation):
            record(
                organisation=organisation,
                by=by,
                action=action,
                target=user,
                label=user.email,
                after=after,
            )


@contextmanager
def noted(
    action: str, user: User, *, by: User | None, after: Mapping[str, object] | None = None
) -> Iterator[None]:
    """Change something of a person in the block, and note it in the same transaction."""
    with transaction.atomic():
        yield
        note(action, user, by=by, after=after)
