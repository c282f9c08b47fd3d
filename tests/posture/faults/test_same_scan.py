"""Two workers are given the same scan, at the same moment or one after the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from posture.models import Account, Scan, database_now
from posture.models.tenancy import within
from posture.scans import Claim, claim, record, run
from tests.posture.faults.holding import Call, Held
from tests.posture.faults.scans import assert_nothing_doubled, assert_recorded_once, reread
from tests.posture.reports import a_claimed_scan, a_report, an_outcome
from tests.posture.rows import a_scan
from tests.posture.threads import at_once, in_its_own_connection

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)


def end_lease(scan: Scan) -> None:
    with within(scan.organisation_id):
        over = database_now() - timedelta(seconds=1)
        Scan.objects.filter(pk=scan.pk).update(lease_until=over)


def taken_over(scan: Scan) -> Claim:
    """Claim it from its holder, again when a heartbeat comes between the end and the claim."""
    for _ in range(50):
        end_lease(scan)
        claimed = claim(scan.pk)
        if claimed is not None:
            return claimed
    raise AssertionError


def test_of_two_that_read_the_account_the_one_with_the_newer_lease_records(
    aws: "FakeAws", plain: Account
) -> None:
    scan = a_scan(plain)
    first = claim(scan.pk)
    assert first is not None
    with ThreadPoolExecutor(1) as thread, Held(str) as held:
        held.hold(Call(aws, "account:GetAlternateContact"))
        running = thread.submit(in_its_own_connection, lambda: run(first))
        held.wait()
        run(taken_over(scan))
        held.let_go()
        running.result()
    row = reread(scan)
    assert (row.attempt, row.fence) == (2, 2)
    assert_recorded_once(scan)


@pytest.mark.parametrize("turn", range(5))
def test_of_two_that_record_at_once_one_does(account: Account, turn: int) -> None:
    scan = a_claimed_scan(account)
    end_lease(scan)
    again = claim(scan.pk)
    assert again is not None
    report = a_report(*(an_outcome(resource=f"r-{turn}-{one}") for one in range(20)))
    fences = iter([scan.fence, again.fence])
    told = at_once(lambda: record(scan=scan, fence=next(fences), report=report))
    assert sorted(told) == [False, True]
    assert_recorded_once(scan)
    assert reread(scan).fence == again.fence
    assert_nothing_doubled(account)


def test_a_report_that_is_recorded_by_its_holder_twice_at_once_counts_once(
    account: Account,
) -> None:
    scan = a_claimed_scan(account)
    report = a_report(*(an_outcome(resource=f"r-{one}") for one in range(20)))
    told = at_once(lambda: record(scan=scan, fence=scan.fence, report=report))
    assert sorted(told) == [False, True]
    assert_recorded_once(scan)
