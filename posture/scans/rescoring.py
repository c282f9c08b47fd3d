"""The score of an account from what is stored of its last scan: no snapshot is opened for it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from posture.models import ControlResult, Finding
from posture.scans.changes import Known
from posture.scans.findings import Gains, Step, write_points
from posture.scans.results import write_score
from posture.scans.settling import waived
from scanner.control import Control
from scanner.controls import every_control
from scanner.score import Score, score_of
from scanner.tally import ControlTally
from scanner.vocabulary import Severity, Status, Topic


def rescore(step: Step) -> Score:
    """Score the account anew, with what people added since its last scan; in a transaction.

    Writes the score with a point of its history and the points to win of every open finding.
    """
    judged = score_now(step)
    write_score(step, judged, None, step.at)
    return judged


def score_now(step: Step) -> Score:
    """Score the account as it is stored; writes the points to win of every open finding only."""
    judged = score_of(_tallies(step))
    write_points(_open(step), Gains.of(judged))
    return judged


def _open(step: Step) -> list[Known]:
    rows = Finding.objects.filter(account=step.account).exclude(state=Finding.State.RESOLVED)
    return [Known(*row) for row in rows.values_list(*Known.__dataclass_fields__)]


def _tallies(step: Step) -> list[ControlTally]:
    findings: dict[str, list[Known]] = defaultdict(list)
    for one in _open(step):
        findings[one.control].append(one)
    controls = {control.id: control for control in every_control()}
    excused = waived(step)
    results = ControlResult.objects.filter(account=step.account).order_by("control")
    return [
        _tally(result, controls[result.control], findings[result.control], excused)
        for result in results.defer("evidence", "reason")
        if result.control in controls
    ]


def _tally(
    result: ControlResult,
    control: Control[Any],
    findings: Collection[Known],
    excused: Collection[tuple[str, str]],
) -> ControlTally:
    failing = {one.resource: Severity(one.severity) for one in findings}
    stale = {one.resource for one in findings if one.not_rechecked_since is not None}
    out = {
        key
        for key in failing
        if not {(result.control, key), (result.control, "")}.isdisjoint(excused)
    }
    attested = result.is_attested
    passing = result.passing + (attested and result.status == Status.PASS)
    return ControlTally(
        control=result.control,
        topic=Topic(result.topic),
        ceiling=control.severity,
        status=Status(result.status),
        failing={key: one for key, one in failing.items() if key not in out},
        passing=passing,
        unread=0 if attested else result.not_assessed,
        open_ended=result.open_ended and not attested,
        waived=len(out),
        stale=len(stale - out),
        read=passing + len(failing.keys() - stale),
    )
