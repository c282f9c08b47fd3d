"""Each read action denied in turn: the scan ends, what needs the action says so, nothing passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.aws.faults import Fault
from sandbox.aws.seeds import brightwater, larkfield
from scanner.aws import CannotReach, Limits, Role, Visit
from scanner.collect.plan import ALL_ACTIONS
from scanner.control import Outcome
from scanner.report import Report
from scanner.role import policy_document
from scanner.scan import scan
from scanner.vocabulary import Status

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

EXTERNAL_ID = "seller-posture-0123456789abcdef"
QUICK = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=3.0)

IDENTITIES = {"AMMP-05", "AMMP-08", "CAS-01", "MTR-02", "PSC-01", "SELL-01"}
REPORT = {"AMMP-05", "AMMP-08", "MTR-02"}
POLICIES = {"AMMP-08", "PSC-01"}
QUEUES = {"SQS-03", "SQS-04", "SQS-08"}
TRAILS = {"CT-01", "CT-03"}

TOUCHED: dict[str, set[str]] = {
    "aws-marketplace:DescribeEntity": set(),  # all own images are judged instead
    "aws-marketplace:ListEntities": set(),  # the same
    "cloudtrail:DescribeTrails": TRAILS,
    "cloudtrail:GetEventDataStore": set(),  # neither account has one, or needs one
    "cloudtrail:GetTrailStatus": TRAILS,
    "cloudtrail:ListEventDataStores": set(),  # matters where no trail does the job
    "cloudtrail:LookupEvents": {"PSC-01"},
    "ec2:DescribeImageAttribute": set(),  # DescribeImages says "public" too
    "ec2:DescribeImages": {"AMI-02", "AMI-03", "AMI-06"},
    "ec2:DescribeRegions": {"AMI-06", "AMI-08"},
    "ec2:DescribeSnapshotAttribute": {"AMI-08"},
    "ec2:DescribeSnapshots": {"AMI-03", "AMI-08"},
    "ec2:GetEbsEncryptionByDefault": set(),  # a remark
    "ec2:GetImageBlockPublicAccessState": set(),  # for AMI-09
    "ec2:GetSnapshotBlockPublicAccessState": set(),  # unread, a public snapshot stays critical
    "events:ListRules": QUEUES,
    "events:ListTargetsByRule": QUEUES,
    "iam:GenerateCredentialReport": REPORT,
    "iam:GetAccountAuthorizationDetails": IDENTITIES,
    "iam:GetAccountSummary": {"AMMP-01", "AMMP-02"},
    "iam:GetCredentialReport": REPORT,
    "iam:GetPolicy": POLICIES,
    "iam:GetPolicyVersion": POLICIES,
    "sns:ListSubscriptions": QUEUES,
    "sqs:GetQueueAttributes": QUEUES,
    "sqs:ListQueues": QUEUES,
}
"""Which controls cannot be assessed wholly without an action, in one of the two accounts."""

NOT_ASKED = {"cloudtrail:GetEventDataStore"}
"""Actions that neither account gives a reason to use."""


@pytest.fixture
def visits(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> list[Visit]:
    fake_aws.seed("demo")
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    arns = [
        fake_aws.create_scan_role(
            account=account, external_id=EXTERNAL_ID, policy_document=policy_document()
        )
        for account in (larkfield.ACCOUNT, brightwater.ACCOUNT)
    ]
    return [Visit(Role(arn, EXTERNAL_ID, "seller-posture-test")) for arn in arns]


def test_the_table_names_every_action_and_nothing_else() -> None:
    assert set(TOUCHED) == set(ALL_ACTIONS)


@pytest.mark.parametrize("action", sorted(TOUCHED))
def test_a_denied_action_is_named_by_the_controls_that_need_it_and_none_passes(
    fake_aws: FakeAws, visits: list[Visit], action: str
) -> None:
    before = [scan(visit, limits=QUICK) for visit in visits]
    fake_aws.inject(Fault(kind="deny", action=action))
    after = [scan(visit, limits=QUICK) for visit in visits]
    blind = [one for report in after for one in report.outcomes if one.missing]
    assert {one.control for one in blind} == TOUCHED[action]
    assert all(action in one.missing_action for one in blind)
    gaps = {gap.action for report in after for gap in report.unobserved}
    assert gaps == {action} - NOT_ASKED
    for then, now in zip(before, after, strict=True):
        assert not softened(then, now)
        assert (now.score.low or 0) <= (then.score.low or 0)
        assert (now.score.coverage or 0) <= (then.score.coverage or 0)


def softened(then: Report, now: Report) -> list[Outcome]:
    """Outcomes that look better, or surer, for the denial."""
    unread = {Status.FAIL, Status.NOT_ASSESSED}
    seen = {(one.control, one.resource): one.status for one in then.outcomes}
    return [
        one
        for one in now.outcomes
        if seen.get((one.control, one.resource)) in unread and one.status not in unread
    ]


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:GetCallerIdentity"])
def test_an_account_that_cannot_be_entered_is_no_empty_account(
    fake_aws: FakeAws, visits: list[Visit], action: str
) -> None:
    fake_aws.inject(Fault(kind="deny", action=action))
    with pytest.raises(CannotReach) as refusal:
        scan(visits[0], limits=QUICK)
    assert refusal.value.advice
