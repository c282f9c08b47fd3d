"""Which guests nobody approved a resource policy lets do harm, less what a Deny takes away (R6)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Principal, Statement
from scanner.scope.guests import guests, is_account, is_left_to_services
from scanner.vocabulary import NotSeen, Observed


@dataclass(frozen=True, slots=True)
class Admission:
    """A statement that lets a stranger (see `guests`) do some of the actions asked.

    The stranger is unobserved when the statement is for an organisation, and whether that is the
    account's own could not be read.
    """

    statement: Statement
    stranger: Observed[str]
    actions: tuple[str, ...]

    @property
    def is_by_service(self) -> bool:
        """Whether the stranger gets in only through a service that acts for it."""
        return is_left_to_services(self.statement)


def admissions(
    policy: Policy,
    resource: str,
    actions: Sequence[str],
    snapshot: Snapshot,
    *,
    ours: Collection[str] | None = None,
) -> Iterator[Admission]:
    """Find what a resource policy allows to guests that are not `ours`.

    `resource` is the ARN that carries the policy, or a pattern in it. `ours` are account ids, by
    default this account and those the seller approved. A Deny takes away only what it covers
    without any condition (R6).
    """
    if ours is None:
        ours = (snapshot.account.id, *snapshot.profile.approved_accounts)
    for statement in policy.allows():
        granted = [action for action in actions if statement.applies_to_action(action)]
        if not granted or not statement.reaches(resource):
            continue
        for stranger in _strangers(statement, snapshot, ours):
            denies = [one for one in policy.denies() if _refuses(one, stranger, ours)]
            left = tuple(
                action
                for action in granted
                if not any(one.covers_action(action) and one.covers(resource) for one in denies)
            )
            if left:
                yield Admission(statement, stranger, left)


def _strangers(
    statement: Statement, snapshot: Snapshot, ours: Collection[str]
) -> tuple[Observed[str], ...]:
    try:
        return tuple(one for one in guests(statement, snapshot) if one not in ours)
    except NotSeen as unseen:
        return unseen.gaps


def _refuses(deny: Statement, stranger: Observed[str], ours: Collection[str]) -> bool:
    """Whether a Deny surely applies to a stranger; for many accounts, to all that are not ours."""
    if deny.conditions:
        return False
    one = stranger if isinstance(stranger, str) and is_account(stranger) else None
    if deny.not_principals is not None:
        return not any(_may_be(named, one, ours) for named in deny.not_principals)
    whole_accounts = (named.account for named in deny.principals or () if named.is_root)
    return deny.names_everyone() or (one is not None and one in whole_accounts)


def _may_be(named: Principal, stranger: str | None, ours: Collection[str]) -> bool:
    """Whether a principal may be a stranger; None stands for accounts that are not known."""
    if named.kind == "Service":
        return False
    if named.is_unbounded:
        return True
    if stranger is None:
        return named.account not in ours
    return stranger in {named.account, named.value}
