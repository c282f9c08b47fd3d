"""Whom a queue's policy lets in beside its own account (controls.md rules R6 and R9-R11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.profile import Profile
from scanner.policy import Policy, Principal, Statement

EVERYBODY = ""
NAMES_THE_CALLER = ("aws:PrincipalAccount", "aws:PrincipalArn")
"""aws:SourceAccount and aws:SourceArn name whom a service acts for; services only send."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A statement that lets `stranger` (account id, or EVERYBODY) do some of the actions asked."""

    statement: Statement
    stranger: str
    actions: tuple[str, ...]


def admissions(
    policy: Policy, resource: str, actions: Sequence[str], account: Account, profile: Profile
) -> Iterator[Admission]:
    """Find what a resource policy allows to everybody and to accounts nobody approved.

    `resource` is the ARN that carries the policy. Everybody counts where no condition names who
    may pass (R9). A Deny takes away only what it covers without any condition (R6).
    """

    def is_known(one: str) -> bool:
        return profile.approves(one, account.id)

    for statement in policy.allows():
        if not statement.reaches(resource):
            continue
        granted = [action for action in actions if statement.applies_to_action(action)]
        for stranger in _strangers(statement, is_known):
            denies = [one for one in policy.denies() if _refuses(one, stranger, is_known)]
            left = tuple(
                action
                for action in granted
                if not any(one.covers_action(action) and one.covers(resource) for one in denies)
            )
            if left:
                yield Admission(statement, stranger, left)


Known = Callable[[str], bool]


def _strangers(statement: Statement, is_known: Known) -> tuple[str, ...]:
    """Accounts named by the principal, or by conditions on a principal that is everybody."""
    callers = _callers(statement)
    if not statement.admits_everyone():
        named = statement.foreign_accounts(own="")
        return tuple(
            one for one in named if not is_known(one) and (callers is None or one in callers)
        )
    if not statement.is_restrictive():
        return (EVERYBODY,)
    return tuple(sorted(one for one in callers or () if not is_known(one)))


def _callers(statement: Statement) -> frozenset[str] | None:
    """The accounts that pass all conditions on the caller; None when there is no such condition."""
    callers: frozenset[str] | None = None
    for condition in statement.restrictions():
        if any(condition.is_about(key) for key in NAMES_THE_CALLER):
            named = frozenset(_account(value) for value in condition.values)
            callers = named if callers is None else callers & named
    return callers


def _account(value: str) -> str:
    """A restrictive value is a 12-digit account or an ARN that names one (R9)."""
    return value.split(":")[4] if ":" in value else value


def _refuses(deny: Statement, stranger: str, is_known: Known) -> bool:
    """Whether a Deny surely applies to a stranger; for everybody, to all who are not known."""
    if deny.conditions:
        return False
    if deny.not_principals is not None:
        return not any(_may_be(one, stranger, is_known) for one in deny.not_principals)
    whole_account = (one.account for one in deny.principals or () if one.is_root)
    return deny.names_everyone() or (stranger != EVERYBODY and stranger in whole_account)


def _may_be(named: Principal, stranger: str, is_known: Known) -> bool:
    if named.kind == "Service":
        return False
    if named.is_unbounded:
        return True
    if stranger == EVERYBODY:
        return not is_known(named.account or "")
    return stranger in {named.account, named.value}
