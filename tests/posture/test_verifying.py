"""The life of a second look: asked for once, claimed once, taken back, and told how it ended."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import redis
from django.conf import LazySettings, settings

from posture.models import Account, Finding, Organisation, Scan, Verification, database_now
from posture.models.tenancy import within
from posture.scans import (
    NotVerifiableError,
    claim_verification,
    request_verification,
    take_back_verifications,
    verify,
)
from posture.tasks import verify_finding
from sandbox.aws.faults import Fault
from tests.posture.rows import a_scan, an_organisation
from tests.posture.sellers import a_seller
from tests.posture.threads import at_once
from tests.posture.web.rows import a_done_scan, a_finding

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC_IMAGE = "arn:aws:ec2:us-east-1:111122223333:image/ami-0ed6e0210000000a1"


@pytest.fixture(autouse=True)
def broker() -> Iterator["redis.Redis"]:
    """The real broker, emptied."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


@pytest.fixture
def finding(account: Account) -> Finding:
    return a_finding(a_done_scan(account))


def ask(finding: Finding) -> tuple[Verification, bool]:
    with within(finding.organisation_id):
        return request_verification(finding=finding, by=None)


def reread(row: Verification) -> Verification:
    with within(row.organisation_id):
        return Verification.objects.get(pk=row.pk)


def change(row: Any, **fields: object) -> None:
    with within(row.organisation_id):
        type(row).objects.filter(pk=row.pk).update(**fields)


def test_asking_twice_gives_the_same_and_one_message(
    finding: Finding, broker: "redis.Redis"
) -> None:
    row, new = ask(finding)
    assert (new, ask(finding)) == (True, (row, False))
    assert broker.llen("house") == 1


def test_two_who_ask_at_the_same_moment_get_one(finding: Finding) -> None:
    rows = at_once(lambda: ask(finding))
    assert len({row.pk for row, _ in rows}) == 1
    assert sorted(new for _, new in rows) == [False, True]


@pytest.mark.parametrize(
    ("of_finding", "of_account", "code"),
    [
        ({"state": "resolved", "resolution": "fixed"}, {}, "finding_resolved"),
        ({"control": "SQS-99"}, {}, "control_retired"),
        ({"control": "M-AMMP-2"}, {}, "answered_by_people"),
        ({}, {"state": "paused"}, "account_not_connected"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_with_words(
    finding: Finding, of_finding: dict[str, str], of_account: dict[str, str], code: str
) -> None:
    if of_finding.get("state"):
        of_finding = {**of_finding, "resolved_at": database_now()}  # type: ignore[dict-item]
    if of_finding:
        change(finding, **of_finding)
    if of_account:
        change(finding.account, **of_account)
    with pytest.raises(NotVerifiableError, match=r"\w+ .*\.$") as refusal:
        ask(finding)
    assert refusal.value.code == code
    with within(finding.organisation_id):
        assert not Verification.objects.exists()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_scan_that_is_under_way_is_waited_for(finding: Finding, state: str) -> None:
    a_scan(finding.account, state=state)
    with pytest.raises(NotVerifiableError, match="A scan of this account is under way"):
        ask(finding)


def test_one_worker_takes_it(finding: Finding) -> None:
    row, _ = ask(finding)
    claims = at_once(lambda: claim_verification(row.pk))
    assert sorted(one is None for one in claims) == [False, True]


def test_none_is_taken_while_the_account_is_scanned(finding: Finding) -> None:
    row, _ = ask(finding)
    a_scan(finding.account, state="running")
    assert claim_verification(row.pk) is None
    ended = reread(row)
    assert (ended.state, ended.reason_code) == ("cancelled", "scanned_meanwhile")
    assert (ended.finished_at is None, ended.lease_until) == (False, None)


def test_messages_that_name_nothing_are_dropped(acme: Organisation) -> None:
    for text in ("", "nonsense", str(acme.pk)):
        verify_finding(text)
    with within(acme):
        assert not Verification.objects.exists()


def test_what_nobody_heard_of_is_published_again(finding: Finding, broker: "redis.Redis") -> None:
    row, _ = ask(finding)
    broker.flushdb()
    assert take_back_verifications() == 0
    change(row, published_at=database_now() - timedelta(hours=1))
    assert take_back_verifications() == 1
    assert broker.llen("house") == 1
    assert take_back_verifications() == 0


def test_what_lost_three_workers_fails_and_can_be_asked_for_again(finding: Finding) -> None:
    row, _ = ask(finding)
    for attempt in (1, 2, 3):
        claim = claim_verification(row.pk)
        assert claim is not None
        assert claim.verification.attempt == attempt
        over = database_now() - timedelta(seconds=1)
        change(row, lease_until=over, published_at=over - timedelta(hours=1))
        assert take_back_verifications() == 1
    ended = reread(row)
    assert (ended.state, ended.reason_code, ended.fence) == ("failed", "worker_lost", 4)
    assert ask(finding)[1]


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    """The fake AWS, as the scanner of this process sees it."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    return fake_aws


@pytest.fixture
def public(aws: "FakeAws") -> Finding:
    """The finding of an image that everybody may launch, in an account that the fake AWS knows."""
    seller = a_seller(aws, an_organisation("Larkfield"))
    return a_finding(a_done_scan(seller), control="AMI-06", resource=PUBLIC_IMAGE)


def looked(finding: Finding) -> Verification:
    row, _ = ask(finding)
    claim = claim_verification(row.pk)
    assert claim is not None
    verify(claim)
    return reread(row)


def test_what_is_still_there_is_told(public: Finding) -> None:
    row = looked(public)
    assert (row.state, row.seen) == ("done", "failing")
    assert row.progress["calls"] > 0
    with within(public.organisation_id):
        assert Finding.objects.get().last_seen > public.last_seen


def test_a_refused_read_names_the_action_and_changes_nothing(
    aws: "FakeAws", public: Finding
) -> None:
    aws.inject(Fault(kind="deny", action="ec2:DescribeImages"))
    row = looked(public)
    assert (row.state, row.seen) == ("partial", "not_assessed")
    assert row.missing_action == "ec2:DescribeImages"
    with within(public.organisation_id):
        assert Finding.objects.get().last_seen == public.last_seen


def test_an_account_that_lets_nobody_in_is_told(public: Finding) -> None:
    public.account.external_id = "seller-posture-another"
    with within(public.organisation_id):
        public.account.save(update_fields=["external_id"])
    row = looked(public)
    assert (row.state, row.reason_code, row.seen) == ("failed", "role_refused", "")
    assert "trust policy" in row.reason


def test_a_fault_of_ours_is_tried_three_times(
    public: Finding, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr("posture.scans.verifying.record_look", broken)
    row, _ = ask(public)
    for attempt in (1, 2, 3):
        assert (reread(row).state, reread(row).attempt) == (
            "running" if attempt > 1 else "queued", attempt - 1,
        )  # fmt: skip
        verify_finding(str(row.pk))
    ended = reread(row)
    assert (ended.state, ended.reason_code, ended.attempt) == ("failed", "internal", 3)


def test_one_that_another_worker_took_over_writes_nothing(aws: "FakeAws", public: Finding) -> None:
    aws.inject(Fault(kind="latency", action="ec2:DescribeImages", seconds=3))
    row, _ = ask(public)
    claim = claim_verification(row.pk)
    assert claim is not None
    change(row, fence=7)
    verify(claim)
    assert (reread(row).state, reread(row).fence, reread(row).seen) == ("running", 7, "")
    with within(public.organisation_id):
        assert Finding.objects.get().last_seen == public.last_seen
        assert not Scan.objects.exclude(state="done").exists()
