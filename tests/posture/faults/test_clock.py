"""A worker's clock, or the database's, moves by an hour: leases hold, and no scan counts twice."""

from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from posture.models import Account, Scan, database_now
from posture.models.tenancy import within
from posture.scans import claim, record, run, take_back_overdue
from tests.posture.faults.scans import assert_nothing_doubled, reread, scanned, tick
from tests.posture.reports import a_claimed_scan, a_report, an_outcome
from tests.posture.rows import a_scan

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def moved(scan: Scan, by: timedelta) -> None:
    """Move the moments of a scan, which is what another clock of the database looks like from it."""
    moments = ("lease_until", "heartbeat", "queued_at", "published_at", "started_at")
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(**{name: F(name) + by for name in moments})


def test_a_worker_an_hour_behind_reads_for_the_record_only(plain: Account) -> None:
    scanned(plain)
    with time_machine.travel(timezone.now() - HOUR):
        late = scanned(plain)
    assert (late.state, late.reason_code) == ("done", "older_report")
    assert_shown_by_another(plain, late)


def test_a_worker_an_hour_ahead_records_nothing_and_holds_up_nobody(plain: Account) -> None:
    with time_machine.travel(timezone.now() + HOUR):
        early = scanned(plain)
    assert (early.state, early.reason_code, early.snapshot) == ("failed", "clock", None)
    honest = scanned(plain)
    assert honest.counts["opened"] > 0
    assert_nothing_doubled(plain)


def assert_shown_by_another(plain: Account, scan: Scan) -> None:
    with within(plain.organisation_id):
        plain.refresh_from_db()
    assert plain.last_scan_id != scan.pk
    assert plain.scored_at is not None
    assert plain.scored_at > scan.queued_at - HOUR


def test_a_lease_outlives_any_jump_of_the_worker_s_clock(account: Account) -> None:
    scan = a_claimed_scan(account)
    for by in (HOUR, -HOUR):
        with time_machine.travel(timezone.now() + by):
            assert claim(scan.pk) is None
            assert take_back_overdue() == 0
    assert reread(scan).state == "running"


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_a_jump_of_the_database_s_clock_gives_a_scan_to_one_worker(
    account: Account, by: timedelta
) -> None:
    """After a jump ahead the lease looks over; after one back it looks longer than it is."""
    first = a_claimed_scan(account)
    moved(first, -by)
    tick()
    again = claim(first.pk)
    assert (again is not None) == (by > timedelta(0))
    holders = [first.fence] if again is None else [first.fence, again.fence]
    report = a_report(an_outcome(), taken_at=database_now())
    recorded = [record(scan=first, fence=fence, report=report) for fence in holders]
    assert recorded == [again is None, True][-len(holders) :]
    assert (reread(first).state, reread(first).fence) == ("done", holders[-1])
    assert_nothing_doubled(account)


def test_what_was_queued_in_the_future_is_run_when_it_is_named(account: Account) -> None:
    scan = a_scan(account, published_at=database_now())
    moved(scan, HOUR)
    taken = claim(scan.pk)
    assert taken is not None
    run(taken)
    assert reread(scan).attempt == 1
