"""What a second look at one finding changes, and that it changes nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from posture.models import (
    Account,
    ControlResult,
    Finding,
    FindingEvent,
    LeaseState,
    Organisation,
    Scan,
    ScorePoint,
    User,
    Verification,
)
from posture.models.tenancy import within
from posture.scans import record, request_verification
from posture.scans.verified import record_look
from scanner.again import Look
from scanner.control import Outcome
from scanner.score import score
from scanner.vocabulary import Severity, Status, Unobserved
from tests.posture.reports import ROOT, a_claimed_scan, a_report, an_image, an_outcome, day
from tests.posture.rows import a_member, a_scan

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = an_outcome()
SECOND = an_outcome(resource=an_image("ami-2"), name="ami-2", severity=Severity.HIGH)
OTHER = an_outcome(control="AMI-08", severity=Severity.MEDIUM)
IS_GONE = {"state": "resolved", "resolution": "gone", "resolved_at": day(0)}
UNSEEN = Unobserved("ec2:DescribeImages", "UnauthorizedOperation", "us-east-1")


def passing(outcome: Outcome, status: Status = Status.PASS) -> Outcome:
    return an_outcome(
        status, outcome.resource, control=outcome.control, name=outcome.name,
        reasons=(f"{outcome.name} is private.",),
    )  # fmt: skip


@pytest.fixture
def bob(acme: Organisation) -> User:
    return a_member(acme, "bob")


@pytest.fixture
def finding(account: Account) -> Finding:
    """The first of three findings of a recorded scan."""
    scan = a_claimed_scan(account)
    assert record(scan=scan, fence=scan.fence, report=a_report(FIRST, SECOND, OTHER))
    with within(account.organisation_id):
        Scan.objects.update(finished_at=day(0))
        return Finding.objects.get(resource=FIRST.resource, control=FIRST.control)


@pytest.fixture
def row(finding: Finding, bob: User) -> Verification:
    """A verification of it that a worker has taken."""
    with within(finding.organisation_id):
        made, _ = request_verification(finding=finding, by=bob)
        assert made.claim()
    return made


def look(row: Verification, *outcomes: Outcome, at: int = 1) -> Verification:
    """Record a look; return what the verification's row says then."""
    assert record_look(verification=row, fence=row.fence, look=Look(day(at), outcomes))
    with within(row.organisation_id):
        row.refresh_from_db()
    return row


def stored(row: Verification, *, without: Finding | None = None) -> dict[str, Any]:
    """Everything that a look could touch; of findings, all but one and the points of the others."""
    with within(row.organisation_id):
        findings = Finding.objects.order_by("pk")
        if without is not None:
            findings = findings.exclude(pk=without.pk)
        rest = {} if without else {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in (Account, ControlResult, FindingEvent, ScorePoint)
        }  # fmt: skip
        kept = [
            {name: value for name, value in one.items() if not without or "points" not in name}
            for one in findings.values()
        ]
        return {"findings": kept, **rest}


def reread(finding: Finding) -> Finding:
    with within(finding.organisation_id):
        return Finding.objects.get(pk=finding.pk)


def test_what_passes_is_fixed_and_the_score_follows_at_once(
    row: Verification, finding: Finding, bob: User, account: Account
) -> None:
    before = stored(row, without=finding)
    ended = look(row, passing(FIRST), SECOND)
    assert (ended.state, ended.seen, ended.reason) == ("done", "fixed", "ami-1 is private.")
    now = reread(finding)
    assert (now.state, now.resolution, now.points) == ("resolved", "fixed", 0)
    assert stored(row, without=finding) == before
    with within(account.organisation_id):
        account.refresh_from_db()
        event = FindingEvent.objects.get(finding=finding, kind="resolved")
        result = ControlResult.objects.get(control="AMI-06")
        newest = ScorePoint.objects.order_by("-at").first()
    assert (event.by_user_id, event.scan_id) == (bob.pk, None)
    assert event.data["verification"] == str(row.pk)
    expected = score([passing(FIRST), SECOND, OTHER])
    assert (account.score, account.score_low) == (expected.value, expected.low)
    assert (account.open_critical, account.open_high, account.open_medium) == (0, 1, 1)
    assert (result.status, result.failing, result.passing) == ("fail", 1, 1)
    assert (result.severity, result.reason) == ("high", "Anybody can launch ami-1.")
    assert newest is not None
    assert (newest.score, newest.scan_id) == (expected.value, None)


def test_the_last_finding_of_a_control_takes_the_control_with_it(
    row: Verification, finding: Finding
) -> None:
    with within(row.organisation_id):
        Finding.objects.filter(resource=SECOND.resource).update(**IS_GONE)
    look(row, passing(FIRST))
    with within(row.organisation_id):
        result = ControlResult.objects.get(control="AMI-06")
    assert (result.status, result.failing, result.share) == ("pass", 0, 0)
    assert result.reason == "ami-1 is private."


def test_a_control_with_unread_resources_stays_not_assessed_when_its_last_finding_is_fixed(
    row: Verification,
) -> None:
    with within(row.organisation_id):
        Finding.objects.filter(resource=SECOND.resource).update(**IS_GONE)
        ControlResult.objects.filter(control="AMI-06").update(not_assessed=1)
    look(row, passing(FIRST))
    with within(row.organisation_id):
        assert ControlResult.objects.get(control="AMI-06").status == "not_assessed"


def test_what_still_fails_is_only_seen_again(row: Verification, finding: Finding) -> None:
    with within(row.organisation_id):
        before = {
            "events": FindingEvent.objects.count(), "points": ScorePoint.objects.count()
        }  # fmt: skip
    ended = look(row, FIRST, SECOND)
    assert (ended.state, ended.seen, ended.reason) == ("done", "failing", FIRST.reason)
    now = reread(finding)
    assert (now.state, now.last_seen) == ("open", day(1))
    assert (now.points, now.last_changed) == (finding.points, finding.last_changed)
    with within(row.organisation_id):
        after = {"events": FindingEvent.objects.count(), "points": ScorePoint.objects.count()}
    assert after == before


def test_what_fails_otherwise_has_new_evidence_and_an_event(
    row: Verification, finding: Finding
) -> None:
    look(row, an_outcome(severity=Severity.LOW, reasons=("Two accounts can launch ami-1.",)))
    now = reread(finding)
    assert (now.severity, now.reasons) == ("low", ["Two accounts can launch ami-1."])
    with within(row.organisation_id):
        event = FindingEvent.objects.get(finding=finding, sequence=2)
        assert Account.objects.get().open_critical == 0
    assert (event.kind, event.data["from"]) == ("severity_changed", "critical")


def test_what_is_gone_from_a_list_that_was_read_whole_is_gone(
    row: Verification, finding: Finding
) -> None:
    ended = look(row, SECOND)
    assert (ended.state, ended.seen) == ("done", "gone")
    assert "no longer there" in ended.reason
    assert reread(finding).resolution == "gone"


def test_no_new_finding_is_opened(row: Verification, finding: Finding) -> None:
    look(row, FIRST, an_outcome(resource=an_image("ami-9"), name="ami-9"))
    with within(row.organisation_id):
        assert Finding.objects.count() == 3


@pytest.mark.parametrize(
    "outcomes",
    [
        (),
        (an_outcome(Status.NOT_ASSESSED, reasons=(UNSEEN.sentence(),), missing=(UNSEEN,)),),
        (
            SECOND,
            an_outcome(
                Status.NOT_ASSESSED, f"{ROOT}@us-east-1", reasons=(UNSEEN.sentence(),),
                missing=(UNSEEN,),
            ),
        ),
        (an_outcome(Status.MANUAL, reasons=("No API shows this.",)),),
    ],
    ids=["nothing", "the resource", "its list", "manual"],
)  # fmt: skip
def test_what_could_not_be_seen_changes_nothing(
    row: Verification, outcomes: tuple[Outcome, ...]
) -> None:
    before = stored(row)
    ended = look(row, *outcomes)
    assert (ended.state, ended.seen) == ("partial", "not_assessed")
    assert ended.reason
    missing = any(one.missing for one in outcomes)
    assert ended.missing_action == ("ec2:DescribeImages" if missing else "")
    assert stored(row) == before


def test_a_scan_that_is_running_counts_instead(row: Verification, account: Account) -> None:
    a_scan(account, state="running", lease_until=timezone.now())
    before = stored(row)
    ended = look(row, passing(FIRST))
    assert (ended.state, ended.reason_code, ended.seen) == ("cancelled", "scanned_meanwhile", "")
    assert stored(row) == before


def test_a_scan_that_waits_will_look_later_and_does_not_count(
    row: Verification, account: Account
) -> None:
    a_scan(account)
    assert look(row, passing(FIRST)).seen == "fixed"


def test_a_scan_that_was_recorded_meanwhile_counts_instead(
    row: Verification, account: Account
) -> None:
    scan = a_claimed_scan(account)
    assert record(scan=scan, fence=scan.fence, report=a_report(FIRST, taken_at=day(2)))
    before = stored(row)
    assert look(row, passing(FIRST)).reason_code == "scanned_meanwhile"
    assert stored(row) == before


def test_a_scan_that_began_before_and_ended_after_the_look_began_counts_instead(
    row: Verification,
) -> None:
    with within(row.organisation_id):
        Scan.objects.update(finished_at=day(1) + timedelta(seconds=1))
    before = stored(row)
    ended = look(row, passing(FIRST))
    assert (ended.state, ended.reason_code) == ("cancelled", "scanned_meanwhile")
    assert "if that scan ends without a result, check again" in ended.reason
    assert stored(row) == before


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        ({"state": "disconnected"}, 1, "not_connected"),
        ({}, (timezone.now() - day(0) + timedelta(days=3)).days, "clock"),
    ],
)
def test_a_look_that_must_not_count_fails(
    row: Verification, change: dict[str, str], at: int, code: str
) -> None:
    with within(row.organisation_id):
        Account.objects.update(**{"state": "connected", **change})
    before = stored(row)
    ended = look(row, passing(FIRST), at=at)
    assert (ended.state, ended.reason_code) == ("failed", code)
    assert stored(row) == before


def test_only_who_holds_the_row_writes_and_only_once(row: Verification) -> None:
    fixed = Look(day(1), (passing(FIRST),))
    before = stored(row)
    assert not record_look(verification=row, fence=row.fence + 1, look=fixed)
    assert stored(row) == before
    look(row, passing(FIRST))
    before = stored(row)
    assert not record_look(verification=row, fence=row.fence, look=fixed)
    assert stored(row) == before


def test_the_next_scan_agrees_and_has_nothing_to_tell(
    row: Verification, finding: Finding, account: Account
) -> None:
    look(row, passing(FIRST), SECOND)
    scan = a_claimed_scan(account)
    report = a_report(passing(FIRST), SECOND, OTHER, taken_at=day(2))
    assert record(scan=scan, fence=scan.fence, report=report)
    with within(row.organisation_id):
        assert Scan.objects.get(pk=scan.pk).counts["resolved"] == 0
        assert FindingEvent.objects.filter(finding=finding).count() == 2
    assert LeaseState(row.state) == LeaseState.DONE
