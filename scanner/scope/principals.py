"""Who may do what: every user and role with the policies that apply to it (controls.md R5, R12).

A policy that was not read or does not parse is a gap of its holder. What is known may still prove
a grant; that something is not granted is known only without gaps. A permissions boundary that was
not read proves nothing either way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, TypedDict, TypeVar

from scanner.evidence import Excerpt, Fact, Piece, policy_excerpt
from scanner.facts.iam import AttachedPolicy, Group, InlinePolicy, ManagedPolicy, Role, User
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant, Granted, Policy, administers, granted, parse
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import (
    Listed,
    NotSeen,
    Observed,
    Unobserved,
    derived,
    gaps,
    known,
    merged,
    seen,
)

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
        """Say which of the actions are surely granted, by what was read (R5-R7)."""
        if isinstance(self.boundary, Unobserved):
            return granted((), actions)
        return granted(self._policies, actions, boundary=self.boundary)

    def grants_or_raises(self, actions: Collection[str]) -> Granted:
        """The same; raises NotSeen when nothing is granted as far as was read, but not all was."""
        found = self.grants(actions)
        if not found and self.gaps:
            raise NotSeen(*self.gaps)
        return found

    def may_grant(self, actions: Collection[str]) -> bool:
        """Whether some action is granted, or may be by what was not read."""
        return bool(self.gaps) or bool(self.grants(actions))

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
        """Show the policies behind some grants, offending statements marked, at most three."""
        statements: dict[Policy, dict[int, Grant]] = {}
        for grant in _each(found):
            statements.setdefault(grant.policy, {})[grant.statement.index] = grant
        pieces = [self._excerpt(policy, found, note) for policy, found in statements.items()]
        if len(pieces) <= MOST_EXCERPTS:
            return tuple(pieces)
        rest = Fact("More policies that grant it", str(len(pieces) - MOST_EXCERPTS), READ_BY)
        return (*pieces[:MOST_EXCERPTS], rest)

    def _excerpt(self, policy: Policy, found: Mapping[int, Grant], note: str) -> Excerpt:
        title = next(held.title for held in self.held if held.policy == policy)
        marked = [grant.statement for grant in found.values()]
        return policy_excerpt(title, policy, marked, note=note, read_by=READ_BY)

    @cached_property
    def _policies(self) -> tuple[Policy, ...]:
        return tuple({held.key: held.policy for held in self.held}.values())


H = TypeVar("H", bound=Holder)


@dataclass(frozen=True, eq=False, kw_only=True)
class RoleHolder(Holder):
    """A role as a holder, with the role itself for its trust and last use."""

    role: Role


@once_per_snapshot
def users(snapshot: Snapshot) -> Listed[Holder]:
    """All IAM users with what applies to them."""
    library = _Library.of(snapshot)
    return derived(snapshot.iam.users, lambda user: [library.user(user)])


@once_per_snapshot
def roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """All roles but service-linked ones, which nobody can change, and our own scan role (R12)."""
    library = _Library.of(snapshot)

    def holder(role: Role) -> list[RoleHolder]:
        left_out = role.path.startswith(SERVICE_LINKED) or role.arn == snapshot.scan_role
        return [] if left_out else [library.role(role)]

    return derived(snapshot.iam.roles, holder)


def principals(snapshot: Snapshot) -> Listed[Holder]:
    """All users and roles of R5 with the exceptions of R12."""
    people: Listed[Holder] = users(snapshot)
    return merged(people, roles(snapshot))


def holding(listed: Listed[H], actions: Collection[str]) -> Listed[H]:
    """Those that are granted any of the actions, or may be by policies that were not read."""
    return derived(listed, lambda one: [one] if one.may_grant(actions) else [])


class _Described(TypedDict):
    name: str
    arn: str
    path: str
    created: datetime | None
    held: tuple[Held, ...]
    boundary: Observed[Policy] | None
    gaps: tuple[Unobserved, ...]


@dataclass(frozen=True, slots=True)
class _Library:
    """Managed policies by ARN and groups by name, and what is missing of both lists."""

    policies: Mapping[str, ManagedPolicy]
    groups: Mapping[str, Group]
    without_policies: tuple[Unobserved, ...]
    without_groups: tuple[Unobserved, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Library:
        iam = snapshot.iam
        return cls(
            {policy.arn: policy for policy in seen(iam.policies)},
            {group.name: group for group in seen(iam.groups)},
            gaps(iam.policies),
            gaps(iam.groups),
        )

    def user(self, user: User) -> Holder:
        parts = [*self._own(user.inline, user.attached), *self._of_groups(user.groups)]
        return Holder(kind="user", **self._described(user, parts))

    def role(self, role: Role) -> RoleHolder:
        parts = list(self._own(role.inline, role.attached))
        return RoleHolder(kind="role", role=role, **self._described(role, parts))

    def _described(self, identity: User | Role, parts: list[Held | Unobserved]) -> _Described:
        boundary = self._boundary(identity.boundary)
        missing = [part for part in (*parts, boundary) if isinstance(part, Unobserved)]
        return {
            "name": identity.name,
            "arn": identity.arn,
            "path": identity.path,
            "created": identity.created,
            "held": tuple(part for part in parts if isinstance(part, Held)),
            "boundary": boundary,
            "gaps": tuple(dict.fromkeys(missing)),
        }

    def _own(
        self,
        inline: Iterable[InlinePolicy],
        attached: Iterable[AttachedPolicy],
        via: str = "",
    ) -> Iterator[Held | Unobserved]:
        for one in inline:
            yield _held(one.name, one.key, one.document, via)
        for named in attached:
            yield _held(named.name, named.arn, self._document(named.arn), via)

    def _of_groups(self, names: Iterable[str]) -> Iterator[Held | Unobserved]:
        for name in names:
            group = self.groups.get(name)
            if group is not None:
                yield from self._own(group.inline, group.attached, via=name)
            else:
                yield from self.without_groups or (_not_returned(f"group {name}"),)

    def _document(self, arn: str) -> Observed[Policy]:
        policy = self.policies.get(arn)
        if policy is not None:
            return policy.document
        return self.without_policies[0] if self.without_policies else _not_returned("its document")

    def _boundary(self, arn: str) -> Observed[Policy] | None:
        if not arn:
            return None
        document = self._document(arn)
        return document if isinstance(document, Policy) else _about(document, f"boundary {arn}")


def _each(found: Granted | Iterable[Grant]) -> Iterable[Grant]:
    if isinstance(found, Granted):
        return [grant for grants in found.grants.values() for grant in grants]
    return found


def _held(name: str, key: str, document: Observed[Policy], via: str) -> Held | Unobserved:
    if isinstance(document, Unobserved):
        return _about(document, f"policy {name}")
    return Held(name, key, document, via)


def _about(gap: Unobserved, what: str) -> Unobserved:
    """Say of which policy something is missing."""
    return replace(gap, detail=f"{what}: {gap.detail}" if gap.detail else what)


def _not_returned(what: str) -> Unobserved:
    """AWS named it and then did not describe it."""
    return Unobserved(READ_BY, "NotReturned", detail=what)
