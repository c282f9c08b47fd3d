"""Throttling, failing and cut answers: no call is lost, and nothing cut is taken for empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.aws.faults import Fault
from sandbox.aws.seeds import larkfield, many
from scanner.aws import CannotReach, Limits, Role, Visit
from scanner.control import Outcome
from scanner.report import Report
from scanner.role import policy_document
from scanner.scan import scan
from scanner.vocabulary import Status

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws
    from sandbox.aws.faults import FaultKind

EXTERNAL_ID = "seller-posture-0123456789abcdef"
LIMITS = Limits(slow_wait=0.05, slow_wait_most=0.2, report_wait=5.0, spaced=0.0)


@pytest.fixture(autouse=True)
def scanner_identity(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)


def a_visit(fake_aws: FakeAws, account: str) -> Visit:
    arn = fake_aws.create_scan_role(
        account=account, external_id=EXTERNAL_ID, policy_document=policy_document()
    )
    return Visit(Role(arn, EXTERNAL_ID, "seller-posture-test"))


def told(report: Report) -> list[tuple[str, str, Status]]:
    return [(one.control, one.resource, one.status) for one in report.outcomes]


@pytest.mark.parametrize(
    ("kind", "probability"), [("throttle", 0.3), ("error", 0.1), ("reset", 0.1)]
)
def test_passing_trouble_loses_no_call(
    fake_aws: FakeAws, kind: FaultKind, probability: float
) -> None:
    fake_aws.seed("larkfield")
    visit = a_visit(fake_aws, larkfield.ACCOUNT)
    quiet = scan(visit, limits=LIMITS)
    fake_aws.inject(Fault(kind=kind, probability=probability))
    disturbed = scan(visit, limits=LIMITS)
    assert disturbed.unobserved == ()
    assert told(disturbed) == told(quiet)
    assert disturbed.calls.total > quiet.calls.total


@pytest.mark.parametrize(
    ("kind", "action", "control"),
    [
        ("cut", "sqs:ListQueues", "SQS-03"),
        ("truncate", "iam:GetAccountAuthorizationDetails", "SELL-01"),
        ("garbage", "ec2:DescribeSnapshots", "AMI-08"),
    ],
)
def test_an_answer_that_is_not_whole_is_not_an_empty_account(
    fake_aws: FakeAws, kind: FaultKind, action: str, control: str
) -> None:
    """Each kind of fault in each of six actions is in test_not_whole.py."""
    fake_aws.seed("larkfield")
    visit = a_visit(fake_aws, larkfield.ACCOUNT)
    fake_aws.inject(Fault(kind=kind, action=action))
    report = scan(visit, limits=LIMITS)
    missing: list[Outcome] = [one for one in report.outcomes if action in one.missing_action]
    assert control in {one.control for one in missing}
    assert action in {gap.action for gap in report.unobserved}


def test_a_disabled_region_is_not_assessed_and_the_others_are(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    visit = a_visit(fake_aws, larkfield.ACCOUNT)
    quiet = scan(visit, limits=LIMITS)
    report = scan(visit, limits=LIMITS, regions=("ap-east-1", "us-west-2", "eu-west-1"))
    blind = [one for one in report.outcomes if one.status is Status.NOT_ASSESSED]
    within = [one.control for one in blind if one.region == "ap-east-1"]
    assert "AMI-06" in within
    assert {gap.region for gap in report.unobserved} == {"ap-east-1"}
    # What is about all regions together cannot be said any more, and says so; the rest stays.
    # An event data store of the region that is off could make up for what the log bucket lacks.
    account = f"arn:aws:iam::{larkfield.ACCOUNT}:root"
    open_questions = {(one.control, one.resource) for one in blind if one.region != "ap-east-1"}
    logs = ("CT-07", "arn:aws:s3:::larkfield-audit-logs")
    assert {one for one in open_questions if one[1] != account} == {logs}
    lost = {(one[0], one[1]) for one in set(told(quiet)) - set(told(report))}
    assert lost <= open_questions


def test_lasting_throttling_is_not_assessed_and_says_so(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    visit = a_visit(fake_aws, larkfield.ACCOUNT)
    fake_aws.inject(Fault(kind="throttle", action="sns:ListSubscriptions"))
    (gap,) = scan(visit, limits=Limits(attempts=2, slow_wait=0.0, slow_wait_most=0.0)).unobserved
    assert gap.action == "sns:ListSubscriptions"
    assert "hrottl" in f"{gap.error} {gap.detail}"


def test_keys_that_expire_in_mid_scan_are_renewed_once(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    visit = a_visit(fake_aws, larkfield.ACCOUNT)
    quiet = scan(visit, limits=LIMITS)
    ended: list[int] = []

    def expire_once(picture: object) -> None:
        if not ended and len(fake_aws.calls("ec2:DescribeImages")) > 0:
            ended.append(1)
            fake_aws.shorten_sessions(0)
            fake_aws.shorten_sessions(None)

    fake_aws.forget_calls()
    report = scan(visit, limits=LIMITS, progress=expire_once)
    assert ended
    assert told(report) == told(quiet)


def test_the_iam_calls_of_a_large_account_differ_by_pages_only(fake_aws: FakeAws) -> None:
    counts: dict[int, dict[str, int]] = {}
    for users, roles in ((10, 15), (1000, 1500)):
        fake_aws.reset()
        fake_aws.seed("many", users=users, roles=roles)
        visit = a_visit(fake_aws, many.ACCOUNT)
        report = scan(visit, limits=LIMITS)
        assert len(report.snapshot.iam.users) == users  # type: ignore[arg-type] # read whole
        calls = dict(fake_aws.count_calls("iam:*"))
        calls.pop("iam:GetCredentialReport", None)  # as often as AWS lets us wait for it
        counts[users] = calls
    pages = counts[1000].pop("iam:GetAccountAuthorizationDetails")
    assert counts[10].pop("iam:GetAccountAuthorizationDetails") == 1
    assert pages == 3  # 2,570 items in pages of 1,000
    assert counts[1000] == counts[10]


def test_an_endpoint_that_is_not_there_is_said_with_what_to_check(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    visit = Visit(Role("arn:aws:iam::111122223333:role/X", EXTERNAL_ID, "seller-posture-test"))
    with pytest.raises(CannotReach) as refusal:
        scan(visit, limits=Limits(attempts=1, connect=1, slow_wait=0.0, slow_wait_most=0.0))
    assert refusal.value.code == "unreachable"
    assert "AWS_ENDPOINT_URL" in refusal.value.advice
