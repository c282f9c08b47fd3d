"""Second factors: who has one, and organisations that require one of their members."""

import logging

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from posture.auditing import record
from posture.models import Membership, Organisation, User

log = logging.getLogger(__name__)

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class NoFactorError(Exception):
    """Who requires a second factor of others has none; the message is for people."""


def has_second_factor(user: User) -> bool:
    """Say whether signing in as them takes more than the password."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def factors_of(user: User) -> int:
    """Return how many second factors somebody has: an app, and each passkey."""
    count: int = Authenticator.objects.filter(user=user, type__in=FACTORS).count()
    return count


def without_factor(organisation: Organisation) -> int:
    """Return how many members have no second factor, from inside `within` the organisation."""
    theirs = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    members = Membership.objects.filter(organisation=organisation)
    return members.filter(~Exists(theirs), user__is_active=True).count()


def require(*, organisation: Organisation, by: User, required: bool) -> bool:
    """Require a second factor of every member from their next request on, or no longer.

    From inside `within` the organisation.
    Returns whether that is a change. Raises NoFactorError when the one who asks has none: they
    would be led away from this very page.
    """
    if required and not has_second_factor(by):
        message = "Set up a second factor for yourself first, on the page under your name."
        raise NoFactorError(message)
    rows = Organisation.objects.filter(pk=organisation.pk, requires_second_factor=not required)
    changed = bool(rows.update(requires_second_factor=required))
    if changed:
        record(
            organisation=organisation.pk,
            by=by,
            action="organisation.second_factor_required",
            target=organisation,
            before={"required": not required},
            after={"required": required},
        )
        log.info("second factor required" if required else "second factor not required any more")
    return changed
