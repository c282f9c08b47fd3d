"""What tests of faults ask of scans: start one, tick as beat does, and look at what is left."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.db.models import Count, F

from posture import rejudge
from posture.models import (
    Account,
    Finding,
    FindingEvent,
    Organisation,
    Scan,
    ScorePoint,
    StoredSnapshot,
)
from posture.models.tenancy import within
from posture.scans import (
    claim,
    request_scan,
    run,
    stored_json,
    take_back_overdue,
    take_back_verifications,
)
from tests.posture.rows import a_scan
from tests.posture.sellers import LARKFIELD, a_seller
from tests.posture.workers import wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws


def a_small_seller(aws: "FakeAws", organisation: Organisation, number: str = LARKFIELD) -> Account:
    """A seller whose account has one region, which is read in half of the time."""
    account = a_seller(aws, organisation, number)
    aws.change_state(number, enabled_regions=["us-east-1"])
    return account


def ask(account: Account) -> Scan:
    """Request a scan, as the button does."""
    with within(account.organisation_id):
        return request_scan(account=account, by=None, trigger="manual")[0]


def scanned(account: Account) -> Scan:
    """Scan in this process, to the end; return the scan."""
    taken = claim(a_scan(account).pk)
    assert taken is not None
    run(taken)
    return reread(taken.scan)


def reread(scan: Scan) -> Scan:
    """The scan as its row stands now."""
    with within(scan.organisation_id):
        return Scan.objects.select_related("snapshot").get(pk=scan.pk)


def tick() -> None:
    """Take back what was left, as beat does; not as often as somebody who waits might ask for it."""
    time.sleep(0.15)
    take_back_overdue()
    take_back_verifications()
    rejudge.hand_out()


def is_over(scan: Scan) -> Callable[[], bool]:
    """Tick, and say whether the scan has ended."""

    def over() -> bool:
        tick()
        return not reread(scan).is_active

    return over


def wait_for_all(scans: Sequence[Scan], explain: Callable[[], object]) -> None:
    """Tick until all have ended; AssertionError when none ended for a minute."""
    left = list(scans)
    while left:
        wait_until(lambda: any([is_over(one)() for one in left[:3]]), explain)  # noqa: B023, C419
        left = [one for one in left if reread(one).is_active]


def assert_nothing_doubled(account: Account) -> None:
    """What holds after every fault, whatever was lost on the way.

    Each finding is there once, with a whole history; each recorded scan gave one point of the
    score and keeps its snapshot; the account shows the scan that was recorded last.
    """
    with within(account.organisation_id):
        rows = Finding.objects.filter(account=account)
        twice = rows.values("control", "resource").annotate(n=Count("pk")).filter(n__gt=1)
        assert not twice.exists()
        events = FindingEvent.objects.filter(finding__account=account)
        told = dict(events.values_list("finding").annotate(n=Count("pk")).order_by())
        assert {one.pk: one.sequence for one in rows} == told
        opened = events.filter(kind="opened").values("finding").annotate(n=Count("pk"))
        assert set(opened.values_list("n", flat=True)) <= {1}
        assert not rows.exclude(state="resolved").filter(last_seen__lt=F("first_seen")).exists()
        scans = list(Scan.objects.filter(account=account, state__in=("done", "partial")))
        points = ScorePoint.objects.filter(account=account, scan__isnull=False)
        assert sorted(points.values_list("scan", flat=True)) == sorted(one.pk for one in scans)
        assert not Scan.objects.filter(account=account, lease_until__isnull=False).exists()
        for scan in scans:
            assert_kept(scan.snapshot)
        if scans:
            account.refresh_from_db()
            newest = max(scans, key=lambda one: one.finished_at or one.queued_at)
            assert account.last_scan_id == newest.pk


def assert_kept(snapshot: StoredSnapshot | None) -> None:
    """It is in use and can be read."""
    assert snapshot is not None
    assert snapshot.unused_since is None
    assert stored_json(snapshot)


def assert_recorded_once(scan: Scan) -> None:
    """The first scan of its account opened each finding once, and nothing else happened."""
    row = reread(scan)
    assert (row.state, row.reason) == ("done", "")
    with within(scan.organisation_id):
        account = Account.objects.get(pk=scan.account_id)
        events = FindingEvent.objects.filter(finding__account=account)
        assert set(events.values_list("kind", "scan")) == {("opened", row.pk)}
        assert row.counts["opened"] == events.count() > 0
        assert account.score == row.score
    assert_nothing_doubled(account)
