"""How a scan ends when the account or we ourselves are in trouble."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

from posture.models import Account, Finding, Scan, database_now
from posture.models.tenancy import within
from posture.profiles import profile_of
from posture.scans import claim, run
from sandbox.aws.faults import Fault
from sandbox.valkey import valkey
from scanner.facts.profile import Profile
from tests.posture.rows import a_scan, an_organisation
from tests.posture.sellers import LARKFIELD, a_seller
from tests.posture.store import a_store
from tests.posture.threads import in_its_own_connection
from tests.posture.workers import wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    """The fake AWS, as the scanner of this process sees it."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    return fake_aws


@pytest.fixture
def seller(aws: "FakeAws") -> Account:
    """The account that has faults in every topic."""
    return a_seller(aws, an_organisation("Larkfield"))


def visit(account: Account) -> Scan:
    """Run one attempt of a new scan; return what its row says then."""
    scan = a_scan(account)
    attempt(scan)
    return reread(scan)


def attempt(scan: Scan) -> None:
    taken = claim(scan.pk)
    assert taken is not None
    run(taken)


def make_due(scan: Scan) -> None:
    """Let the pause before its next try be over."""
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(retry_at=database_now())


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def test_a_scan_that_saw_everything_is_done_and_shows_what_it_did(seller: Account) -> None:
    scan = visit(seller)
    assert (scan.state, scan.reason_code, scan.reason) == ("done", "", "")
    assert scan.progress["phase"] == "recording"
    assert scan.progress["calls"] > 0
    assert {row["state"] for row in scan.progress["services"]} == {"read"}
    assert scan.counts["opened"] > 0
    assert scan.engine.startswith("seller-posture ")
    with within(seller.organisation_id):
        assert Finding.objects.count() == scan.counts["opened"]


def test_a_refused_read_makes_the_scan_partial_and_names_the_action(
    aws: "FakeAws", seller: Account
) -> None:
    aws.inject(Fault(kind="deny", action="cloudtrail:DescribeTrails"))
    scan = visit(seller)
    assert (scan.state, scan.reason_code) == ("partial", "unobserved")
    assert "cloudtrail:DescribeTrails" in scan.reason
    assert scan.counts["not_assessed"] > 0


@pytest.mark.parametrize(
    ("change", "code", "advice"),
    [
        ({"external_id": "seller-posture-another"}, "role_refused", "trust policy"),
        ({"role_arn": f"arn:aws:iam::{LARKFIELD}:role/Missing"}, "role_refused", "trust policy"),
        ({"role_arn": "nonsense"}, "wrong_arn", "Copy the role's ARN"),
        ({"role_arn": "arn:aws:iam::999988887777:role/Other"}, "wrong_account", "account"),
    ],
)
def test_an_account_that_lets_nobody_in_fails_with_what_to_do(
    seller: Account, change: dict[str, str], code: str, advice: str
) -> None:
    with within(seller.organisation_id):
        row = Account.objects.get()
        for column, value in change.items():
            setattr(row, column, value)
        row.save(update_fields=list(change))
    scan = visit(seller)
    assert (scan.state, scan.reason_code) == ("failed", code)
    assert advice in scan.reason
    assert scan.finished_at is not None
    with within(seller.organisation_id):
        seller.refresh_from_db()
    assert seller.state_reason == scan.reason
    assert seller.score is None


def test_an_unreachable_endpoint_is_tried_again_and_then_fails_with_what_to_do(
    seller: Account, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RETRY_SECONDS = 60
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    scan = visit(seller)
    pauses = []
    for number in (1, 2):
        row = reread(scan)
        assert (row.state, row.reason_code, row.attempt) == ("queued", "unreachable", number)
        assert row.retry_at is not None
        assert row.reason
        pauses.append(row.retry_at - database_now())
        assert claim(scan.pk) is None
        make_due(scan)
        attempt(scan)
    assert pauses[1] > 2 * pauses[0]
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("failed", "unreachable", 3)
    with within(seller.organisation_id):
        seller.refresh_from_db()
    assert seller.state_reason == row.reason


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind="throttle", action="sts:AssumeRole"), "throttled"),
        (Fault(kind="error", action="sts:AssumeRole", status=503), "unwell"),
    ],
)
def test_what_passes_at_the_door_ends_well_at_the_next_try(
    aws: "FakeAws", seller: Account, fault: Fault, code: str
) -> None:
    aws.inject(fault)
    scan = visit(seller)
    assert (scan.state, scan.reason_code, scan.finished_at) == ("queued", code, None)
    aws.clear_faults()
    make_due(scan)
    attempt(scan)
    row = reread(scan)
    assert (row.state, row.reason_code, row.reason, row.attempt) == ("done", "", "", 2)


def test_a_fault_of_ours_is_tried_three_times_and_then_told(
    seller: Account, settings: LazySettings, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.touch()
    backend = "posture.scans.storing.AtomicFiles"
    store = {"BACKEND": backend, "OPTIONS": {"location": blocked}}
    settings.STORAGES = {**settings.STORAGES, "snapshots": store}
    scan = a_scan(seller)
    for number in (1, 2):
        attempt(scan)
        row = reread(scan)
        assert (row.state, row.reason_code, row.attempt) == ("queued", "internal", number)
        assert row.retry_at is not None
        make_due(scan)
    attempt(scan)
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("failed", "internal", 3)
    assert "tried 3 times" in row.reason
    with within(seller.organisation_id):
        assert not Finding.objects.exists()


def test_a_scan_that_another_worker_took_over_stops_and_writes_nothing(
    aws: "FakeAws", seller: Account
) -> None:
    aws.inject(Fault(kind="latency", action="ec2:*", seconds=1.5))
    scan = a_scan(seller)
    taken = claim(scan.pk)
    assert taken is not None
    with within(seller.organisation_id):
        Scan.objects.update(fence=7)
    before = reread(scan).__dict__ | {"_state": None}
    run(taken)
    assert reread(scan).__dict__ | {"_state": None} == before
    with within(seller.organisation_id):
        assert not Finding.objects.exists()


def test_a_scan_shows_which_ceilings_it_kept_to(seller: Account) -> None:
    shown = visit(seller).progress["ceilings"]
    kept = {
        (one["name"], one["region"]): (one["rate"], one["burst"], one["shared"]) for one in shown
    }
    assert kept["iam", "us-east-1"] == (15, 15, True)
    assert kept["cloudtrail:LookupEvents", "us-east-1"] == (2, 1, True)


def test_a_scan_goes_on_alone_when_redis_stops_in_the_middle(
    aws: "FakeAws", seller: Account, settings: LazySettings
) -> None:
    for action in ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"):
        aws.inject(Fault(kind="latency", action=action, seconds=2))
    with ExitStack() as stack, ThreadPoolExecutor(1) as thread:
        settings.CACHE_URL = stack.enter_context(valkey()).url()
        running = thread.submit(in_its_own_connection, lambda: visit(seller))
        wait_until(lambda: bool(aws.calls("cloudtrail:DescribeTrails")))
        stack.close()
        scan = running.result()
    assert (scan.state, scan.reason) == ("done", "")
    assert False in {one["shared"] for one in scan.progress["ceilings"]}  # from then on, or wholly


def test_an_account_s_answers_become_the_profile_and_unknown_ones_are_left_out() -> None:
    account = Account(
        profile={"product_types": ["ami"], "cas_enrolled": False, "unused_days": 30, "other": 1}
    )
    expected = Profile(product_types=("ami",), cas_enrolled=False, unused_days=30)
    assert profile_of(account) == expected


def test_a_scan_whose_snapshot_cannot_be_kept_is_tried_again_and_then_fails_with_a_reason(
    seller: Account, settings: LazySettings, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file where the folder should be"
    blocked.touch()
    a_store(settings, location=blocked)
    scan = visit(seller)
    assert (scan.state, scan.attempt, scan.reason_code) == ("queued", 1, "snapshot_not_kept")
    for _ in range(2):
        make_due(scan)
        attempt(scan)
    scan = reread(scan)
    assert (scan.state, scan.reason_code) == ("failed", "snapshot_not_kept")
    assert "could not be kept (Not a directory)" in scan.reason
    with within(seller.organisation_id):
        assert not Finding.objects.exists()
        assert Account.objects.get().state_reason == scan.reason
