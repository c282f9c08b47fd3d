"""The statements of one layer of policies against one request: which apply, which may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from scanner.policy.conditions import Condition, evaluate, every, some
from scanner.policy.context import Context, fill, holds_variable
from scanner.policy.document import Policy
from scanner.policy.match import fits, matches, padded
from scanner.policy.principals import Match, Requester
from scanner.policy.statement import Statement

LayerName = Literal["identity", "boundary", "session", "resource", "scp", "rcp"]


@dataclass(frozen=True, slots=True)
class Because:
    """A statement that decided, or may decide, and where it stands.

    `number` counts the policies of its layer from 0, over all levels for SCPs and RCPs. `conditions`
    and `variables` are undecided: the statement applies only if they hold, or fit the resource.
    """

    layer: LayerName
    number: int
    statement: Statement
    conditions: tuple[Condition, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def sid(self) -> str:
        """The statement's Sid, empty when it has none."""
        return self.statement.sid

    @property
    def effect(self) -> str:
        """The statement's effect, Allow or Deny."""
        return self.statement.effect

    @property
    def is_certain(self) -> bool:
        """Whether the statement applies, and not only may."""
        return not self.conditions and not self.variables


@dataclass(frozen=True, slots=True)
class Layer:
    """What one layer says to a request; every statement in it applies or may apply."""

    name: LayerName
    found: tuple[Because, ...]

    @property
    def state(self) -> bool | None:
        """True when it allows, None when it may, False when it does not."""
        return some([one.is_certain or None for one in self.allows])

    @property
    def allows(self) -> tuple[Because, ...]:
        """The Allow statements; those that are certain alone, if there are any."""
        allows = tuple(one for one in self.found if one.statement.allows)
        return tuple(one for one in allows if one.is_certain) or allows

    @property
    def denies(self) -> tuple[Because, ...]:
        """The Deny statements."""
        return tuple(one for one in self.found if not one.statement.allows)


@dataclass(frozen=True, slots=True)
class Question:
    """What every layer is asked: action, resource, context, and who asks."""

    action: str
    resource: str
    context: Context
    caller: Requester
    bounded: bool
    """Whether the caller has a permissions boundary."""

    def identity(self, name: LayerName, policies: Sequence[Policy], start: int = 0) -> Layer:
        """Ask policies that belong to the caller; their Principal elements are not looked at."""
        return Layer(name, tuple(self._judge(name, policies, start, named=None)))

    def resource_policies(self, policies: Sequence[Policy]) -> dict[Match, Layer]:
        """Ask the resource's policies, apart by how their statements name the caller."""
        kinds: tuple[Match, ...] = ("direct", "role", "account")
        return {
            kind: Layer("resource", tuple(self._judge("resource", policies, 0, named=kind)))
            for kind in kinds
        }

    def _judge(
        self, name: LayerName, policies: Sequence[Policy], start: int, named: Match | None
    ) -> Iterable[Because]:
        for number, policy in enumerate(policies, start):
            for statement in policy.statements:
                if named is None or self._naming(statement) == named:
                    verdict = self._apply(statement, policy.version)
                    if verdict is not None:
                        yield Because(name, number, statement, *verdict)

    def _apply(
        self, statement: Statement, version: str
    ) -> tuple[tuple[Condition, ...], tuple[str, ...]] | None:
        """Give the undecided conditions and variables; None when the statement does not apply."""
        if not statement.applies_to_action(self.action):
            return None
        meant, variables = self._resource(statement, version)
        if meant is False:
            return None
        results = [(one, evaluate(one, self.context, version)) for one in statement.conditions]
        if every([result for _, result in results]) is False:
            return None
        undecided = tuple(one for one, result in results if result is None)
        return undecided, (variables if meant is None else ())

    def _resource(self, statement: Statement, version: str) -> tuple[bool | None, tuple[str, ...]]:
        listed = statement.resources if statement.names_resources else statement.not_resources
        results = [self._fits(padded(pattern), version) for pattern in listed]
        found = some([result for result, _ in results])
        variables = tuple(name for result, names in results if result is None for name in names)
        if found is None or statement.names_resources:
            return found, variables
        return not found, ()

    def _fits(self, pattern: str, version: str) -> tuple[bool | None, tuple[str, ...]]:
        if not holds_variable(pattern, version):
            return matches(pattern, self.resource), ()
        filled = fill(pattern, self.context, wild=True)
        if filled is None or not fits(filled.tokens, self.resource):
            return False, ()
        return (None if filled.guesses else True), filled.guesses

    def _naming(self, statement: Statement) -> Match:
        """Say how a statement of a resource policy names the caller."""
        if statement.not_principals is not None:
            return "no" if self._is_excepted(statement) else "direct"
        ways = {self.caller.named_by(one) for one in statement.principals or ()}
        ranked: tuple[Match, ...] = ("direct", "role", "account")
        return next((way for way in ranked if way in ways), "no")

    def _is_excepted(self, statement: Statement) -> bool:
        """Say whether NotPrincipal leaves the caller out: only by its own ARN.

        A boundary voids the exception of a Deny (IAM reference, NotPrincipal; Permissions
        boundaries for IAM entities).
        """
        if self.bounded and not statement.allows and self.caller.account is not None:
            return False
        return any(self.caller.is_itself(one) for one in statement.not_principals or ())
