"""Members: their role, the accounts that they may see, and how they leave.

Whoever changes members holds the organisation's row, so that two changes at once are one after the
other, and each looks at who may do what as it is then. All verbs run inside `within` and raise
RefusedError.
"""

import uuid
from collections.abc import Collection

from posture.access import may, may_give, scope_behind_the_door
from posture.auditing import record
from posture.models import Account, MemberAccount, Membership, Organisation, Role, User


class RefusedError(Exception):
    """Nothing was changed; the message says why, and what to do."""


def change_member(
    *,
    organisation: Organisation,
    by: User,
    member: uuid.UUID,
    role: str,
    accounts: Collection[Account] | None,
) -> Membership:
    """Give a member a role and the accounts that they may see (None: all); returns the member.

    Only owners make and unmake owners; an owner sees all accounts; the last one stays one.
    """
    found = _held(organisation, by, member)
    check_given(organisation=organisation, by=by, role=role, accounts=accounts)
    if role != Role.OWNER:
        _leave_an_owner(found)
    before = told(found)
    found.role, found.restricted = role, accounts is not None
    found.save(update_fields=["role", "restricted"])
    MemberAccount.objects.filter(membership=found).delete()
    MemberAccount.objects.bulk_create(
        MemberAccount(organisation=organisation, membership=found, account=account)
        for account in accounts or ()
    )
    _tell("member.changed", found, by, before=before, after=told(found))
    return found


def remove_member(*, organisation: Organisation, by: User, member: uuid.UUID) -> Membership:
    """Take a person out of the organisation; returns who they were. Their user stays."""
    found = _held(organisation, by, member)
    _leave_an_owner(found)
    before = told(found)
    found.delete()
    _tell("member.removed", found, by, before=before)
    return found


def leave(*, organisation: Organisation, by: User) -> None:
    """Take oneself out; somebody who is not in it has left already."""
    hold(organisation)
    found = Membership.objects.filter(organisation=organisation, user=by).first()
    if found is not None:
        _leave_an_owner(found)
        before = told(found)
        found.delete()
        _tell("member.left", found, by, before=before)


def put_member(*, organisation: Organisation, user: User, role: str) -> Membership:
    """Make a person a member with this role and all accounts, asked by whoever runs the machine."""
    hold(organisation)
    found = Membership.objects.filter(organisation=organisation, user=user).first()
    if found is None:
        made = Membership.objects.create(organisation=organisation, user=user, role=role)
        _tell("member.added", made, None, after=told(made))
        return made
    before = told(found)
    if role != Role.OWNER:
        _leave_an_owner(found)
    found.role, found.restricted = role, False
    found.save(update_fields=["role", "restricted"])
    MemberAccount.objects.filter(membership=found).delete()
    _tell("member.changed", found, None, before=before, after=told(found))
    return found


def told(member: Membership) -> dict[str, object]:
    """What the audit log keeps of a membership: the role, and the accounts where it is limited."""
    if not member.restricted:
        return {"role": member.role, "accounts": "all"}
    named = MemberAccount.objects.filter(membership=member)
    numbers = named.values_list("account__aws_account", flat=True)
    return {"role": member.role, "accounts": sorted(numbers)}


def _tell(
    action: str,
    member: Membership,
    by: User | None,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    record(
        organisation=member.organisation_id,
        by=by,
        action=action,
        target=member.user,
        label=member.user.email,
        before=before,
        after=after,
    )


def hold(organisation: Organisation) -> None:
    """Let nobody else change members until the transaction ends."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def check_given(
    *, organisation: Organisation, by: User, role: str, accounts: Collection[Account] | None
) -> None:
    """Refuse a role or a limit that this person, as they are now, may not give to anybody."""
    scope = scope_behind_the_door(by, organisation.pk)
    if not may(scope, "manage"):
        message = "You may not change people here any more. Ask an owner or admin."
        raise RefusedError(message)
    if not may_give(scope, role):
        message = "Only an owner makes somebody an owner. Ask an owner, or choose another role."
        raise RefusedError(message)
    if role == Role.OWNER and accounts is not None:
        message = "An owner sees all accounts. Choose another role to limit somebody to some."
        raise RefusedError(message)
    if accounts is not None and not accounts:
        message = "Name the accounts that they may see, or let them see all."
        raise RefusedError(message)


def _held(organisation: Organisation, by: User, member: uuid.UUID) -> Membership:
    """The member as they are once nobody else changes them, if this person may change them."""
    hold(organisation)
    found = Membership.objects.filter(organisation=organisation, pk=member).first()
    if found is None:
        message = "This person is no member any more. Nothing was changed."
        raise RefusedError(message)
    scope = scope_behind_the_door(by, organisation.pk)
    if not may(scope, "manage"):
        message = "You may not change people here any more. Ask an owner or admin."
        raise RefusedError(message)
    if not may_give(scope, found.role):
        message = f"{found.user} is an owner; only an owner changes or removes owners."
        raise RefusedError(message)
    return found


def _leave_an_owner(member: Membership) -> None:
    """Refuse what would leave the organisation without an owner who can sign in."""
    if member.role != Role.OWNER:
        return
    owners = Membership.objects.filter(
        organisation=member.organisation_id, role=Role.OWNER, user__is_active=True
    )
    if not owners.exclude(pk=member.pk).exists():
        message = f"{member.user} is the last owner. Make somebody else an owner first."
        raise RefusedError(message)
