"""What metering identities hold beyond their metering (MTR-01)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.policy import (
    BUYER_SPEND,
    CAS_CALL,
    ESCALATE,
    FINANCE_WRITE,
    METER,
    PORTAL_WRITE,
    Grant,
    Granted,
    action_matches,
)
from scanner.scope.doubt import Doubt
from scanner.scope.holder import Holder
from scanner.scope.metering_rewrites import metering_only, taken
from scanner.scope.mtr import SOLD_AS, names_of, sells_any
from scanner.scope.nature import Nature
from scanner.scope.natures import seen_nature
from scanner.scope.sell import called
from scanner.vocabulary import Severity, Unobserved

BESIDE = {
    "change listings": PORTAL_WRITE,
    "change payout, tax and identity settings": FINANCE_WRITE,
    "buy": BUYER_SPEND,
    "grant itself other rights": ESCALATE,
    "order Commerce Analytics reports": CAS_CALL,
}
FORBIDDEN = frozenset[str]().union(*BESIDE.values())
REFUSAL = "metering-and-nothing-else"


@dataclass(frozen=True, slots=True)
class Crowd:
    """All who may send metering records of SaaS products, as a resource of their own."""

    account: Account

    @property
    def key(self) -> str:
        """The account's ARN with the name of the action (design 2.11)."""
        return f"{self.account.key}#action/BatchMeterUsage"

    @property
    def name(self) -> str:
        """What people call it."""
        return "Senders of metering records"

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class Surplus:
    """One thing too much, how bad it is, and the grants behind it."""

    sentence: str
    severity: Severity
    grants: tuple[Grant, ...]


def surplus(holder: Holder, snapshot: Snapshot) -> Iterator[Surplus | Doubt]:
    """Find what a metering identity holds too much, and what may hide more of it."""
    if holder.gaps:
        yield Doubt(Severity.HIGH, holder.gaps)
    meters = holder.grants(METER)
    if not meters:
        return
    who = called(holder)
    beside = holder.grants(FORBIDDEN)
    if beside:
        does = [text for text, actions in BESIDE.items() if beside.has_any(actions)]
        sentence = f"{who} has metering rights and can also {_listed(does)}."
        yield Surplus(sentence, Severity.HIGH, beside.of(FORBIDDEN))
    wild = _by_wildcard(meters)
    if wild:
        names = names_of(frozenset(grant.action for grant in wild))
        sentence = f"{who} has metering rights ({names}) through {_patterns(wild)}."
        yield Surplus(sentence, Severity.HIGH, wild)
    yield from _unsold(who, meters, snapshot)


def _unsold(who: str, meters: Granted, snapshot: Snapshot) -> Iterator[Surplus | Doubt]:
    for actions, kinds in SOLD_AS.items():
        held = meters.any_of(actions)
        sold = sells_any(snapshot, *kinds) if held else True
        if isinstance(sold, Unobserved):
            yield Doubt(Severity.LOW, (sold,))
        elif not sold:
            products = " or ".join(kind.removesuffix("Product") for kind in kinds)
            sentence = f"{who} can use {names_of(held)}, and no {products} product is sold."
            yield Surplus(sentence, Severity.LOW, meters.of(held))


def remedy_values(holder: Holder, snapshot: Snapshot) -> dict[str, str]:
    """Values that leave a metering identity its metering, or take it from whom it is not for.

    People meter nothing (MTR-03). Of a principal of which it is not known what stands behind it,
    metering goes if only a wildcard brings it beside other rights.
    """
    meters, beside = holder.grants(METER), holder.grants(FORBIDDEN)
    wild = _by_wildcard(meters)
    nature = seen_nature(holder, snapshot)
    by_chance = bool(beside) and len(wild) == len(meters.of(METER))
    if nature is Nature.HUMAN or (by_chance and nature is not Nature.WORKLOAD):
        return taken(holder, meters.of(METER), METER, snapshot, refusal=REFUSAL)
    unsold = unsold_actions(snapshot)
    surplus_actions = FORBIDDEN | unsold
    more = (*beside.of(FORBIDDEN), *meters.of(unsold))
    named = tuple(grant for grant in wild if grant.action not in unsold)
    if named:
        return metering_only(holder, named, more, surplus_actions, snapshot)
    return taken(holder, more, surplus_actions, snapshot, refusal=REFUSAL)


def unsold_actions(snapshot: Snapshot) -> frozenset[str]:
    """Metering actions of kinds of products that are surely not sold."""
    none: list[frozenset[str]] = [
        actions for actions, kinds in SOLD_AS.items() if sells_any(snapshot, *kinds) is False
    ]
    return frozenset[str]().union(*none)


def _by_wildcard(meters: Granted) -> tuple[Grant, ...]:
    return tuple(grant for grant in meters.of(METER) if grant.by_wildcard)


def _patterns(wild: tuple[Grant, ...]) -> str:
    found: dict[str, None] = {}
    for grant in wild:
        statement = grant.statement
        if not statement.names_actions:
            found.setdefault("NotAction")
            continue
        for entry in statement.actions:
            if action_matches(entry, grant.action):
                found.setdefault(entry)
    return _listed(list(found))


def _listed(texts: list[str]) -> str:
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last
