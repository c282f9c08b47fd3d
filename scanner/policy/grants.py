"""What policies grant a principal: allowed actions less what a Deny or boundary surely removes.

Rights are never underrated: an Allow with conditions counts (R7), a Deny removes only when it has
none and covers all that was allowed (R6), and a boundary keeps whatever it may let through (R5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scanner.policy.actions import has_resource_types
from scanner.policy.context import opened
from scanner.policy.document import Matched, Policy
from scanner.policy.index import matched, part_of
from scanner.policy.statement import ANY_RESOURCE, Statement

MOST_COMPARISONS = 20_000
NONE = frozenset[str]()
MFA_KEY = "aws:MultiFactorAuthPresent"


@dataclass(frozen=True, slots=True)
class Grant:
    """One Allow statement that grants an action, and the policy that holds it.

    `conditional` when the Allow, or all that the boundary lets through, hangs on conditions.
    """

    action: str
    statement: Statement
    policy: Policy
    conditional: bool

    @property
    def by_wildcard(self) -> bool:
        """Whether a wildcard or NotAction grants it rather than the exact name."""
        return by_wildcard(self.statement, self.action)


@dataclass(frozen=True, slots=True)
class Granted:
    """What was asked for and is granted; actions that are not granted have no entry.

    `denied_if` are Deny statements with conditions that touch a granted action: shown, never
    counted. `mfa_gated` are actions that a Deny refuses to all sessions without MFA (R6).
    """

    grants: Mapping[str, tuple[Grant, ...]]
    denied_if: Mapping[str, tuple[Statement, ...]]
    mfa_gated: frozenset[str]

    @property
    def actions(self) -> frozenset[str]:
        """The granted actions."""
        return frozenset(self.grants)

    @property
    def conditional(self) -> frozenset[str]:
        """Those that every grant ties to conditions (R7)."""
        return frozenset(
            action for action, found in self.grants.items() if all(g.conditional for g in found)
        )

    def __bool__(self) -> bool:
        """Whether anything is granted."""
        return bool(self.grants)

    def __contains__(self, action: object) -> bool:
        """Whether an action, spelled as in the set that was asked for, is granted."""
        return action in self.grants

    def has_any(self, actions: Collection[str]) -> bool:
        """Say whether any of the actions is granted."""
        return any(action in self.grants for action in actions)

    def any_of(self, actions: Collection[str]) -> frozenset[str]:
        """Give those of the actions that are granted."""
        return frozenset(action for action in actions if action in self.grants)

    def all_of(self, actions: Collection[str]) -> bool:
        """Say whether every one of the actions is granted."""
        return all(action in self.grants for action in actions)

    def within(self, asked: frozenset[str]) -> Granted:
        """Give the answer about some of ASKED_OF_ALL, which this one was asked about.

        `is_within` says whether it holds that answer.
        """
        kept = part_of(self.actions, asked) if self.grants else NONE
        if len(kept) == len(self.grants):
            return self
        if not kept:
            return NOTHING
        grants = {action: found for action, found in self.grants.items() if action in kept}
        denied_if = {action: found for action, found in self.denied_if.items() if action in kept}
        return Granted(grants, denied_if, self.mfa_gated & kept)

    def of(self, actions: Collection[str]) -> tuple[Grant, ...]:
        """Give the grants of some actions, each statement once per action."""
        return tuple(grant for action in sorted(actions) for grant in self.grants.get(action, ()))


NOTHING = Granted({}, {}, frozenset())
"""What most policies grant of what is asked for."""


def allows(policy: Policy, action: str, *, resource: str = ANY_RESOURCE) -> tuple[Statement, ...]:
    """Give the Allow statements of one policy that grant an action, by any conditions (R2-R4).

    `resource` is an ARN or pattern; by default any resource will do. An action without resource
    types is granted only by a statement that covers `*`. Denies are not looked at.
    """
    return tuple(
        one
        for one in policy.allows()
        if one.applies_to_action(action) and _grants_on(one, action, resource)
    )


def by_wildcard(statement: Statement, action: str) -> bool:
    """Say whether a wildcard or NotAction grants the action rather than its exact name."""
    return not statement.names_action(action)


def granted(
    policies: Sequence[Policy],
    actions: Collection[str],
    *,
    boundary: Policy | None = None,
    resource: str = ANY_RESOURCE,
) -> Granted:
    """Say which actions the policies of one principal grant it together (R5-R7).

    `policies` are all of its identity policies, those of its groups included; `resource` is an ARN
    or pattern, by default any. An action may be a pattern, `aws-marketplace-management:*`: what a
    policy names of it beside the other actions asked for is then reported as the policy spells it.
    """
    wanted = frozenset(actions)
    if not any(matched(one, wanted) for one in policies):
        return NOTHING
    search = _Search(policies, wanted, boundary, resource)
    allowed = search.allowed()
    if not allowed:
        return NOTHING
    refusing = search.refusing()
    grants: dict[str, tuple[Grant, ...]] = {}
    denied_if: dict[str, tuple[Statement, ...]] = {}
    gated: set[str] = set()
    for action, allowing in allowed.items():
        denies = search.denies(action, refusing)
        kept = search.kept(action, allowing, denies)
        if kept:
            grants[action] = kept
            maybe = tuple(one for one in denies if one.conditions)
            denied_if |= {action: maybe} if maybe else {}
            gated |= {action for one in maybe if _gates(one, kept, resource)}
    return Granted(grants, denied_if, frozenset(gated)) if grants else NOTHING


@dataclass(slots=True)
class _Search:
    """One call of `granted`."""

    policies: Sequence[Policy]
    wanted: frozenset[str]
    boundary: Policy | None
    resource: str

    def allowed(self) -> dict[str, list[tuple[Policy, Statement]]]:
        """Give the Allow statements per action, before anything removes them."""
        found: dict[str, list[tuple[Policy, Statement]]] = {}
        for policy in self.policies:
            for statement, actions in matched(policy, self.wanted):
                if statement.allows:
                    for action in _granted_on(statement, actions, self.resource):
                        found.setdefault(action, []).append((policy, statement))
        return found

    def refusing(self) -> list[Matched]:
        """Give the Deny statements about any of the actions, with those they are about."""
        pairs = (pair for policy in self._limits() for pair in matched(policy, self.wanted))
        return [pair for pair in pairs if not pair[0].allows]

    def denies(self, action: str, refusing: Sequence[Matched]) -> list[Statement]:
        """Give the Deny statements about an action, or about all that fits a pattern."""
        if self._is_indexed(action):
            return [one for one, about in refusing if action in about]
        every = (one for policy in self._limits() for one in policy.denies())
        return [one for one in every if one.covers_action(action)]

    def _limits(self) -> Sequence[Policy]:
        return (*self.policies, self.boundary) if self.boundary else self.policies

    def kept(
        self,
        action: str,
        allowing: Sequence[tuple[Policy, Statement]],
        denies: Sequence[Statement],
    ) -> tuple[Grant, ...]:
        """Give what is left of Allow statements after Denies and the boundary took theirs away."""
        removing = [one for one in denies if not one.conditions]
        if self.boundary is None and not removing:
            return tuple(
                Grant(action, one, policy, bool(one.conditions)) for policy, one in allowing
            )
        grants: list[Grant] = []
        for policy, statement in allowing:
            targets = _left(_targets(statement, action, self.resource), removing)
            passed = self._passed(action, targets)
            if passed is not None:
                conditional = passed or bool(statement.conditions)
                grants.append(Grant(action, statement, policy, conditional))
        return tuple(grants)

    def _passed(self, action: str, targets: Sequence[str]) -> bool | None:
        """Say whether the boundary lets some target through, by conditions alone; None if not."""
        if self.boundary is None or not targets:
            return False if targets else None
        about = (
            [one for one, about in matched(self.boundary, self.wanted) if action in about]
            if self._is_indexed(action)
            else [one for one in self.boundary.statements if one.reaches_action(action)]
        )
        through = [
            bool(one.conditions)
            for one in about
            if one.allows
            and (
                _is_endless(targets, one)
                or any(_grants_on(one, action, opened(target)) for target in targets)
            )
        ]
        return all(through) if through else None

    def _is_indexed(self, action: str) -> bool:
        """Say whether the index knows the action, which it does not for an entry of a policy."""
        return action in self.wanted and "*" not in action


def _granted_on(statement: Statement, actions: frozenset[str], resource: str) -> Collection[str]:
    """Give those of the actions, all named by an Allow, that it can grant on the resource (R4)."""
    reaches, everything = statement.reaches(resource), statement.covers_everything()
    if reaches == everything:
        return actions if reaches else ()
    with_types, without = _by_types(actions)
    return with_types if reaches else without


@lru_cache(maxsize=2048)
def _by_types(actions: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part actions into those that know resource types and those that do not."""
    with_types = tuple(one for one in actions if has_resource_types(one))
    return with_types, tuple(one for one in actions if one not in with_types)


def _grants_on(statement: Statement, action: str, resource: str) -> bool:
    """Say whether an Allow that names the action can grant it on the resource (R4)."""
    if not has_resource_types(action):
        return statement.covers_everything()
    return statement.reaches(resource)


def _targets(statement: Statement, action: str, resource: str) -> tuple[str, ...]:
    """Give the resources, as patterns, on which an Allow grants the action."""
    if resource != ANY_RESOURCE and has_resource_types(action):
        return (resource,)
    if statement.names_resources and has_resource_types(action):
        return statement.resources
    return (ANY_RESOURCE,)


def _left(targets: Sequence[str], removing: Sequence[Statement]) -> tuple[str, ...]:
    """Give the targets that no Deny surely covers; too long a list of both removes nothing."""
    removing = [one for one in removing if one.covers_everything() or not _is_endless(targets, one)]
    return tuple(target for target in targets if not any(_covers(one, target) for one in removing))


def _is_endless(targets: Sequence[str], statement: Statement) -> bool:
    """Say whether comparing them all would take a hostile policy's time instead of ours."""
    listed = len(statement.resources) + len(statement.not_resources)
    return len(targets) * listed > MOST_COMPARISONS


def _covers(deny: Statement, target: str) -> bool:
    """Say whether a Deny surely covers a target; a variable of both has the same value in both."""
    return target in deny.resources or deny.covers(opened(target))


def _gates(deny: Statement, grants: Sequence[Grant], resource: str) -> bool:
    """Say whether a Deny refuses all the grants to whoever has no MFA, as R6 spells it."""
    if len(deny.conditions) != 1:
        return False
    only = deny.conditions[0]
    if only.operator != "BoolIfExists" or not only.is_about(MFA_KEY):
        return False
    if [value.lower() for value in only.values] != ["false"]:
        return False
    return all(
        _covers(deny, target)
        for grant in grants
        for target in _targets(grant.statement, grant.action, resource)
    )
