"""Writing what changed about findings: a fixed number of statements, however many there are."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from posture.models import Account, Finding, FindingEvent, Rejudgement, Scan, User, Verification
from posture.models.bulk import write_rows
from posture.models.finding import EventKind
from posture.scans.changes import Change, Changes, Failing, Known, piece_json
from scanner.score import Score

KEPT = {"id", "organisation_id", "account_id", "fingerprint", "control", "resource", "first_seen"}
"""Columns that a finding keeps for good."""

SEEN_AGAIN = """
    UPDATE posture_finding AS f
    SET last_seen = %s, last_scan_id = %s, points = v.points, control_points = v.control_points
    FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS v (id, points, control_points)
    WHERE f.id = v.id
"""

POINTS = """
    UPDATE posture_finding AS f SET points = v.points, control_points = v.control_points
    FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS v (id, points, control_points)
    WHERE f.id = v.id AND (f.points, f.control_points) <> (v.points, v.control_points)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What the parts of one recording share: `taken_at` is AWS's moment, `at` the database's."""

    account: Account
    scan: Scan
    taken_at: datetime
    at: datetime
    by: User | None = None
    """Who answered, where a person is the cause and not a scan."""
    verification: Verification | None = None
    """What looked again at one finding, where that is the cause; `scan` then stays the last one."""
    rejudgement: Rejudgement | None = None
    """What judged the facts of the scan again, where that is the cause."""


@dataclass(frozen=True, slots=True)
class Gains:
    """Points to win, by control and resource key, as the score says."""

    one: Mapping[tuple[str, str], int]
    all: Mapping[str, int]

    @classmethod
    def of(cls, judged: Score) -> "Gains":
        """Look them up in a score."""
        one = {
            (control.control, key): gain
            for control in judged.controls
            for key, gain in control.gains.items()
        }
        return cls(one, {control.control: control.gain for control in judged.controls})

    def __call__(self, control: str, resource: str) -> tuple[int, int]:
        """The points of one finding and of its control; nothing for what is waived."""
        if (control, resource) not in self.one:
            return 0, 0
        return self.one[control, resource], self.all[control]


def write_findings(step: Step, changes: Changes, known: Iterable[Known], judged: Score) -> None:
    """Write failing, closed and unseen findings with their events and points."""
    gains = Gains.of(judged)
    rows = [_row(step, one, gains) for one in changes.failing if not one.is_same]
    write_rows(
        Finding,
        rows,
        unique=("account_id", "fingerprint"),
        update=[column for column in rows[0] if column not in KEPT] if rows else (),
    )
    for resolution in Finding.Resolution.values:
        _close(step, resolution, changes.closed.get(resolution, ()))
    _leave_unseen(step, changes.unseen)
    same = [one.known for one in changes.failing if one.known is not None and one.is_same]
    _write_points(SEEN_AGAIN, [step.taken_at, step.scan.pk], same, gains)
    write_points(changes.left(known), gains)
    write_rows(FindingEvent, [_event(step, change) for change in changes.events])


def _row(step: Step, failing: Failing, gains: Gains) -> dict[str, Any]:
    outcome, known = failing.outcome, failing.known
    points, control_points = gains(outcome.control, outcome.resource)
    worked_on = known is not None and known.state == Finding.State.IN_PROGRESS
    return {
        "id": failing.id,
        "organisation_id": step.account.organisation_id,
        "account_id": step.account.pk,
        "control": outcome.control,
        "topic": outcome.topic.value,
        "resource": outcome.resource,
        "resource_name": outcome.name,
        "region": outcome.region,
        "severity": outcome.severity.value,
        "severity_rank": outcome.severity.rank,
        "state": Finding.State.IN_PROGRESS if worked_on else Finding.State.OPEN,
        "resolution": "",
        "fingerprint": failing.fingerprint,
        "content": failing.content,
        "seen_as": failing.seen_as,
        "reasons": list(outcome.reasons),
        "evidence": [piece_json(piece) for piece in outcome.evidence],
        "values": dict(outcome.values),
        "points": points,
        "control_points": control_points,
        "first_seen": known.first_seen if known else step.taken_at,
        "last_seen": step.taken_at,
        "resolved_at": None,
        "not_rechecked_since": None,
        "last_changed": known.last_changed if known and not failing.change else step.at,
        "last_scan_id": step.scan.pk,
        "sequence": failing.change.sequence if failing.change else known.sequence if known else 0,
    }


def _event(step: Step, change: Change) -> dict[str, Any]:
    asked = step.verification
    return {
        "id": uuid.uuid4(),
        "organisation_id": step.account.organisation_id,
        "finding_id": change.finding,
        "account_id": step.account.pk,
        "sequence": change.sequence,
        "kind": change.kind,
        "at": step.at,
        "scan_id": None if step.by or asked else step.scan.pk,
        "rejudgement_id": step.rejudgement.pk if step.rejudgement else None,
        "by_user_id": step.by.pk if step.by else None,
        "by_token_id": asked.requested_by_token_id if asked else None,
        "data": {**change.data, **_cause(step, change)},
    }


TOLD_WHEN_REJUDGED = {
    EventKind.OPENED,
    EventKind.REOPENED,
    EventKind.RESOLVED,
    EventKind.SEVERITY_CHANGED,
}
"""Newer controls may word the same fault anew; nobody wants to hear of that."""


def _cause(step: Step, change: Change) -> dict[str, Any]:
    """What a notifier needs to know of a rejudgement (the rule: FindingEvent); or which look it was."""
    if step.verification is not None:
        return {"verification": str(step.verification.pk)}
    if step.rejudgement is None:
        return {}
    return {
        "engine": step.rejudgement.engine,
        "engine_before": step.rejudgement.engine_before,
        "taken_at": step.taken_at.isoformat(),
        "tell": change.kind in TOLD_WHEN_REJUDGED,
    }


def _close(step: Step, resolution: str, findings: Iterable[Known]) -> None:
    Finding.objects.filter(pk__in=[one.id for one in findings]).update(
        state=Finding.State.RESOLVED,
        resolution=resolution,
        resolved_at=step.at,
        last_changed=step.at,
        last_scan=step.scan,
        not_rechecked_since=None,
        points=0,
        control_points=0,
        sequence=F("sequence") + 1,
    )


def _leave_unseen(step: Step, findings: Iterable[Known]) -> None:
    Finding.objects.filter(pk__in=[one.id for one in findings]).update(
        not_rechecked_since=step.taken_at, last_changed=step.at, sequence=F("sequence") + 1
    )


def write_points(findings: Iterable[Known], gains: Gains) -> None:
    """Write the points to win of open findings that are left as they are."""
    _write_points(POINTS, [], findings, gains)


def _write_points(
    statement: str, parameters: list[Any], findings: Iterable[Known], gains: Gains
) -> None:
    """Points move with whatever else was fixed or broken, so those of every open finding are set."""
    rows = [(one.id, *gains(one.control, one.resource)) for one in findings]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(statement, [*parameters, *columns])
