"""Invitations from the side of those who are invited: what a link offers, and accepting it.

Whoever holds a link that opens nothing learns no more than that, whether it was used, withdrawn,
too old or never ours.
"""

from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from posture.access import Scope, may_give
from posture.auditing import record
from posture.models import Invitation, MemberAccount, Membership, Organisation, User, database_now
from posture.models.crossing import invitation_with_digest
from posture.models.tenancy import within
from posture.people.inviting import digest_of, reach_of
from posture.people.members import RefusedError, hold, told


class GoneError(Exception):
    """The link opens nothing (any more)."""


class Offer(NamedTuple):
    """What a link offers: an organisation, to the holder of an address, in a role.

    `reach` is to how many accounts they will be limited; None: to none, they see all.
    """

    organisation: Organisation
    invitation: Invitation
    reach: int | None


def offered(*, secret: str) -> Offer:
    """Return what the link with this secret offers, outside of a transaction; raises GoneError."""
    place = invitation_with_digest(digest_of(secret))
    if place is None:
        raise GoneError
    with within(place.organisation):
        found = Invitation.objects.select_related("organisation").filter(pk=place.id).first()
        if found is None or not _stands(found):
            raise GoneError
        return Offer(found.organisation, found, reach_of(found))


def join(*, secret: str, user: User) -> Organisation:
    """Make somebody who has a user a member, outside of a transaction; returns of what.

    Raises GoneError, and RefusedError when the invitation is for another address.
    """
    offer = offered(secret=secret)
    with within(offer.organisation):
        invitation = _held(offer.organisation, secret)
        if user.email != invitation.email:
            message = "This invitation is for another address than the one you are signed in with."
            raise RefusedError(message)
        _admit(invitation, user)
    return offer.organisation


def join_as_new(*, secret: str, name: str, password: str) -> User:
    """Make a user for the invited address and a member of them, outside of a transaction.

    Raises ValidationError for a password that is too weak, GoneError, and RefusedError where a
    user has the address already: they sign in first.
    """
    offer = offered(secret=secret)
    user = User(email=offer.invitation.email, name=name.strip())
    validate_password(password, user)
    user.password = make_password(password)
    with within(offer.organisation):
        invitation = _held(offer.organisation, secret)
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as taken:
            message = "This could not be done. If you have signed in here before, sign in first."
            raise RefusedError(message) from taken
        _admit(invitation, user)
    return user


def _held(organisation: Organisation, secret: str) -> Invitation:
    """The invitation while nobody else accepts or withdraws it; raises GoneError."""
    hold(organisation)
    place = invitation_with_digest(digest_of(secret))
    if place is None or place.organisation != organisation.pk:
        raise GoneError
    found = Invitation.objects.select_related("organisation").get(pk=place.id)
    if not _stands(found):
        raise GoneError
    return found


def _stands(invitation: Invitation) -> bool:
    """Whether who sent it is still a member who may give that role; how they sign in is no matter."""
    sender = Membership.objects.filter(
        organisation=invitation.organisation_id,
        user=invitation.invited_by_id,
        user__is_active=True,
        restricted=False,
    ).first()
    if sender is None:
        return False
    return may_give(Scope(invitation.organisation, None, None, sender.role), invitation.role)


def _admit(invitation: Invitation, user: User) -> None:
    """Make the member; somebody who became one meanwhile stays what they are."""
    member, new = Membership.objects.get_or_create(
        organisation_id=invitation.organisation_id,
        user=user,
        defaults={"role": invitation.role, "restricted": invitation.restricted},
    )
    if new:
        MemberAccount.objects.bulk_create(
            MemberAccount(
                organisation_id=invitation.organisation_id, membership=member, account=account
            )
            for account in invitation.accounts.all()
        )
    invitation.accepted_at, invitation.accepted_by = database_now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(
        organisation=invitation.organisation_id,
        by=user,
        action="member.joined",
        target=user,
        label=user.email,
        after=told(member),
    )
