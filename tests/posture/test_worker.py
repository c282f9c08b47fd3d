"""Real workers on the real broker that are killed, stopped and forgotten in the middle of a scan."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
from django.conf import LazySettings, settings
from django.db.models import Count

from posture.models import Account, Finding, FindingEvent, Scan
from posture.models.tenancy import within
from posture.scans import cancel_scan, request_scan, take_back_overdue
from sandbox.aws.faults import Fault
from tests.posture.rows import a_member, an_organisation
from tests.posture.sellers import a_seller
from tests.posture.workers import a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

STUCK = "cloudtrail:DescribeTrails"


@pytest.fixture(autouse=True)
def broker() -> Iterator["redis.Redis"]:
    """The real broker, emptied."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


@pytest.fixture
def impatient(settings: LazySettings) -> None:
    """Publish again what no worker has after a second."""
    settings.REPUBLISH_SECONDS = 1


@pytest.fixture
def aws(fake_aws: "FakeAws") -> "FakeAws":
    """The fake AWS with the seller account that has faults in every topic."""
    fake_aws.seed("larkfield")
    return fake_aws


@pytest.fixture
def seller(aws: "FakeAws") -> Account:
    """A connected account whose role the fake AWS knows."""
    return a_seller(aws, an_organisation("Larkfield"))


def ask(account: Account) -> Scan:
    with within(account.organisation_id):
        return request_scan(account=account, by=None, trigger="manual")[0]


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def is_over(scan: Scan) -> Callable[[], bool]:
    """Tick like beat does, and say whether the scan has ended."""

    def over() -> bool:
        take_back_overdue()
        return not reread(scan).is_active

    return over


def is_reading(aws: "FakeAws", scan: Scan) -> Callable[[], bool]:
    """Whether a worker is in the middle of the scan: progress is shown, one call hangs."""
    return lambda: reread(scan).progress["calls"] > 0


def everything(account: Account) -> dict[str, Any]:
    with within(account.organisation_id):
        return {
            model.__name__: list(model.objects.order_by("pk").values())
            for model in (Account, Finding, FindingEvent, Scan)
        }


def assert_recorded_once(scan: Scan) -> None:
    with within(scan.organisation_id):
        findings = Finding.objects.count()
        assert findings > 0
        assert FindingEvent.objects.count() == findings
        assert set(FindingEvent.objects.values_list("kind", "scan_id")) == {("opened", scan.pk)}
        twice = Finding.objects.values("control", "resource").annotate(n=Count("pk"))
        assert not twice.filter(n__gt=1).exists()


def test_a_worker_scans_an_account_from_the_message_to_the_record(
    aws: "FakeAws", seller: Account, tmp_path: Path
) -> None:
    scan = ask(seller)
    with a_worker(tmp_path, aws.environment()):
        wait_until(is_over(scan), lambda: reread(scan).__dict__)
    row = reread(scan)
    assert (row.state, row.reason, row.attempt) == ("done", "", 1)
    assert row.progress["calls"] > 0
    assert {service["state"] for service in row.progress["services"]} == {"read"}
    assert_recorded_once(row)
    with within(seller.organisation_id):
        seller.refresh_from_db()
    assert (seller.score, seller.last_scan_id) == (row.score, row.pk)


def test_a_scan_whose_worker_is_killed_is_finished_by_another(
    aws: "FakeAws", seller: Account, tmp_path: Path
) -> None:
    aws.inject(Fault(kind="latency", action=STUCK, seconds=30))
    scan = ask(seller)
    with a_worker(tmp_path, aws.environment()) as worker:
        wait_until(is_reading(aws, scan), worker.log.read_text)
        worker.send(signal.SIGKILL)
    aws.clear_faults()
    assert reread(scan).state == "running"
    with a_worker(tmp_path, aws.environment()):
        wait_until(is_over(scan), lambda: reread(scan).__dict__)
    row = reread(scan)
    assert (row.state, row.attempt, row.fence) == ("done", 2, 2)
    assert_recorded_once(row)


def test_a_worker_that_wakes_up_after_its_lease_writes_nothing(
    aws: "FakeAws", seller: Account, tmp_path: Path, impatient: None
) -> None:
    aws.inject(Fault(kind="latency", action=STUCK, seconds=8))
    scan = ask(seller)
    with a_worker(tmp_path, aws.environment()) as zombie:
        wait_until(is_reading(aws, scan), zombie.log.read_text)
        zombie.send(signal.SIGSTOP)
        aws.clear_faults()
        with a_worker(tmp_path, aws.environment()):
            wait_until(is_over(scan), lambda: reread(scan).__dict__)
        before = everything(seller)
        zombie.send(signal.SIGCONT)
        wait_until(lambda: zombie.says("taken over"), zombie.log.read_text)
        assert everything(seller) == before
    row = reread(scan)
    assert (row.state, row.attempt, row.fence) == ("done", 2, 2)
    assert_recorded_once(row)


def test_nothing_is_lost_when_the_broker_forgets_everything(
    aws: "FakeAws", broker: "redis.Redis", tmp_path: Path, impatient: None
) -> None:
    organisation = an_organisation("Many")
    aws.seed("brightwater")
    numbers = ("111122223333", "444455556666")
    scans = [ask(a_seller(aws, organisation, number)) for number in numbers]
    broker.flushdb()
    with a_worker(tmp_path, aws.environment()):
        for scan in scans:
            wait_until(is_over(scan))
    assert [reread(scan).state for scan in scans] == ["done", "done"]


def test_a_worker_that_is_asked_to_stop_hands_its_scan_on(
    aws: "FakeAws", seller: Account, tmp_path: Path, impatient: None
) -> None:
    aws.inject(Fault(kind="latency", action=STUCK, seconds=60))
    scan = ask(seller)
    polite = {"REMAP_SIGTERM": "SIGQUIT", "SOFT_SHUTDOWN_SECONDS": "1"}
    with a_worker(tmp_path, aws.environment() | polite) as worker:
        wait_until(is_reading(aws, scan), worker.log.read_text)
        worker.terminate()
    aws.clear_faults()
    with a_worker(tmp_path, aws.environment()):
        wait_until(is_over(scan), lambda: reread(scan).__dict__)
    assert reread(scan).state == "done"
    assert_recorded_once(reread(scan))


def test_a_scan_that_is_cancelled_while_it_runs_stops_and_keeps_what_it_read(
    aws: "FakeAws", seller: Account, tmp_path: Path
) -> None:
    aws.inject(Fault(kind="latency", action=STUCK, seconds=3))
    scan = ask(seller)
    alice = a_member(seller.organisation)
    with a_worker(tmp_path, aws.environment()) as worker:
        wait_until(is_reading(aws, scan), worker.log.read_text)
        with within(seller.organisation_id):
            told = cancel_scan(scan=scan, by=alice)
        assert (told.state, told.cancel_requested_by) == ("running", alice)
        wait_until(lambda: not reread(scan).is_active, lambda: reread(scan).__dict__)
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("cancelled", "cancelled", 1)
    assert "Cancelled by Alice." in row.reason
    assert row.snapshot_id is not None
    assert row.score is None
    assert row.counts["not_assessed"] > 0
    with within(seller.organisation_id):
        seller.refresh_from_db()
        assert not Finding.objects.exists()
    assert (seller.score, seller.last_scan_id, seller.state_reason) == (None, None, "")


def test_a_cancelled_scan_whose_worker_is_killed_is_ended_by_the_tick(
    aws: "FakeAws", seller: Account, tmp_path: Path
) -> None:
    aws.inject(Fault(kind="latency", action=STUCK, seconds=30))
    scan = ask(seller)
    with a_worker(tmp_path, aws.environment()) as worker:
        wait_until(is_reading(aws, scan), worker.log.read_text)
        worker.send(signal.SIGSTOP)
        with within(seller.organisation_id):
            cancel_scan(scan=scan, by=None)
        worker.send(signal.SIGKILL)
    wait_until(is_over(scan), lambda: reread(scan).__dict__)
    row = reread(scan)
    assert (row.state, row.attempt, row.snapshot_id) == ("cancelled", 1, None)
    assert "worker was lost" in row.reason


def test_one_worker_that_is_woken_once_runs_everything_that_waits(
    aws: "FakeAws", broker: "redis.Redis", tmp_path: Path
) -> None:
    aws.seed("brightwater")
    numbers = ("111122223333", "444455556666")
    scans = [
        ask(a_seller(aws, an_organisation(f"Company {number[:4]}"), number)) for number in numbers
    ]
    broker.ltrim("scan", 0, 0)
    with a_worker(tmp_path, aws.environment()):
        for scan in scans:
            wait_until(lambda scan=scan: not reread(scan).is_active)  # type: ignore[misc] # bound
    assert [reread(scan).state for scan in scans] == ["done", "done"]
