"""Whom a resource policy lets in beside this account and its organisation (R9, R11).

What a Deny leaves of it is told by `strangers`; here statements are asked alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Policy, Statement
from scanner.vocabulary import known

EVERYBODY = ""
NO_LIMIT = "s3:ResourceAccount"
"""In a bucket's policy it names the bucket's own account, so it holds for every caller."""

Keys = tuple[str, ...]
CALLERS: Keys = ("aws:PrincipalAccount", "aws:PrincipalArn", "kms:CallerAccount")
SOURCES: Keys = ("aws:SourceAccount", "aws:SourceOwner", "aws:SourceArn")
"""They name whom a service acts for; no person or role brings them along."""
CALLING_ORGANIZATIONS: Keys = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths")
SOURCE_ORGANIZATIONS: Keys = ("aws:SourceOrgID",)


def guests(statement: Statement, snapshot: Snapshot) -> tuple[str, ...]:
    """Give whom an Allow lets in that is not ours: account ids, organisation ids or EVERYBODY.

    Everybody is who passes when no condition names anyone (R9); services are not told. Approved
    accounts are: the caller knows what to make of them. A canonical user stands with its id.
    Raises NotSeen when that hangs on the account's own organisation, which was not read.
    """
    limits = limits_of(statement)
    if not statement.admits_everyone():
        named = statement.foreign_accounts(snapshot.account.id)
        return tuple(one for one in named if _passes(one, limits))
    return _through(limits, snapshot) if limits else (EVERYBODY,)


def limits_of(statement: Statement) -> tuple[Condition, ...]:
    """Give the conditions that name who may pass (R9), for the policy of a bucket or a topic."""
    return tuple(one for one in statement.restrictions() if not one.is_about(NO_LIMIT))


def is_left_to_services(statement: Statement) -> bool:
    """Whether an Allow for everybody is limited by whom a service acts for, and not by who calls."""
    limits = limits_of(statement)
    return (
        statement.admits_everyone()
        and bool(_about(limits, (*SOURCES, *SOURCE_ORGANIZATIONS)))
        and not _about(limits, CALLERS)
    )


def names(limit: Condition) -> bool:
    """Whether the values of a condition are accounts, organisations, or ARNs that name one."""
    return bool(
        _about([limit], (*CALLERS, *SOURCES, *CALLING_ORGANIZATIONS, *SOURCE_ORGANIZATIONS))
    )


def who(value: str) -> str:
    """The account or organisation in a value of a condition that `names` somebody."""
    return value.split(":")[4] if ":" in value else value.partition("/")[0]


def is_account(guest: str) -> bool:
    """Whether a guest is one account, or canonical user, and not everybody or an organisation."""
    return guest != EVERYBODY and not guest.startswith("o-")


def called(guest: str, *, approved: bool = False) -> str:
    """What sentences call a guest; `approved` says that it is an account the seller approved."""
    if guest == EVERYBODY:
        return "any AWS account"
    if is_account(guest):
        return f"{'approved' if approved else 'foreign'} account {guest}"
    return f"foreign organisation {guest}"


def is_refused_to_all(policy: Policy, action: str, resource: str) -> bool:
    """Whether a Deny without conditions takes an action on a resource from everybody (R6)."""
    return any(
        one.names_everyone()
        and not one.conditions
        and one.covers_action(action)
        and one.covers(resource)
        for one in policy.denies()
    )


def _passes(account: str, limits: Iterable[Condition]) -> bool:
    """Whether an account that a statement names also passes its conditions on the caller."""
    return all(account in map(who, one.values) for one in _about(limits, CALLERS))


def _through(limits: Sequence[Condition], snapshot: Snapshot) -> tuple[str, ...]:
    """Whom conditions on everybody name beside ours: accounts, for want of those organisations.

    Conditions on one kind of key must all name them. A network or endpoint names nobody, and who
    comes from there is taken to be ours.
    """
    for keys in (CALLERS, SOURCES):
        if conditions := _about(limits, keys):
            return _in_all(conditions, but=snapshot.account.id)
    for keys in (CALLING_ORGANIZATIONS, SOURCE_ORGANIZATIONS):
        if conditions := _about(limits, keys):
            own = known(snapshot.organizations.organization)
            return _in_all(conditions, but=own.id if own else "")
    return ()


def _about(limits: Iterable[Condition], keys: Iterable[str]) -> list[Condition]:
    return [one for one in limits if any(one.is_about(key) for key in keys)]


def _in_all(conditions: Sequence[Condition], *, but: str) -> tuple[str, ...]:
    first, *others = [dict.fromkeys(map(who, one.values)) for one in conditions]
    return tuple(one for one in first if one != but and all(one in other for other in others))
