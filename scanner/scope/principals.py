"""Every user and role joined with the policies that apply to it (controls.md R5, R12)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict, TypeVar

from scanner.facts.iam import AttachedPolicy, Group, InlinePolicy, ManagedPolicy, Role, User
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.scope.holder import READ_BY, SERVICE_LINKED, Held, Holder, RoleHolder
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import Listed, Observed, Unobserved, derived, gaps, merged, seen

H = TypeVar("H", bound=Holder)


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
    attached: dict[tuple[str, str, str], Held | Unobserved] = field(default_factory=dict)
    """Managed policies that came up so far: principals that share one share what is said of it."""

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
            key = (named.arn, named.name, via)
            if key not in self.attached:
                document = self._document(named.arn)
                self.attached[key] = _held(named.name, named.arn, document, via)
            yield self.attached[key]

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
