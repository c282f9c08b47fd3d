"""Which sensitive events somebody is told of, by an alarm or by a rule with a target (CT-08).

An event counts as heard only when that is sure, by lists that were read whole; what could not be
read is a gap. Rules are read in the home region; alarms where the log group is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scanner.evidence import Fact
from scanner.facts.cloudtrail import Trail
from scanner.facts.messaging import Rule
from scanner.facts.monitoring import Alarm, MetricFilter
from scanner.facts.snapshot import Snapshot
from scanner.scope.ct import belongs_elsewhere, counted_trails
from scanner.scope.event_patterns import Event, any_matches, parsed
from scanner.scope.matters import MATTERS, TRAIL_CHANGES, Matter, Signal
from scanner.scope.memory import once_per_snapshot
from scanner.scope.metric_filters import ABSENT, catches
from scanner.vocabulary import HOME_REGION, Unobserved, gaps, seen

RULES = "events:ListRules"
RULE_READ = "events:ListRules, events:ListTargetsByRule"
FILTER_READ = "logs:DescribeMetricFilters"
ALARM_READ = "logs:DescribeMetricFilters, cloudwatch:DescribeAlarms"


@dataclass(frozen=True, slots=True)
class Watch:
    """Whether somebody is told of a matter.

    `by` is what tells, `unheard` the calls that nobody is told of when others are heard, `gaps`
    what may still tell of them, `remarks` filters and rules that would but do not.
    """

    matter: Matter
    heard: bool
    by: tuple[Fact, ...]
    unheard: tuple[str, ...]
    gaps: tuple[Unobserved, ...]
    remarks: tuple[Fact, ...]


@once_per_snapshot
def watches(snapshot: Snapshot) -> tuple[Watch, ...]:
    """Say of each of the four matters whether somebody is told of it."""
    ears = _Ears.of(snapshot)
    return tuple(_watch(matter, ears) for matter in MATTERS)


def told_by_a_trail(snapshot: Snapshot) -> tuple[bool, tuple[str, str] | None]:
    """Say whether a trail logs, and give region and name of a log group of our own that one fills."""
    ears = _Ears.of(snapshot)
    own = [one for one in ears.working if not belongs_elsewhere(one, snapshot)]
    places = (_place_of(one.log_group) for one in own if one.log_group)
    return bool(ears.working), next((place for place in places if all(place)), None)


def _watch(matter: Matter, ears: _Ears) -> Watch:
    answers = {signal: list(ears.hear(signal, matter)) for way in matter.ways for signal in way}
    told = {signal: _facts(signal, answers) for signal in answers}
    heard = next((way for way in matter.ways if all(told[signal] for signal in way)), None)
    by = [fact for signal in heard or answers for fact in told[signal]]
    some = [signal.name for signal in answers if told[signal]]
    unheard = [signal.name for signal in answers if not told[signal]] if some else []
    found = [one for each in answers.values() for one in each]
    return Watch(
        matter,
        heard is not None,
        tuple(dict.fromkeys(by)),
        tuple(dict.fromkeys(unheard)),
        tuple(dict.fromkeys(one for one in found if isinstance(one, Unobserved))),
        tuple(dict.fromkeys(one.fact for one in found if isinstance(one, _Mute))),
    )


@dataclass(frozen=True, slots=True)
class _Mute:
    """A filter or rule that takes the event, and tells nobody."""

    fact: Fact


Heard = Fact | _Mute | Unobserved


def _facts(signal: Signal, answers: Mapping[Signal, list[Heard]]) -> list[Fact]:
    return [one for one in answers[signal] if isinstance(one, Fact)]


@dataclass(frozen=True)
class _Ears:
    """Everything that may tell of an event."""

    snapshot: Snapshot
    working: tuple[Trail, ...]
    without_trails: tuple[Unobserved, ...]
    """What hides a trail that logs."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Ears:
        counted = counted_trails(snapshot)
        unknown = tuple(
            replace(one.logging, detail=f"{one.logging.detail} status of {one.arn}".strip())
            for one in seen(counted)
            if isinstance(one.logging, Unobserved)
        )
        working = tuple(one for one in seen(counted) if one.logging is True)
        return cls(snapshot, working, (*gaps(counted), *unknown))

    def hear(self, signal: Signal, matter: Matter) -> Iterator[Heard]:
        """Give what tells of an event, what would but is mute, and what could not be read."""
        if signal.log is not None:
            yield from self.without_trails
            if not self.working:
                return
            yield from self._by_alarms(signal.log)
        if matter is TRAIL_CHANGES and HOME_REGION not in self._homes():
            where = min(self._homes())
            yield Unobserved(RULES, "NotRead", where, "rules of the region of the trail")
            return
        yield from self._by_rules(signal.bus)

    def _homes(self) -> frozenset[str]:
        """Where calls that change our trails are made, and so the events of such calls arise."""
        own = (one for one in self.working if not belongs_elsewhere(one, self.snapshot))
        return frozenset(one.home_region for one in own) or frozenset({HOME_REGION})

    def _by_rules(self, event: Event) -> Iterator[Heard]:
        rules = self.snapshot.events.rules
        missing = gaps(rules)
        yield from missing
        for rule in seen(rules):
            place: Event = {"account": self.snapshot.account.id, "region": rule.region}
            if not surely_hears(rule.pattern, {**event, **place}):
                continue
            hidden = () if _is_off(rule) else gaps(rule.targets)  # of no use to a rule that is off
            yield from hidden
            if not missing and not hidden:
                yield _by_rule(rule)

    def _by_alarms(self, event: Event) -> Iterator[Heard]:
        groups = {one.log_group: _place_of(one.log_group) for one in self.working if one.log_group}
        cut = {one: self._gaps_of(one, groups) for one in groups}
        yield from (gap for missing in cut.values() for gap in missing)
        whole = {place for one, place in groups.items() if not cut[one]}
        for one in seen(self.snapshot.logs.filters):
            if (one.region, one.log_group) in whole and catches(one.pattern, event):
                yield from self._alarmed(one)

    def _gaps_of(self, group: str, groups: Mapping[str, object]) -> tuple[Unobserved, ...]:
        """What hides filters of a group; a gap that names another group hides none of them."""
        others = groups.keys() - {group}
        return tuple(one for one in gaps(self.snapshot.logs.filters) if one.detail not in others)

    def _alarmed(self, found: MetricFilter) -> Iterator[Heard]:
        alarms = self.snapshot.cloudwatch.alarms
        missing = [one for one in gaps(alarms) if one.region in {"", found.region}]
        yield from missing
        here = [one for one in seen(alarms) if one.region == found.region]
        fed = {(one.namespace, one.name) for one in found.metrics}
        on_it = [one for one in here if (one.namespace, one.metric) in fed]
        label = f"Metric filter {found.name}"
        telling = [one for one in on_it if _tells(one)] or _composed(on_it, here)
        if telling and not missing:
            yield Fact(label, f"feeds alarm {telling[0].name}: {found.pattern}", ALARM_READ)
        elif not telling:
            names = ", ".join(f"{one.namespace}/{one.name}" for one in found.metrics) or "nothing"
            yield _Mute(Fact(label, f"feeds {names}, where no alarm acts", FILTER_READ))


def _is_off(rule: Rule) -> bool:
    return bool(rule.state) and not rule.state.startswith("ENABLED")


def _by_rule(rule: Rule) -> Heard:
    label = f"EventBridge rule {rule.name}"
    if _is_off(rule):
        return _Mute(Fact(label, "hears it, but is disabled", RULE_READ))
    targets = seen(rule.targets)
    if not targets:
        return _Mute(Fact(label, "hears it, but has no target", RULE_READ))
    return Fact(label, f"tells {', '.join(targets)}", RULE_READ)


def _tells(alarm: Alarm) -> bool:
    return alarm.actions_enabled and bool(alarm.actions)


def _composed(on_it: list[Alarm], here: list[Alarm]) -> list[Alarm]:
    """Alarms without a metric of their own, composite or on maths, may build on the base alarm."""
    return [one for one in here if not one.metric and _tells(one)] if on_it else []


def _place_of(group: str) -> tuple[str, str]:
    """Region and name of a log group, from its ARN."""
    parts = (group.split(":") + [""] * 7)[:7]
    return parts[3], parts[6]


def surely_hears(pattern: str, event: Event) -> bool:
    """Say whether a rule hears every such event: a field that is not known narrows too much."""
    try:
        said = parsed(pattern)
    except ValueError:
        return False
    return said is not None and _is_sure(said, event)


def _is_sure(said: Mapping[str, object], event: Event) -> bool:
    return all(_field_is_sure(name, wanted, event) for name, wanted in said.items())


def _field_is_sure(name: str, wanted: object, event: Event) -> bool:
    if name == "$or" and isinstance(wanted, list):
        return any(isinstance(one, dict) and _is_sure(one, event) for one in wanted)
    if name not in event:
        return name in ABSENT and wanted == [{"exists": False}]
    value = event[name]
    if isinstance(value, str):
        return any_matches(wanted, value)
    return isinstance(wanted, dict) and _is_sure(wanted, value)
