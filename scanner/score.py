"""The posture score: pure arithmetic over outcomes, in which what was not seen never helps.

Rules and numbers: design section 3. A control that fails takes a share of what is left; the lower
bound takes for everything unread the worst that could stand there; coverage says how much, by
weight, was assessed. `VERSION` is stored with every score and grows with every change of a rule.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scanner.control import Outcome
from scanner.tally import WEIGHTS, ControlTally, OpenFinding, share_of_all
from scanner.vocabulary import Severity, Status, Topic

VERSION = "1"


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
    open_ended: bool = False
    """Whether a list that was cut may hide more resources."""
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
    return score_of(
        [
            ControlTally.of(control, by_control.get(control, []), before.get(control, []), waived)
            for control in sorted({*by_control, *before})
        ]
    )


def score_of(tallies: Sequence[ControlTally]) -> Score:
    """Score controls that were counted already, in the order of their ids."""
    total = _part(tallies)
    kept = [1 - tally.share for tally in tallies]
    controls = tuple(
        _with_gains(tally, math.prod(kept[:place] + kept[place + 1 :]), total.value)
        for place, tally in enumerate(tallies)
    )
    topics = {
        topic: _part([tally for tally in tallies if tally.topic is topic])
        for topic in Topic
        if any(tally.topic is topic for tally in tallies)
    }
    return Score(total, topics, controls)


def _part(tallies: Sequence[ControlTally]) -> Part:
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


def _with_gains(tally: ControlTally, others: float, value: int | None) -> ControlScore:
    """A control with what it costs; `others` is what all other controls leave of the score."""
    now = value or 0

    def gain(share: float) -> int:
        return _floor(100 * others * (1 - share)) - now if value is not None else 0

    severities = Counter(tally.failing.values())
    by_severity = {
        one: gain(share_of_all((severities - Counter([one])).elements())) for one in severities
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
        open_ended=tally.open_ended,
        gain=gain(0.0),
        gains={key: by_severity[one] for key, one in tally.failing.items()},
    )
