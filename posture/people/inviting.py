"""Invitations from the side of those who invite: sent, sent again, withdrawn."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from posture import mail
from posture.access import may, may_give, scope_behind_the_door
from posture.auditing import record
from posture.models import (
    Account,
    Invitation,
    InvitationAccount,
    Membership,
    Organisation,
    User,
    database_now,
)
from posture.models.tenancy import within
from posture.people.members import RefusedError, check_given, hold

DAYS = 7
MOST_A_DAY = 100
"""Links that an organisation makes in a day, so that nobody sends mail by the thousand through us."""


class Sent(NamedTuple):
    """An invitation and its link, which is kept nowhere; `mailed`: it went out by mail."""

    invitation: Invitation
    link: str
    mailed: bool


def invite(  # noqa: PLR0913 - one form, all by keyword
    *,
    organisation: Organisation,
    by: User,
    email: str,
    role: str,
    accounts: Collection[Account] | None,
    link: Callable[[str], str],
) -> Sent:
    """Invite an address, outside of a transaction; `link` makes an address of a secret.

    `accounts` None: all. Raises RefusedError, in words. Whether the address has a user is not
    looked at, so it cannot be learnt.
    """
    secret = new_secret()
    with within(organisation):
        hold(organisation)
        check_given(organisation=organisation, by=by, role=role, accounts=accounts)
        _check_new(organisation, email)
        now = database_now()
        made = Invitation.objects.create(
            organisation=organisation,
            email=email.strip().lower(),
            role=role,
            restricted=accounts is not None,
            digest=digest_of(secret),
            invited_by=by,
            sent_at=now,
            expires_at=now + timedelta(days=DAYS),
        )
        InvitationAccount.objects.bulk_create(
            InvitationAccount(organisation=organisation, invitation=made, account=account)
            for account in accounts or ()
        )
        numbers = sorted(account.aws_account for account in accounts or ())
        named: object = "all" if accounts is None else numbers
        _tell("invitation.sent", made, by, {"role": role, "accounts": named})
        reach = reach_of(made)
    return _sent(organisation, by, made, link(secret), reach)


def resend(
    *, organisation: Organisation, by: User, invitation: uuid.UUID, link: Callable[[str], str]
) -> Sent:
    """Make a new link for seven more days, outside of a transaction; the old one is dead.

    Who sends it again stands for it from then on: it ends with their right to give that role.
    Raises RefusedError, also for an invitation that is over.
    """
    secret = new_secret()
    with within(organisation):
        found = _held(organisation, by, invitation)
        _check_amount(organisation)
        found.digest = digest_of(secret)
        found.sent_at = database_now()
        found.expires_at = found.sent_at + timedelta(days=DAYS)
        found.times_sent += 1
        found.invited_by = by
        found.save(update_fields=["digest", "sent_at", "expires_at", "times_sent", "invited_by"])
        _tell("invitation.sent_again", found, by, {"times_sent": found.times_sent})
        reach = reach_of(found)
    return _sent(organisation, by, found, link(secret), reach)


def withdraw(*, organisation: Organisation, by: User, invitation: uuid.UUID) -> Invitation:
    """End an invitation, inside `within`: its link is dead at once. Raises RefusedError."""
    found = _held(organisation, by, invitation)
    found.withdrawn_at = database_now()
    found.save(update_fields=["withdrawn_at"])
    _tell("invitation.withdrawn", found, by, {})
    return found


def _tell(action: str, invitation: Invitation, by: User, after: dict[str, object]) -> None:
    record(
        organisation=invitation.organisation_id,
        by=by,
        action=action,
        target=invitation,
        label=invitation.email,
        after=after,
    )


def open_invitations(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Keep those that nobody has accepted or withdrawn; their links may be too old."""
    return rows.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


def new_secret() -> str:
    """Return what opens an invitation: 256 random bits, in a form that logs know to hide."""
    return f"spi_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret; it is random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _held(organisation: Organisation, by: User, invitation: uuid.UUID) -> Invitation:
    """The invitation, while nobody else changes it, if this person may."""
    hold(organisation)
    scope = scope_behind_the_door(by, organisation.pk)
    if not may(scope, "manage"):
        message = "You may not invite people here any more. Ask an owner or admin."
        raise RefusedError(message)
    rows = Invitation.objects.filter(organisation=organisation, pk=invitation)
    found = open_invitations(rows).first()
    if found is None:
        message = "This invitation was accepted or withdrawn meanwhile. Nothing was changed."
        raise RefusedError(message)
    if not may_give(scope, found.role):
        message = "This invites an owner; only an owner sends or withdraws it."
        raise RefusedError(message)
    return found


def _check_new(organisation: Organisation, email: str) -> None:
    """Refuse somebody who is in it, or invited to it, already."""
    address = email.strip().lower()
    if Membership.objects.filter(organisation=organisation, user__email=address).exists():
        message = f"{address} is a member already. Change their role on their page."
        raise RefusedError(message)
    rows = Invitation.objects.filter(organisation=organisation, email=address)
    if open_invitations(rows).exists():
        message = f"{address} is invited already. Send that invitation again, or withdraw it first."
        raise RefusedError(message)
    _check_amount(organisation)


def _check_amount(organisation: Organisation) -> None:
    since = database_now() - timedelta(days=1)
    rows = Invitation.objects.filter(organisation=organisation, sent_at__gt=since)
    if (rows.aggregate(sent=Sum("times_sent"))["sent"] or 0) >= MOST_A_DAY:
        message = f"{MOST_A_DAY} invitations a day are enough. Go on tomorrow."
        raise RefusedError(message)


def reach_of(invitation: Invitation) -> int | None:
    """Return to how many accounts it is limited, from inside `within`; None for all."""
    return invitation.accounts.count() if invitation.restricted else None


def _sent(
    organisation: Organisation, by: User, invitation: Invitation, link: str, reach: int | None
) -> Sent:
    """Mail the link if mail is on; the transaction is over, so that nobody waits for a mail server."""
    if not mail.is_on():
        return Sent(invitation, link, mailed=False)
    limit = "" if reach is None else f", limited to {reach} account{'' if reach == 1 else 's'}"
    body = (
        f"{by.email} invites you to {organisation.name} on Seller Posture, "
        f"in the role {invitation.role}{limit}.\n\n"
        f"Open this link within {DAYS} days to join:\n\n{link}\n\n"
        "It works once, and only for this address. If you did not expect it, ignore it: nothing "
        "happens unless you join.\n"
    )
    subject = f"Join {organisation.name} on Seller Posture"
    return Sent(invitation, link, mail.send(to=invitation.email, subject=subject, body=body))
