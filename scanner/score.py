"""The posture score: pure arithmetic over outcomes, in which what was not seen never helps.

Rules and numbers: design section 3. A control that fails takes a share of what is left; the lower
bound takes for everything unread the worst that could stand there; coverage says how much, by
weight, was assessed. `VERSION` is stored with every score and grows with every change of a rule.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from scanner.control import Outcome
from scanner.vocabulary import Severity, Status, Topic

VERSION = "1"

WEIGHTS: Mapping[Severity, float] = {
    Severity.CRITICAL: 0.35,
    Severity.HIGH: 0.12,
    Severity.MEDIUM: 0.04,
    Severity.LOW: 0.01,
    Severity.INFO: 0.0,
}

ROLL_UP = (Status.FAIL, Status.NOT_ASSESSED, Status.MANUAL, Status.PASS, Status.NOT_APPLICABLE)
"""A control's status is the first of these that any of its outcomes has (controls.md 1.1)."""

ACCOUNT_KEY = re.compile(r"arn:[a-z-]+:iam::\d{12}:root(@[a-z0-9-]+)?\Z")

_SETTLED = frozenset({Status.PASS, Status.FAIL, Status.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that was open before this scan: control id, resource key, region, severity."""

    control: str
    topic: Topic
    resource: str
    region: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class ControlScore:
    """What one control takes from the score; shares lie between 0 and 1, gains are points.

    `stale` counts findings that are still counted though this scan could not look again; `gains`
    maps a failing resource's key to the points won if it alone were fixed, `gain` is for all.
    """

    control: str
    topic: Topic
    status: Status
    severity: Severity
    ceiling: Severity
    failing: int
    passing: int
    unread: int
    waived: int
    stale: int
    share: float
    low_share: float
    seen: float
    gain: int = 0
    gains: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Score of the account or of one topic: points 0-100 and coverage in percent, rounded down.

    All three are None when nothing was assessed. `applicable` is False when every control said
    not applicable; `open` counts failing resources by severity.
    """

    value: int | None
    low: int | None
    coverage: int | None
    open: Mapping[Severity, int]
    waived: int
    not_assessed: int
    manual: int
    applicable: bool


@dataclass(frozen=True, slots=True)
class Score:
    """The account's score with its lower bound, coverage, topics and controls."""

    total: Part
    topics: Mapping[Topic, Part]
    controls: tuple[ControlScore, ...]
    version: str = VERSION

    @property
    def value(self) -> int | None:
        """Points from 0 to 100, None when nothing was assessed."""
        return self.total.value

    @property
    def low(self) -> int | None:
        """The points that are left if everything unread were as bad as it can be."""
        return self.total.low

    @property
    def coverage(self) -> int | None:
        """Percent of the applicable controls, by weight, that was assessed."""
        return self.total.coverage


def score(
    outcomes: Iterable[Outcome],
    *,
    open_before: Iterable[OpenFinding] = (),
    waived: Collection[tuple[str, str]] = (),
) -> Score:
    """Score the outcomes of one scan.

    `open_before` are the findings that were open before it, so that what cannot be looked at
    again stays in the score; `waived` are (control id, resource key) pairs under a valid waiver,
    with "" as the key for all resources of a control.
    """
    by_control: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_control[outcome.control].append(outcome)
    before: dict[str, list[OpenFinding]] = defaultdict(list)
    for finding in open_before:
        before[finding.control].append(finding)
    tallies = [
        _Tally.of(control, by_control.get(control, []), before.get(control, []), waived)
        for control in sorted({*by_control, *before})
    ]
    total = _part(tallies)
    controls = tuple(_with_gains(tally, tallies, total.value) for tally in tallies)
    topics = {
        topic: _part([tally for tally in tallies if tally.topic is topic])
        for topic in Topic
        if any(tally.topic is topic for tally in tallies)
    }
    return Score(total, topics, controls)


def is_unseen(outcomes: Iterable[Outcome], region: str) -> bool:
    """Whether a control's resource without an outcome may still exist: a list it stood in was cut.

    `outcomes` are those of one control; a gap with a region hides that region's resources only, a
    gap without one hides all. False means the list was read whole and the resource is gone.
    """
    holes = {one.region for one in outcomes if one.status is Status.NOT_ASSESSED and _is_gap(one)}
    return "" in holes or region in holes


def _is_gap(outcome: Outcome) -> bool:
    """Outcomes about a missing list stand on the account, not on a resource of its own."""
    return ACCOUNT_KEY.match(outcome.resource) is not None


def share_of(severity: Severity, n: int) -> float:
    """The share that n resources at a severity take: p for one, 2p from ten on (design 3)."""
    return WEIGHTS[severity] * (1 + min(1.0, math.log10(n))) if n else 0.0


def _share(severities: Iterable[Severity]) -> float:
    counts = Counter(severities)
    if not counts:
        return 0.0
    worst = min(counts, key=lambda one: one.rank)
    return share_of(worst, counts[worst] + (1 if len(counts) > 1 else 0))


@dataclass(frozen=True, slots=True)
class _Tally:
    control: str
    topic: Topic
    ceiling: Severity
    status: Status
    failing: Mapping[str, Severity]
    passing: int
    unread: int
    open_ended: bool
    waived: int
    stale: int
    read: int

    @classmethod
    def of(
        cls,
        control: str,
        outcomes: list[Outcome],
        before: list[OpenFinding],
        waived: Collection[tuple[str, str]],
    ) -> _Tally:
        statuses = Counter(one.status for one in outcomes)
        fails = {one.resource: one.severity for one in outcomes if one.status is Status.FAIL}
        stale = _stale(outcomes, before)
        counted = {**stale, **fails}
        excused = {key for key in counted if not {(control, key), (control, "")}.isdisjoint(waived)}
        first = outcomes[0] if outcomes else before[0]
        unread = [one for one in outcomes if one.status is Status.NOT_ASSESSED]
        return cls(
            control=control,
            topic=first.topic,
            ceiling=_ceiling(outcomes, before),
            status=next((one for one in ROLL_UP if statuses[one]), Status.NOT_ASSESSED),
            failing={key: one for key, one in counted.items() if key not in excused},
            passing=statuses[Status.PASS],
            unread=len(unread),
            open_ended=any(_is_gap(one) for one in unread) or (bool(stale) and not outcomes),
            waived=len(excused),
            stale=len(stale.keys() - excused),
            read=statuses[Status.PASS] + statuses[Status.FAIL],
        )

    @property
    def share(self) -> float:
        return _share(self.failing.values())

    @property
    def low_share(self) -> float:
        """What the control takes if everything unread is as bad as its ceiling."""
        if not self.unread and not self.open_ended:
            return self.share
        if self.open_ended or not self.read:
            return max(self.share, min(1.0, 2 * WEIGHTS[self.ceiling]))
        at_ceiling = sum(1 for one in self.failing.values() if one is self.ceiling)
        milder = 1 if at_ceiling < len(self.failing) else 0
        return max(self.share, share_of(self.ceiling, at_ceiling + self.unread + milder))

    @property
    def counts(self) -> bool:
        """Whether the control belongs to score and coverage; manual ones do once attested."""
        judged = self.status in {Status.PASS, Status.FAIL, Status.NOT_ASSESSED}
        return judged or bool(self.failing)

    @property
    def seen(self) -> float:
        looked_at = self.read + self.unread
        return self.read / looked_at if looked_at else 0.0


def _ceiling(outcomes: list[Outcome], before: list[OpenFinding]) -> Severity:
    if outcomes:
        return outcomes[0].ceiling
    return min((one.severity for one in before), key=lambda one: one.rank)


def _stale(outcomes: list[Outcome], before: list[OpenFinding]) -> dict[str, Severity]:
    """Findings that stay open because nobody could look: their last severity still counts."""
    settled = {one.resource for one in outcomes if one.status in _SETTLED}
    named = {one.resource for one in outcomes}
    return {
        finding.resource: finding.severity
        for finding in before
        if finding.resource not in settled
        and (not outcomes or finding.resource in named or is_unseen(outcomes, finding.region))
    }


def _part(tallies: list[_Tally]) -> Part:
    counted = [tally for tally in tallies if tally.counts]
    assessed = any(tally.read for tally in counted)
    weights = [WEIGHTS[tally.ceiling] for tally in counted]
    everything = math.fsum(weights)
    seen = math.fsum(part * tally.seen for part, tally in zip(weights, counted, strict=True))
    severities = Counter(one for tally in tallies for one in tally.failing.values())
    return Part(
        value=_points(tally.share for tally in tallies) if assessed else None,
        low=_points(tally.low_share for tally in tallies) if assessed else None,
        coverage=_floor(100 * seen / everything) if assessed and everything else None,
        open={severity: severities[severity] for severity in Severity},
        waived=sum(tally.waived for tally in tallies),
        not_assessed=sum(1 for tally in counted if tally.unread or not tally.read),
        manual=sum(1 for tally in tallies if tally.status is Status.MANUAL),
        applicable=any(tally.status is not Status.NOT_APPLICABLE for tally in tallies),
    )


def _points(shares: Iterable[float]) -> int:
    return _floor(100 * math.prod(1 - share for share in shares))


def _floor(value: float) -> int:
    """Round down, forgiving what binary fractions lose (100 * 0.29 is 28.999...)."""
    return math.floor(value + 1e-9)


def _with_gains(tally: _Tally, tallies: list[_Tally], value: int | None) -> ControlScore:
    others = math.prod(1 - one.share for one in tallies if one is not tally)
    now = value or 0

    def gain(share: float) -> int:
        return _floor(100 * others * (1 - share)) - now if value is not None else 0

    severities = Counter(tally.failing.values())
    by_severity = {
        one: gain(_share((severities - Counter([one])).elements())) for one in severities
    }
    worst = min(severities, key=lambda one: one.rank, default=tally.ceiling)
    return ControlScore(
        control=tally.control,
        topic=tally.topic,
        status=tally.status,
        severity=worst,
        ceiling=tally.ceiling,
        failing=len(tally.failing),
        passing=tally.passing,
        unread=tally.unread,
        waived=tally.waived,
        stale=tally.stale,
        share=tally.share,
        low_share=tally.low_share,
        seen=tally.seen,
        gain=gain(0.0),
        gains={key: by_severity[one] for key, one in tally.failing.items()},
    )
