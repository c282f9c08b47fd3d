"""Typed builders of outcomes and reports, as the scanner would hand them over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from posture.models import Account, Scan
from posture.models.tenancy import within
from scanner.control import Outcome
from scanner.evidence import Fact, Piece
from scanner.report import Report, Tally
from scanner.score import score
from scanner.vocabulary import Severity, Status, Topic, Unobserved
from tests.builders import a_snapshot
from tests.posture.rows import a_scan

ROOT = "arn:aws:iam::111122223333:root"
MONDAY = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


def day(number: int) -> datetime:
    """The moment of a scan: Monday is day 0."""
    return MONDAY + timedelta(days=number)


def an_image(name: str, region: str = "us-east-1") -> str:
    """The ARN of an image, as resource key."""
    return f"arn:aws:ec2:{region}:111122223333:image/{name}"


def an_outcome(
    status: Status = Status.FAIL,
    resource: str = an_image("ami-1"),
    *,
    control: str = "AMI-06",
    severity: Severity = Severity.CRITICAL,
    region: str = "us-east-1",
    name: str = "ami-1",
    reasons: tuple[str, ...] = ("Anybody can launch ami-1.",),
    evidence: tuple[Piece, ...] = (Fact("Public", "True", "ec2:DescribeImages"),),
    values: Mapping[str, str] | None = None,
    missing: tuple[Unobserved, ...] = (),
) -> Outcome:
    """One verdict on one image, unless a test says otherwise."""
    return Outcome(
        control=control,
        topic=Topic(control.removeprefix("M-").rsplit("-", 1)[0].lower()),
        resource=resource,
        name=name,
        region=region,
        status=status,
        severity=severity,
        ceiling=Severity.CRITICAL,
        reasons=reasons,
        evidence=evidence,
        values={"image": name, "region": region} if values is None else values,
        missing=missing,
    )


def a_report(
    *outcomes: Outcome, taken_at: datetime = MONDAY, unread: Unobserved | None = None
) -> Report:
    """A report with these outcomes; `unread` is something that AWS would not tell."""
    snapshot = a_snapshot(trails=unread) if unread else a_snapshot()
    return Report(
        snapshot=replace(snapshot, now=taken_at),
        outcomes=outcomes,
        score=score(outcomes),
        calls=Tally({"ec2:DescribeImages": 1}),
        seconds={"collect": 1.0, "judge": 0.1},
    )


def a_claimed_scan(account: Account) -> Scan:
    """A scan that a worker has taken."""
    scan = a_scan(account)
    with within(account.organisation_id):
        assert scan.claim()
    return scan
