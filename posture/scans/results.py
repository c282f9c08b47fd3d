"""Writing what a scan says about controls as a whole and about the account."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, TextField, Value, When

from posture.models import Account, ControlResult, Scan, ScorePoint
from posture.models.plain import storable, storable_json
from posture.scans.changes import Known, piece_json
from posture.scans.findings import Step
from posture.scans.unseen import Left
from scanner.control import Outcome
from scanner.score import ControlScore, Part, Score
from scanner.tally import ControlTally
from scanner.vocabulary import Severity, Status

SHOWN_REASONS = 3
SHOWN_ACTIONS = 5


Hints = Mapping[str, list[dict[str, Any]]]
"""What can be shown to whoever answers, by the id of each control that the scan left to people."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scan left to people: its hints, and what it saw of controls that it was refused.

    `elsewhere` are controls that only a newer version judges; their results are left to that one.
    """

    hints: Hints
    refused: Left
    elsewhere: Collection[str] = ()


def hints_of(outcomes: Iterable[Outcome]) -> Hints:
    """Return the hints of outcomes that people are asked about, before anybody's answer."""
    hints: dict[str, list[dict[str, Any]]] = {}
    for outcome in outcomes:
        pieces = storable_json([piece_json(one) for one in outcome.evidence])
        hints.setdefault(outcome.control, []).extend(pieces)
    return hints


def write_results(
    step: Step,
    outcomes: Iterable[Outcome],
    left: Iterable[Known],
    judged: Score,
    asked: Asked,
) -> None:
    """Write one row per control that was judged or still has open findings; drop all others.

    `left` are findings that stay open though this scan could not look at them. The rows of
    what was refused keep what the scan saw, whatever somebody attested.
    """
    by_control: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_control[outcome.control].append(outcome)
    seen: dict[str, list[datetime]] = defaultdict(list)
    for finding in left:
        seen[finding.control].append(finding.last_seen)
    rows = [
        _result(
            step, control, by_control.get(control.control, []), seen[control.control], asked.hints
        )
        for control in judged.controls
    ]
    for row in rows:
        _keep_what_was_seen(row, asked.refused.get(row.control, []))
    ControlResult.objects.filter(account=step.account).exclude(
        control__in=[*(row.control for row in rows), *asked.elsewhere]
    ).delete()
    ControlResult.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "control"],
        update_fields=[
            "topic",
            "status",
            "severity",
            "failing",
            "passing",
            "not_assessed",
            "reason",
            "missing_action",
            "share",
            "open_ended",
            "asked",
            "evidence",
            "stale_since",
            "scan",
        ],
    )


def _result(
    step: Step,
    control: ControlScore,
    outcomes: Collection[Outcome],
    seen: Collection[datetime],
    hints: Hints,
) -> ControlResult:
    telling = [one for one in outcomes if one.status is control.status]
    reasons = list(dict.fromkeys(one.reason for one in telling if one.reason))
    return ControlResult(
        organisation_id=step.account.organisation_id,
        account=step.account,
        control=control.control,
        topic=control.topic.value,
        status=control.status.value,
        severity=control.severity.value,
        failing=control.failing,
        passing=control.passing,
        not_assessed=control.unread,
        reason=" ".join(reasons[:SHOWN_REASONS]),
        missing_action=_missing(outcomes),
        share=control.share,
        open_ended=control.open_ended,
        asked=control.control in hints,
        evidence=hints.get(control.control, []),
        stale_since=min(seen) if control.stale and seen else None,
        scan=step.scan,
    )


def _missing(outcomes: Iterable[Outcome]) -> str:
    unread = (one for one in outcomes if one.status is Status.NOT_ASSESSED)
    actions = dict.fromkeys(gap.action for one in unread for gap in one.missing if gap.action)
    return storable(", ".join(list(actions)[:SHOWN_ACTIONS]))


def _keep_what_was_seen(row: ControlResult, outcomes: list[Outcome]) -> None:
    """Count what a scan could not read as such, also where an answer stands for it."""
    if outcomes:
        raw = ControlTally.of(row.control, outcomes, [], ())
        row.passing, row.not_assessed, row.open_ended = raw.passing, raw.unread, raw.open_ended
        row.missing_action = _missing(outcomes)


def write_account(step: Step, judged: Score, proven: Collection[str]) -> None:
    """Write the score of a scan, its history point and the counters that lists show.

    `proven` are IAM actions that the scan used and nobody refused, so the role holds them.
    """
    write_score(step, judged, step.scan, step.taken_at)
    Account.objects.filter(pk=step.account.pk).update(
        scored_at=step.taken_at,
        last_scan=step.scan,
        checked_at=step.at,
        state_reason=Case(
            When(state_code="", then=Value("", TextField())), default=F("state_reason")
        ),
        role_actions=sorted({*step.account.role_actions, *proven}),
    )


def write_score(step: Step, judged: Score, scan: Scan | None, at: datetime) -> None:
    """Write a score with its history point; without a scan it is that of an answer or waiver.

    In a step of a rejudgement the point says so.

    The point stands behind all others: a scan is dated by when it began to read, and somebody may
    have answered since.
    """
    account = step.account
    newest = ScorePoint.objects.filter(account=account).order_by("-at").first()
    if newest is not None and at <= newest.at:
        at = newest.at + timedelta(microseconds=1)
    topics = {topic.value: _part(part) for topic, part in judged.topics.items()}
    total = judged.total
    Account.objects.filter(pk=account.pk).update(
        score=total.value,
        score_low=total.low,
        coverage=total.coverage,
        topics=topics,
        formula=judged.version,
        open_critical=total.open[Severity.CRITICAL],
        open_high=total.open[Severity.HIGH],
        open_medium=total.open[Severity.MEDIUM],
        open_low=total.open[Severity.LOW],
        waived=total.waived,
        not_assessed=total.not_assessed,
    )
    ScorePoint.objects.create(
        organisation_id=account.organisation_id,
        account=account,
        scan=scan,
        rejudgement=step.rejudgement,
        at=at,
        score=total.value,
        low=total.low,
        coverage=total.coverage,
        topics=topics,
        formula=judged.version,
    )


def _part(part: Part) -> dict[str, Any]:
    return {
        "score": part.value,
        "low": part.low,
        "coverage": part.coverage,
        "open": {
            severity.value: number
            for severity, number in part.open.items()
            if severity is not Severity.INFO
        },
        "waived": part.waived,
        "not_assessed": part.not_assessed,
        "manual": part.manual,
        "applicable": part.applicable,
    }
