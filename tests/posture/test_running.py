"""How a scan ends when the account or we ourselves are in trouble."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

from posture.models import Account, Finding, Scan
from posture.models.tenancy import within
from posture.profiles import profile_of
from posture.scans import claim, run
from sandbox.aws.faults import Fault
from scanner.facts.profile import Profile
from tests.posture.rows import a_scan, an_organisation
from tests.posture.sellers import LARKFIELD, a_seller
from tests.posture.store import a_store

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
        Account.objects.update(**change)
    scan = visit(seller)
    assert (scan.state, scan.reason_code) == ("failed", code)
    assert advice in scan.reason
    assert scan.finished_at is not None
    with within(seller.organisation_id):
        seller.refresh_from_db()
    assert seller.state_reason == scan.reason
    assert seller.score is None


def test_an_unreachable_endpoint_fails_with_what_to_do(
    seller: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    scan = visit(seller)
    assert (scan.state, scan.reason_code) == ("failed", "unreachable")
    assert scan.reason


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
        assert (row.state, row.attempt, row.reason) == ("running", number, "")
    attempt(scan)
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("failed", "internal", 3)
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
    assert (scan.state, scan.attempt, scan.reason) == ("running", 1, "")
    for _ in range(2):
        attempt(scan)
    scan = reread(scan)
    assert (scan.state, scan.reason_code) == ("failed", "snapshot_not_kept")
    assert "could not be kept (Not a directory)" in scan.reason
    with within(seller.organisation_id):
        assert not Finding.objects.exists()
        assert Account.objects.get().state_reason == scan.reason
