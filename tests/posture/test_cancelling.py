"""Cancelling a scan, in each state that it may be in, and what becomes of what was read."""

from datetime import timedelta

import pytest

from posture import tokens
from posture.models import Account, Finding, FindingEvent, LeaseState, Scan, database_now
from posture.models.tenancy import within
from posture.scans import (
    Claim,
    ScanOverError,
    cancel_scan,
    claim,
    record,
    request_scan,
    take_back_overdue,
)
from posture.scans.failing import CLOCK, OURS, Reason, fail
from posture.scans.heartbeat import Heartbeat
from scanner.vocabulary import Status, Unobserved
from tests.posture.reports import a_claimed_scan, a_report, an_outcome, day
from tests.posture.rows import a_member, a_scan
from tests.posture.threads import at_once
from tests.posture.workers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CUT = Unobserved("cloudtrail:DescribeTrails", "Cancelled")


def cancel(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return cancel_scan(scan=scan, by=None)


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def lose(scan: Scan) -> None:
    """Let the lease of a running scan be over."""
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(lease_until=database_now() - timedelta(seconds=1))


def test_a_queued_scan_is_cancelled_at_once_and_never_run(account: Account) -> None:
    scan = a_scan(account)
    alice = a_member(account.organisation)
    with within(account.organisation_id):
        row = cancel_scan(scan=scan, by=alice)
    assert (row.state, row.reason_code) == ("cancelled", "cancelled")
    assert row.reason == "Cancelled by Alice. It had not begun, so nothing was read."
    assert row.finished_at is not None
    assert claim(scan.pk) is None


def test_after_a_cancelled_scan_the_account_can_be_scanned_again(account: Account) -> None:
    scan = a_scan(account)
    cancel(scan)
    with within(account.organisation_id):
        again, created = request_scan(account=account, by=None, trigger="manual")
    assert created
    assert again.pk != scan.pk


def test_a_token_is_named_as_who_cancelled(account: Account) -> None:
    scan = a_scan(account)
    with within(account.organisation_id):
        token, _ = tokens.issue(
            organisation=account.organisation, by=None, name="jira-sync", scopes=["scans:run"]
        )
        row = cancel_scan(scan=scan, by=None, token=token)
    assert "Cancelled by the token jira-sync." in row.reason


@pytest.mark.parametrize("state", ["done", "partial", "failed", "cancelled"])
def test_a_scan_that_is_over_cannot_be_cancelled(account: Account, state: str) -> None:
    scan = a_scan(account, state=state)
    with pytest.raises(ScanOverError, match=state):
        cancel(scan)
    assert (reread(scan).state, reread(scan).cancel_requested_at) == (state, None)


def test_a_running_scan_is_told_once(account: Account) -> None:
    scan = a_claimed_scan(account)
    first = cancel(scan)
    assert (first.state, first.cancel_requested_at is None) == ("running", False)
    assert cancel(scan).cancel_requested_at == first.cancel_requested_at
    with Heartbeat(scan, scan.fence) as heartbeat:
        wait_until(heartbeat.is_cancelled)
        assert not heartbeat.is_lost()


def test_what_a_cancelled_scan_read_is_kept_and_changes_neither_findings_nor_score(
    account: Account,
) -> None:
    before = a_claimed_scan(account)
    assert record(scan=before, fence=1, report=a_report(an_outcome()))
    with within(account.organisation_id):
        findings, scored = list(Finding.objects.values()), Account.objects.values().get()
    scan = a_claimed_scan(account)
    cancel(scan)
    fixed = an_outcome(Status.PASS)
    new = an_outcome(resource="arn:aws:ec2:us-east-1:111122223333:image/ami-2")
    unread = an_outcome(Status.NOT_ASSESSED, "arn:aws:iam::111122223333:root", control="CT-01")
    report = a_report(fixed, new, unread, taken_at=day(1), unread=CUT)
    assert record(scan=scan, fence=1, report=report)
    row = reread(scan)
    assert (row.state, row.score, row.lease_until) == ("cancelled", None, None)
    assert row.snapshot_id is not None
    assert row.coverage == report.score.coverage
    assert "what was read is kept with the scan" in row.reason
    with within(account.organisation_id):
        assert list(Finding.objects.values()) == findings
        assert Account.objects.values().get() == scored
        assert FindingEvent.objects.count() == 1


def test_an_accepted_cancel_is_never_overtaken_by_the_record(account: Account) -> None:
    scan = a_claimed_scan(account)
    cancel(scan)
    assert record(scan=scan, fence=1, report=a_report(an_outcome()))
    assert reread(scan).state == "cancelled"
    assert not record(scan=scan, fence=1, report=a_report(an_outcome()))


@pytest.mark.parametrize("reason", [OURS, CLOCK, Reason("role_refused", "AWS refused the role.")])
def test_a_cancelled_scan_that_fails_is_cancelled_and_not_tried_again(
    account: Account, reason: Reason
) -> None:
    scan = a_claimed_scan(account)
    cancel(scan)
    with within(account.organisation_id):
        fail(scan, 1, reason)
    row = reread(scan)
    assert (row.state, row.retry_at) == ("cancelled", None)
    with within(account.organisation_id):
        assert Account.objects.get().state_reason == ""


def test_a_cancelled_scan_whose_worker_is_lost_is_ended_by_the_tick_once(
    account: Account,
) -> None:
    scan = a_claimed_scan(account)
    cancel(scan)
    assert take_back_overdue() == 0
    lose(scan)
    assert claim(scan.pk) is None
    assert sum(at_once(take_back_overdue, times=3)) == 1
    row = reread(scan)
    assert (row.state, row.attempt, row.fence) == ("cancelled", 1, 2)
    assert row.finished_at is not None
    assert not record(scan=scan, fence=1, report=a_report(an_outcome()))


def test_cancelling_and_claiming_at_once_end_in_one_order_or_the_other(account: Account) -> None:
    for _ in range(5):
        scan = a_scan(account)
        claimed = race(scan)
        row = reread(scan)
        assert row.cancel_requested_at is not None
        assert row.state == (LeaseState.RUNNING if claimed else LeaseState.CANCELLED)
        with within(account.organisation_id):
            fail(scan, row.fence, OURS)
        assert reread(scan).state == LeaseState.CANCELLED


def race(scan: Scan) -> bool:
    """Claim and cancel at the same moment; say whether the claim came first."""
    turns = iter([claim_it, cancel])
    return any(isinstance(one, Claim) for one in at_once(lambda: next(turns)(scan)))


def claim_it(scan: Scan) -> Claim | None:
    return claim(scan.pk)
