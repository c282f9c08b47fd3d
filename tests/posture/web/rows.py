"""Typed builders of what scans leave behind: findings, events, results, scores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from posture.models import (
    Account,
    Attestation,
    AuditEvent,
    ControlResult,
    Finding,
    FindingEvent,
    Organisation,
    Scan,
    ScorePoint,
    SeverityChoice,
    User,
    Waiver,
    fingerprint,
)
from posture.models.tenancy import within
from tests.posture.rows import a_scan

LONG_AGO = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)
NO_OPEN = {"critical": 0, "high": 0, "medium": 0, "low": 0}


def a_queue_arn(account: Account, name: str) -> str:
    """The ARN of a queue in the home region."""
    return f"arn:aws:sqs:us-east-1:{account.aws_account}:{name}"


def a_done_scan(account: Account, **fields: Any) -> Scan:
    """Store a scan that has ended well."""
    now = timezone.now()
    return a_scan(
        account,
        **{
            "state": Scan.State.DONE,
            "started_at": now - timedelta(seconds=40),
            "finished_at": now,
            "score": 65,
            "score_low": 40,
            "coverage": 93,
            "counts": {"opened": 1, "resolved": 0, "reopened": 0, "not_assessed": 0},
            **fields,
        },
    )


def a_finding(scan: Scan, name: str = "orders", **fields: Any) -> Finding:
    """Store an open, critical finding of SQS-03 on a queue, with the event that opened it."""
    account = scan.account
    control = fields.get("control", "SQS-03")
    resource = fields.pop("resource", a_queue_arn(account, name))
    severity = fields.pop("severity", "critical")
    row = {
        "control": control,
        "topic": control.rpartition("-")[0].lower(),
        "resource": resource,
        "resource_name": name,
        "region": "us-east-1",
        "severity": severity,
        "severity_rank": list(SeverityChoice.values).index(severity),
        "fingerprint": fingerprint(
            partition="aws",
            aws_account=account.aws_account,
            control=control,
            resource=resource,
        ),
        "content": "0" * 64,
        "reasons": [f"Anybody may read {name}."],
        "evidence": [
            {"kind": "fact", "label": "Queue", "value": name, "read_by": "sqs:ListQueues"}
        ],
        "values": {},
        "points": 20,
        "control_points": 30,
        "first_seen": LONG_AGO,
        "last_seen": LONG_AGO,
        "last_changed": LONG_AGO,
        "last_scan": scan,
        "sequence": 1,
        **fields,
    }
    return _opened(scan, row)


def _opened(scan: Scan, row: dict[str, Any]) -> Finding:
    with within(scan.organisation_id):
        finding = Finding.objects.create(
            organisation_id=scan.organisation_id, account=scan.account, **row
        )
    an_event(finding, "opened", 1, scan=scan)
    return finding


def an_event(finding: Finding, kind: str, sequence: int, **fields: Any) -> FindingEvent:
    """Store one change of a finding."""
    with within(finding.organisation_id):
        return FindingEvent.objects.create(
            organisation_id=finding.organisation_id,
            finding=finding,
            account_id=finding.account_id,
            kind=kind,
            sequence=sequence,
            **{"at": LONG_AGO, **fields},
        )


def a_result(scan: Scan, control: str = "SQS-03", **fields: Any) -> ControlResult:
    """Store what a scan says about one control: that it passed."""
    with within(scan.organisation_id):
        return ControlResult.objects.create(
            organisation_id=scan.organisation_id,
            account=scan.account,
            control=control,
            scan=scan,
            **{
                "topic": control.rpartition("-")[0].lower(),
                "status": "pass",
                "severity": "critical",
                "passing": 1,
                **fields,
            },
        )


def a_score(scan: Scan, score: int | None, low: int | None, at: datetime) -> ScorePoint:
    """Store one point of the score history."""
    with within(scan.organisation_id):
        return ScorePoint.objects.create(
            organisation_id=scan.organisation_id,
            account=scan.account,
            scan=scan,
            at=at,
            score=score,
            low=low,
            coverage=93,
            formula="1",
        )


def a_waiver(finding: Finding, owner: User, **fields: Any) -> Waiver:
    """Store a waiver of one finding that is in force."""
    now = timezone.now()
    with within(finding.organisation_id):
        return Waiver.objects.create(
            organisation_id=finding.organisation_id,
            account_id=finding.account_id,
            control=finding.control,
            **{
                "resource": finding.resource,
                "kind": Waiver.Kind.ACCEPTED_RISK,
                "reason": "Free community image",
                "owner": owner,
                "created_by": owner,
                "starts_at": now - timedelta(days=1),
                "ends_at": now + timedelta(days=30),
                **fields,
            },
        )


def an_attestation(scan: Scan, user: User, **fields: Any) -> Attestation:
    """Store a yes to M-AMMP-2 that holds for half a year, with the result that it leads to."""
    now = timezone.now()
    control = fields.get("control", "M-AMMP-2")
    with within(scan.organisation_id):
        if not ControlResult.objects.filter(account=scan.account, control=control).exists():
            a_result(scan, control, topic="ammp", severity="medium", asked=True)
        return Attestation.objects.create(
            organisation_id=scan.organisation_id,
            account=scan.account,
            **{
                "control": control,
                "resource": scan.account.key,
                "answer": "yes",
                "statement": "Everybody got the address of the sign-in page.",
                "by": user,
                "at": now - timedelta(days=1),
                "valid_until": now + timedelta(days=180),
                **fields,
            },
        )


def a_topic(score: int | None, low: int | None = None, **fields: Any) -> dict[str, Any]:
    """One topic as an account stores it."""
    opened = NO_OPEN | fields.pop("open", {})
    return {
        "score": score,
        "low": score if low is None else low,
        "coverage": 100,
        "waived": 0,
        "not_assessed": 0,
        "manual": 0,
        "applicable": True,
        **fields,
        "open": opened,
    }


def scored(account: Account, scan: Scan, **fields: Any) -> Account:
    """Write on the account what recording a scan would; returns it as it is stored."""
    with within(account.organisation_id):
        Account.objects.filter(pk=account.pk).update(
            **{
                "score": 65,
                "score_low": 40,
                "coverage": 93,
                "formula": "1",
                "scored_at": timezone.now(),
                "last_scan": scan,
                "topics": {"sqs": a_topic(65, 40)},
                **fields,
            }
        )
        account.refresh_from_db()
    return account


def findings(scan: Scan, names: Iterable[str], **fields: Any) -> list[Finding]:
    """Store one finding for each queue name."""
    return [a_finding(scan, name, **fields) for name in names]


def events(organisation: Organisation, after: int = 0) -> list[AuditEvent]:
    """Return the events of the audit log after the one with a number, in their order."""
    with within(organisation):
        return list(AuditEvent.objects.filter(number__gt=after).order_by("number"))
