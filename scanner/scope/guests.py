"""Whom a resource policy lets in beside this account and its organisation (R9, R11).

The counterpart for accounts alone is `strangers`; here organisations and the accounts that a
service acts for count as well, whatever the actions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Policy, Statement
from scanner.vocabulary import known

EVERYBODY = ""
NO_LIMIT = "s3:ResourceAccount"
"""In a bucket's policy it names the bucket's own account, so it holds for every caller."""

CALLER_KEYS = ("aws:PrincipalAccount", "aws:PrincipalArn", "kms:CallerAccount")
ACCOUNT_KEYS = (*CALLER_KEYS, "aws:SourceAccount", "aws:SourceOwner", "aws:SourceArn")
ORGANIZATION_KEYS = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceOrgID")


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
    about_caller = [one for one in limits if any(one.is_about(key) for key in CALLER_KEYS)]
    return all(account in map(_account, one.values) for one in about_caller)


def _through(limits: Sequence[Condition], snapshot: Snapshot) -> tuple[str, ...]:
    """Whom conditions on everybody name, the narrowest that names accounts first.

    Nobody when one of them names only what is ours. A network or endpoint names nobody, and who
    comes from there is taken to be ours.
    """
    accounts = _named(limits, ACCOUNT_KEYS, _account, snapshot.account.id)
    if accounts:
        return min(accounts, key=len)
    organizations = _named(limits, ORGANIZATION_KEYS, _organization, "")
    if not organizations:
        return ()
    own = known(snapshot.organizations.organization)
    foreign = [tuple(who for who in some if own is None or who != own.id) for some in organizations]
    return min(foreign, key=len)


def _named(
    limits: Iterable[Condition], keys: Iterable[str], read: Callable[[str], str], own: str
) -> list[tuple[str, ...]]:
    """What each condition on some keys names beside `own`."""
    return [
        tuple(dict.fromkeys(who for who in map(read, one.values) if who != own))
        for one in limits
        if any(one.is_about(key) for key in keys)
    ]


def _account(value: str) -> str:
    """A restricting value is a 12-digit account or an ARN that names one (R9)."""
    return value.split(":")[4] if ":" in value else value


def _organization(value: str) -> str:
    return value.partition("/")[0]
