"""Calls of BatchMeterUsage in the event history, and what their callers say (MTR-07)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scanner.evidence import Fact
from scanner.facts.cloudtrail import METERING, TrailEvent
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.scope.doubt import Doubt
from scanner.scope.holder import SERVICE_LINKED, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.mtr import BATCH
from scanner.scope.nature import Nature
from scanner.scope.natures import seen_nature
from scanner.scope.principals import principals
from scanner.scope.products import ANSWERS, Kind, products_of, sells
from scanner.vocabulary import HOME_REGION, Listed, Observed, Severity, Unobserved, gaps, seen

LOOKUP = "cloudtrail:LookupEvents"
ROOT = "Root"
METERED = frozenset({"saas_subscription", "saas_contract_usage"})
TOLERATED = 10
"""Percent of calls that may end in an error."""

MOST_CALLERS = 5


@dataclass(frozen=True, slots=True)
class Odd:
    """Something about the calls that should not be, and some of them."""

    sentence: str
    severity: Severity
    calls: tuple[TrailEvent, ...]


def metering_calls(snapshot: Snapshot) -> Listed[TrailEvent]:
    """The calls of the last 90 days, in all regions that were looked at."""
    return snapshot.cloudtrail.events.get(METERING, NOT_READ)


def says_contracts_only(snapshot: Snapshot) -> bool:
    """Whether the profile names a kind of SaaS product and none of them is metered."""
    answered = ANSWERS[Kind.SAAS].intersection(snapshot.profile.product_types or ())
    return bool(answered) and not answered & METERED


def has_public_saas(snapshot: Snapshot) -> Observed[bool]:
    """Whether buyers can find a SaaS product; one that the catalog does not list counts."""
    listed = products_of(snapshot, Kind.SAAS)
    if any(product.visibility == "Public" for product in seen(listed)):
        return True
    missing = gaps(listed)
    if missing:
        return missing[0]
    return not seen(listed) and sells(snapshot, Kind.SAAS) is True


def oddities(calls: Listed[TrailEvent], snapshot: Snapshot) -> Iterator[Odd | Doubt]:
    """Find what is wrong with the calls, and what may hide more of it."""
    found = seen(calls)
    if gaps(calls):
        yield Doubt(Severity.HIGH, gaps(calls))
    by_root = tuple(call for call in found if call.caller_type == ROOT)
    if by_root:
        sentence = f"The root user called BatchMeterUsage {_times(by_root)} in the last 90 days."
        yield Odd(sentence, Severity.HIGH, by_root)
    by_caller: dict[str, list[TrailEvent]] = {}
    for call in found:
        if call.caller and call.caller_type != ROOT:
            by_caller.setdefault(call.caller, []).append(call)
    for caller, made in by_caller.items():
        yield from _caller(caller, tuple(made), snapshot)
    wrong = tuple(call for call in found if call.error)
    if len(wrong) * 100 > len(found) * TOLERATED:
        share = len(wrong) * 100 // len(found)
        kinds = ", ".join(sorted({call.error for call in wrong}))
        sentence = f"{share} % of {len(found)} calls of BatchMeterUsage failed: {kinds}."
        yield Odd(sentence, Severity.LOW, wrong)


def _caller(
    caller: str, calls: tuple[TrailEvent, ...], snapshot: Snapshot
) -> Iterator[Odd | Doubt]:
    if f":role{SERVICE_LINKED}" in caller or caller == snapshot.scan_role:
        return
    holder = _by_arn(snapshot).get(caller)
    times = f"BatchMeterUsage {_times(calls)} in the last 90 days"
    if holder is None:
        missing = gaps(principals(snapshot))
        if missing:
            yield Doubt(Severity.MEDIUM, missing)
        else:
            sentence = f"{caller} called {times} and is no user or role of this account any more."
            yield Odd(sentence, Severity.MEDIUM, calls)
        return
    nature = seen_nature(holder, snapshot)
    if isinstance(nature, Unobserved):
        yield Doubt(Severity.MEDIUM, (nature,))
    elif nature is Nature.HUMAN:
        sentence = f"{caller}, which is for people, called {times}."
        yield Odd(sentence, Severity.MEDIUM, calls)
    if not holder.grants(BATCH):
        if holder.gaps:
            yield Doubt(Severity.MEDIUM, holder.gaps)
        else:
            sentence = f"{caller} called {times} and has no right to any more."
            yield Odd(sentence, Severity.MEDIUM, calls)


@once_per_snapshot
def _by_arn(snapshot: Snapshot) -> Mapping[str, Holder]:
    return {holder.arn: holder for holder in seen(principals(snapshot))}


def call_facts(calls: Iterable[TrailEvent]) -> tuple[Fact, ...]:
    """How often each caller called, the busiest first, and when it last did."""
    found = sorted(calls, key=lambda call: call.time)
    counts = Counter(name_of(call) for call in found)
    last = {name_of(call): call for call in found}
    facts = [
        Fact(
            f"Calls of BatchMeterUsage by {name}",
            f"{count}, last {last[name].time:%Y-%m-%d %H:%M} UTC in"
            f" {last[name].region or HOME_REGION}",
            LOOKUP,
        )
        for name, count in counts.most_common(MOST_CALLERS)
    ]
    rest = len(counts) - len(facts)
    return (*facts, Fact("More callers", str(rest), LOOKUP)) if rest else tuple(facts)


def name_of(call: TrailEvent) -> str:
    """Who called, as far as the event tells."""
    return call.caller or call.user or "somebody unknown"


def _times(calls: tuple[TrailEvent, ...]) -> str:
    return "once" if len(calls) == 1 else f"{len(calls)} times"
