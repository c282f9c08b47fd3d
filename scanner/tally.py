"""What one control counts for in the score: how many of its resources fail, pass or were not seen.

Rules and numbers: design section 3. Pure arithmetic over the outcomes of one scan, or over what is
stored of them.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from scanner.control import Outcome
from scanner.vocabulary import Severity, Status, Topic

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


def share_of_all(severities: Iterable[Severity]) -> float:
    counts = Counter(severities)
    if not counts:
        return 0.0
    worst = min(counts, key=lambda one: one.rank)
    return share_of(worst, counts[worst] + (1 if len(counts) > 1 else 0))


@dataclass(frozen=True, slots=True)
class ControlTally:
    """One control's resources, counted: `failing` maps keys to severities, waived ones left out.

    `unread` are resources that were not assessed, `read` those that pass or fail; `open_ended`
    when a list that was cut may hide more; `stale` failing ones are only remembered.
    """

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
    ) -> ControlTally:
        """Count the outcomes of one control, and findings `before` that nobody could look at."""
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
        """The share that the control takes."""
        return share_of_all(self.failing.values())

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
        """The part of its resources that was assessed, from 0 to 1."""
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
