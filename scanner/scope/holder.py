"""A user or role as somebody who holds rights (controls.md R5, R6, R12).

What was not read is a gap. What is known may still prove a grant; that something is not granted is
known only without gaps. A permissions boundary that was not read proves nothing either way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from scanner.evidence import Excerpt, Fact, Piece, policy_excerpt
from scanner.facts.iam import Role
from scanner.policy import (
    ASKED_OF_ALL,
    NOTHING,
    Grant,
    Granted,
    Policy,
    administers,
    granted,
    is_within,
    parse,
    services_of,
)
from scanner.policy.statement import share
from scanner.vocabulary import NotSeen, Observed, Unobserved, known

READ_BY = "iam:GetAccountAuthorizationDetails"
SERVICE_LINKED = "/aws-service-role/"
IDENTITY_CENTER = "/aws-reserved/sso.amazonaws.com/"
MOST_EXCERPTS = 3
EVERYTHING = known(
    parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}', source=READ_BY)
)


@dataclass(frozen=True, slots=True)
class Held:
    """A policy that applies to a principal; `via` names the group that brings it, or is empty."""

    name: str
    key: str
    policy: Policy
    via: str = ""

    @property
    def title(self) -> str:
        """How evidence calls it."""
        kind = "Inline policy" if "#inline-policy/" in self.key else "Policy"
        return f"{kind} {self.name} of group {self.via}" if self.via else f"{kind} {self.name}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Holder:
    """An IAM user or role and everything that grants it something or limits it.

    `gaps` are the policies, groups and boundaries that could not be read. `created` is None when
    only the credential report knows a user.
    """

    kind: Literal["user", "role"]
    name: str
    arn: str
    path: str
    created: datetime | None
    held: tuple[Held, ...] = ()
    boundary: Observed[Policy] | None = None
    gaps: tuple[Unobserved, ...] = ()

    @property
    def key(self) -> str:
        """The principal's ARN."""
        return self.arn

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""

    @property
    def is_identity_center(self) -> bool:
        """Whether the role comes from a permission set, which is where to change it (R12)."""
        return self.path.startswith(IDENTITY_CENTER)

    def grants(self, actions: Collection[str]) -> Granted:
        """Say which of the actions are surely granted, by what was read (R5-R7); remembered."""
        asked = frozenset(actions)
        found = self._answers.get(asked)
        if found is None:
            within = is_within(asked, ASKED_OF_ALL)
            found = self._usual.within(asked) if within else self._asked(asked)
            self._answers[asked] = found
        return found

    @cached_property
    def _usual(self) -> Granted:
        return self._asked(ASKED_OF_ALL)

    def _asked(self, actions: frozenset[str]) -> Granted:
        about = self.policies_about(actions)
        if not about or isinstance(self.boundary, Unobserved):
            return NOTHING
        return granted(about, actions, boundary=self.boundary)

    def grants_or_raises(self, actions: Collection[str]) -> Granted:
        """The same; raises NotSeen when nothing is granted as far as was read, but not all was."""
        found = self.grants(actions)
        if not found and self.gaps:
            raise NotSeen(*self.gaps)
        return found

    def may_grant(self, actions: Collection[str]) -> bool:
        """Whether some action is granted, or may be by what was not read."""
        return bool(self.gaps) or self.grants(actions) is not NOTHING

    def is_mfa_gated(self, actions: Collection[str]) -> bool:
        """Whether a Deny refuses what it holds of the actions to sessions without MFA (R6).

        Of a principal that holds none of them it is asked of all.
        """
        held = self.grants(actions) or granted((*self._policies, EVERYTHING), actions)
        return held.actions <= held.mfa_gated

    @cached_property
    def administration(self) -> tuple[Grant, ...]:
        """The statements that make it an administrator: everything on everything (SELL-09)."""
        if isinstance(self.boundary, Unobserved):
            return ()
        return administers(self._policies, boundary=self.boundary)

    def excerpts(self, found: Granted | Iterable[Grant], *, note: str = "") -> tuple[Piece, ...]:
        """Show the policies behind some grants, offending statements marked, at most three.

        Conditions on either side are told, as neither is counted (R6, R7).
        """
        statements: dict[Policy, dict[int, Grant]] = {}
        for grant in _each(found):
            statements.setdefault(grant.policy, {})[grant.statement.index] = grant
        pieces = [
            self._excerpt(policy, grants, note)
            for policy, grants in list(statements.items())[:MOST_EXCERPTS]
        ]
        return (*pieces, *_remarks(found, len(statements) - len(pieces)))

    def _excerpt(self, policy: Policy, found: Mapping[int, Grant], note: str) -> Excerpt:
        same = (held for held in self.held if held.policy is policy or held.policy == policy)
        title = next(same).title
        marked = [grant.statement for grant in found.values()]
        return policy_excerpt(title, policy, marked, note=note, read_by=READ_BY)

    def policies_about(self, actions: frozenset[str]) -> tuple[Policy, ...]:
        """Those about services of the actions: no other one allows or refuses any of them."""
        services = services_of(actions)
        return tuple(one for one in self._policies if share(one.prefixes, services))

    @cached_property
    def _answers(self) -> dict[frozenset[str], Granted]:
        return {}

    @cached_property
    def _policies(self) -> tuple[Policy, ...]:
        return tuple({held.key: held.policy for held in self.held}.values())


@dataclass(frozen=True, eq=False, kw_only=True)
class RoleHolder(Holder):
    """A role as a holder, with the role itself for its trust and last use."""

    role: Role


def _each(found: Granted | Iterable[Grant]) -> Iterable[Grant]:
    if isinstance(found, Granted):
        return [grant for grants in found.grants.values() for grant in grants]
    return found


def _remarks(found: Granted | Iterable[Grant], more: int) -> Iterator[Fact]:
    if more:
        yield Fact("More policies that grant it", str(more), READ_BY)
    if not isinstance(found, Granted) or not found:
        return
    if found.conditional == found.actions:
        yield Fact("Conditions", "every grant has some; it counts all the same", READ_BY)
    denies = dict.fromkeys(one.label for some in found.denied_if.values() for one in some)
    if denies:
        yield Fact("Deny with conditions, not counted", ", ".join(denies), READ_BY)
