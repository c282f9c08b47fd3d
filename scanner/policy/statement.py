"""A statement: what it applies to, whom it lets in, and what keeps strangers out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Literal

from scanner.policy.conditions import Condition
from scanner.policy.context import opened
from scanner.policy.match import covers, fold, literal_start, matches, overlaps, padded
from scanner.policy.principals import Principal
from scanner.policy.restrictions import restricts

Effect = Literal["Allow", "Deny"]

ANY_RESOURCE = "*"
TRUST_ACTIONS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")


def prefixes_of(entries: Collection[str]) -> frozenset[str] | None:
    """Give the service prefixes of folded entries of Action; None when one does not spell it out."""
    starts = [literal_start(entry).partition(":") for entry in entries]
    if not all(colon for _, colon, _ in starts):
        return None
    return shared(frozenset(service for service, _, _ in starts))


@lru_cache(maxsize=1024)
def shared(names: frozenset[str]) -> frozenset[str]:
    """Give one set for all that are equal: an account has tens of thousands, of few kinds."""
    return names


def share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Say whether two sets of prefixes have one in common; None stands for all there are."""
    return one is None or other is None or not one.isdisjoint(other)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with every spelling made equal; texts stay as the policy spells them.

    `names_actions` is False for NotAction: then all actions but those of `not_actions` are meant;
    `names_resources` likewise. A statement without Resource or NotResource (trust policies and
    some others) has the resources `("*",)`. Without Principal or NotPrincipal, `principals` and
    `not_principals` are None.
    """

    index: int
    sid: str
    effect: Effect
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    names_actions: bool
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    names_resources: bool
    principals: tuple[Principal, ...] | None
    not_principals: tuple[Principal, ...] | None
    conditions: tuple[Condition, ...]
    exact_names: frozenset[str] = field(init=False, repr=False, compare=False)
    """The entries of Action or NotAction without wildcards, in lower case."""
    wildcards: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The other entries, in lower case."""
    prefixes: frozenset[str] | None = field(init=False, repr=False, compare=False)
    """Prefixes of the services it can be about, in lower case; None when it may be any."""
    reachable: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The resources as widely as they may be meant: variables and missing parts are anything."""

    def __post_init__(self) -> None:
        """Index the entries of Action or NotAction, and of Resource, once."""
        folded = [intern(fold(name)) for name in self.actions or self.not_actions]
        wild = tuple(dict.fromkeys(one for one in folded if "*" in one or "?" in one))
        object.__setattr__(self, "exact_names", shared(frozenset(folded).difference(wild)))
        object.__setattr__(self, "wildcards", self.actions if wild == self.actions else wild)
        object.__setattr__(self, "prefixes", prefixes_of(folded) if self.names_actions else None)
        wide = tuple(padded(opened(one)) for one in self.resources)
        object.__setattr__(self, "reachable", self.resources if wide == self.resources else wide)

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect == "Allow"

    @property
    def label(self) -> str:
        """What people call it: its Sid, else its 1-based place."""
        return self.sid or f"statement {self.index + 1}"

    def applies_to_action(self, action: str) -> bool:
        """Say whether the statement is about an action such as `sqs:SendMessage` (R2, R3)."""
        folded = fold(action)
        listed = folded in self.exact_names or any(matches(one, folded) for one in self.wildcards)
        return listed == self.names_actions

    def reaches_action(self, action: str) -> bool:
        """Say whether it is about an action, or about some action that fits a pattern."""
        folded, listed = fold(action), (*self.exact_names, *self.wildcards)
        if self.names_actions:
            return any(overlaps(one, folded) for one in listed)
        return not any(covers(one, folded) for one in listed)

    def covers_action(self, action: str) -> bool:
        """Say whether it is surely about an action, or about all that fit a pattern."""
        folded, listed = fold(action), (*self.exact_names, *self.wildcards)
        if self.names_actions:
            return any(covers(one, folded) for one in listed)
        return not any(overlaps(one, folded) for one in listed)

    def covers_every_action(self) -> bool:
        """Say whether no action of any service is left out."""
        if not self.names_actions:
            return not self.not_actions
        return any(covers(one, "*:*") for one in self.wildcards if not one.strip("*:"))

    def names_action(self, action: str) -> bool:
        """Say whether the action is listed by its exact name, with no wildcard or NotAction."""
        return self.names_actions and fold(action) in self.exact_names

    def reaches(self, resource: str) -> bool:
        """Say whether the statement may apply to a resource, given as ARN or pattern (R4).

        Policy variables and missing parts of an ARN stand for anything. `*` asks whether it applies to anything at all.
        """
        if self.names_resources:
            anything = resource == ANY_RESOURCE and bool(self.resources)
            return anything or any(overlaps(one, resource) for one in self.reachable)
        return not any(covers(one, resource) for one in self.not_resources)

    def covers(self, resource: str) -> bool:
        """Say whether the statement surely applies to a resource, or to all that fit a pattern."""
        if self.names_resources:
            return any(covers(one, resource) for one in self.resources)
        return not any(overlaps(opened(one), resource) for one in self.not_resources)

    def covers_everything(self) -> bool:
        """Say whether its Resource covers `*`; an Allow with NotResource nearly does and counts."""
        if self.names_resources or not self.allows:
            return self.covers(ANY_RESOURCE)
        return self.reaches(ANY_RESOURCE)

    def admits_everyone(self) -> bool:
        """Say whether an Allow names everyone, also by NotPrincipal (R11).

        Conditions may still restrict it: ask `is_restrictive`.
        """
        if not self.allows:
            return False
        return self.not_principals is not None or any(one.is_unbounded for one in self._named())

    def names_everyone(self) -> bool:
        """Say whether Principal is `*` in any spelling, whatever the effect."""
        return any(one.kind == "everyone" for one in self._named())

    def foreign_accounts(self, own: str, approved: Collection[str] = ()) -> tuple[str, ...]:
        """Give the accounts that an Allow names beside our own and the approved ones (R11).

        12-digit ids in the order named; a principal whose account cannot be told (canonical user,
        AWS-owned identity) stands with its whole value. Services, identity providers, everyone
        and deleted principals are left out.
        """
        if not self.allows:
            return ()
        named = (one.account or one.value for one in self._named() if _is_someone(one))
        return tuple(dict.fromkeys(who for who in named if who != own and who not in approved))

    def services(self) -> tuple[str, ...]:
        """Give the service principals that are named, such as `sns.amazonaws.com`."""
        return tuple(one.value for one in self._named() if one.kind == "Service")

    def providers(self) -> tuple[str, ...]:
        """Give the identity providers that are named: SAML or OIDC ARNs, or host names."""
        return tuple(one.value for one in self._named() if one.kind == "Federated")

    def is_trust(self) -> bool:
        """Say whether it is about assuming a role, as statements of trust policies are."""
        return any(self.applies_to_action(action) for action in TRUST_ACTIONS)

    def restrictions(self) -> tuple[Condition, ...]:
        """Give the conditions that keep strangers out of a resource policy or trust (R9, R10)."""
        trust = self.is_trust()
        return tuple(one for one in self.conditions if restricts(one, trust=trust))

    def is_restrictive(self) -> bool:
        """Say whether some condition names who may pass; `restrictions` says which (R9, R10)."""
        return bool(self.restrictions())

    def conditions_on(self, key: str) -> tuple[Condition, ...]:
        """Give the conditions that test a key, whatever the case of its name."""
        return tuple(one for one in self.conditions if one.is_about(key))

    def _named(self) -> Iterator[Principal]:
        return iter(self.principals or ())


def _is_someone(named: Principal) -> bool:
    """Leave out whom other predicates report: services, providers, everyone and the deleted."""
    if named.kind == "Service" or named.is_unbounded or named.is_deleted:
        return False
    return named.kind != "Federated" or named.account is not None
