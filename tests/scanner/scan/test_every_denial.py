"""Each read action denied in turn: the scan ends, what needs the action says so, nothing passes."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox.aws.faults import Fault
from sandbox.aws.seeds import brightwater, larkfield
from scanner.aws import CannotReach, Limits, Role, Visit
from scanner.collect.plan import ALL_ACTIONS
from scanner.control import Outcome
from scanner.controls import every_control
from scanner.handbook import actions_of
from scanner.report import Report
from scanner.role import policy_document
from scanner.scan import scan
from scanner.score import Part
from scanner.vocabulary import Status, Topic
from tests.scanner.scan.remembered import RememberedAccount

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

EXTERNAL_ID = "seller-posture-0123456789abcdef"
QUICK = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=3.0, spaced=0.0)

REPORT = {
    "AMMP-04", "AMMP-05", "AMMP-07", "AMMP-08", "AMMP-09", "AMMP-11", "CAS-04", "MTR-02",
    "MTR-03", "MTR-07", "SELL-07",
}  # fmt: skip
POLICIES = {
    "AMI-10", "AMMP-06", "AMMP-07", "AMMP-08", "CAS-04", "CAS-05", "CT-09", "MTR-01", "MTR-02",
    "MTR-03", "MTR-04", "MTR-05", "PSC-01", "PSC-03", "SELL-02", "SELL-03", "SELL-04",
    "SELL-07", "SELL-08", "SELL-09", "SQS-05", "SQS-06",
}  # fmt: skip
QUEUES = {
    "SQS-02", "SQS-03", "SQS-04", "SQS-05", "SQS-06", "SQS-07", "SQS-08", "SQS-09",
}  # fmt: skip
BUCKETS = {
    "CAS-03", "CAS-06", "CAS-07", "CAS-08", "CT-06", "CT-07", "PSC-02",
}  # fmt: skip
IDENTITIES = {
    "AMI-10", "AMMP-05", "AMMP-06", "AMMP-07", "AMMP-08", "AMMP-10", "AMMP-11", "CAS-01",
    "CAS-02", "CAS-03", "CAS-04", "CAS-05", "CAS-06", "CAS-07", "CAS-08", "CAS-09", "CT-09",
    "MTR-01", "MTR-02", "MTR-03", "MTR-04", "MTR-05", "MTR-06", "MTR-07", "PSC-01", "PSC-02",
    "PSC-03", "SELL-01", "SELL-02", "SELL-03", "SELL-04", "SELL-05", "SELL-06", "SELL-07",
    "SELL-08", "SELL-09", "SQS-05", "SQS-06",
}  # fmt: skip

TOUCHED: dict[str, set[str]] = {
    "account:GetAlternateContact": set(),  # a hint to whoever confirms M-AMMP-3
    "aws-marketplace:DescribeAssessment": {"AMI-21"},
    "aws-marketplace:DescribeChangeSet": set(),  # a hint for M-AMI-1
    "aws-marketplace:DescribeEntity": {"AMI-01", "AMI-11", "AMI-12"},
    "aws-marketplace:ListAssessments": {"AMI-21"},
    "aws-marketplace:ListChangeSets": set(),  # the same
    "aws-marketplace:ListEntities": {
        "AMI-01",
        "AMI-11",
        "AMI-12",
        "AMI-13",
        "AMI-21",
        "CTR-01",
        "MTR-01",
        "SQS-01",
    },
    "cloudtrail:DescribeTrails": {f"CT-0{number}" for number in range(1, 9)},
    "cloudtrail:GetEventDataStore": set(),  # Brightwater's store is one more copy of what its trail keeps
    "cloudtrail:GetEventSelectors": {"CT-02"},
    "cloudtrail:GetTrailStatus": {"CT-01", "CT-02", "CT-03", "CT-04", "CT-05", "CT-08"},
    "cloudtrail:ListEventDataStores": {"CT-07"},
    "cloudtrail:LookupEvents": {"MTR-07", "PSC-01"},
    "cloudwatch:DescribeAlarms": {"CT-08"},
    "cloudwatch:GetMetricData": {"SQS-07"},
    "ec2:DescribeFpgaImages": set(),  # a hint for M-AMI-15
    "ec2:DescribeImageAttribute": {"AMI-07"},
    "ec2:DescribeImages": {
        "AMI-01",
        "AMI-02",
        "AMI-03",
        "AMI-04",
        "AMI-05",
        "AMI-06",
        "AMI-07",
        "AMI-11",
    },
    "ec2:DescribeInstances": {"MTR-06"},
    "ec2:DescribeRegions": {
        "AMI-06",
        "AMI-08",
        "AMI-09",
        "CT-04",
        "CT-06",
        "CT-07",
        "MTR-06",
        "MTR-07",
    },
    "ec2:DescribeSnapshotAttribute": {"AMI-08"},
    "ec2:DescribeSnapshots": {"AMI-03", "AMI-08"},
    "ec2:GetEbsEncryptionByDefault": set(),  # a remark of AMI-03
    "ec2:GetImageBlockPublicAccessState": {"AMI-09"},
    "ec2:GetSnapshotBlockPublicAccessState": {"AMI-09"},
    "events:ListRules": QUEUES | {"AMI-13", "CT-08"},
    "events:ListTargetsByRule": QUEUES | {"AMI-13", "CT-08"},
    "iam:GenerateCredentialReport": REPORT,
    "iam:GetAccountAuthorizationDetails": IDENTITIES,
    "iam:GetAccountPasswordPolicy": {"AMMP-09"},
    "iam:GetAccountSummary": {"AMMP-01", "AMMP-02", "AMMP-03"},
    "iam:GetCredentialReport": REPORT,
    "iam:GetPolicy": POLICIES,
    "iam:GetPolicyVersion": POLICIES,
    "iam:ListAccessKeys": set(),  # no user has more keys than the report shows
    "iam:ListVirtualMFADevices": {"AMMP-03"},
    "kms:DescribeKey": {"CAS-07", "CAS-09", "CT-05", "SQS-05"},
    "kms:GetKeyPolicy": {"CAS-07", "CAS-09", "SQS-05"},
    "logs:DescribeMetricFilters": {"CT-08"},
    "organizations:DescribeOrganization": set(),  # no policy of the two accounts names an organisation
    "s3:GetAccountPublicAccessBlock": {"CAS-06"},
    "s3:GetBucketAcl": {"CAS-06"},
    "s3:GetBucketLocation": set(),  # the list of buckets tells where they are
    "s3:GetBucketObjectLockConfiguration": {"CT-07"},
    "s3:GetBucketOwnershipControls": set(),  # no ACL lets anybody in, be ACLs on or off
    "s3:GetBucketPolicy": BUCKETS - {"CT-07"},
    "s3:GetBucketPolicyStatus": {"CAS-06"},
    "s3:GetBucketPublicAccessBlock": {"CAS-06"},
    "s3:GetBucketVersioning": set(),  # the log bucket that is safe has a lock
    "s3:GetEncryptionConfiguration": {"CAS-03", "CAS-07"},
    "s3:GetLifecycleConfiguration": {"CT-07"},
    "s3:ListAllMyBuckets": BUCKETS,
    "s3:ListBucket": {"PSC-02"},
    "sns:GetTopicAttributes": {"CAS-03", "CAS-09"},
    "sns:ListSubscriptions": QUEUES | {"CAS-09", "SQS-01"},
    "sns:ListTopics": {"CAS-03", "CAS-09"},
    "sqs:GetQueueAttributes": QUEUES,
    "sqs:ListQueues": QUEUES,
}
"""Which controls cannot be assessed wholly without an action, in one of the two accounts."""

EACH_WHOLE = "DENIALS_WHOLE" in os.environ  # for a long run
WHOLLY = [
    "iam:GetCredentialReport",  # waited for
    "iam:GetPolicyVersion",  # one by one, of what another call names
    "s3:GetBucketPolicy",  # refused in S3's own way
    *(one for one in TOUCHED if EACH_WHOLE),
]
"""Actions that are denied to whole scans, too."""

NOT_ASKED = {"iam:ListAccessKeys", "s3:GetBucketLocation"}
"""Actions that neither account gives a reason to use."""


def enter(fake_aws: FakeAws) -> list[Visit]:
    """Both accounts, each with the role of our template."""
    fake_aws.seed("everything")
    arns = [
        fake_aws.create_scan_role(
            account=account, external_id=EXTERNAL_ID, policy_document=policy_document()
        )
        for account in (larkfield.ACCOUNT, brightwater.ACCOUNT)
    ]
    return [Visit(Role(arn, EXTERNAL_ID, "seller-posture-test")) for arn in arns]


@pytest.fixture(scope="module")
def entered(fake_aws_server: FakeAws) -> list[Visit]:
    """The accounts, made once: what is asked and what is denied changes nothing in them."""
    fake_aws_server.reset()
    return enter(fake_aws_server)


@pytest.fixture(scope="module")
def accounts(fake_aws_server: FakeAws, entered: list[Visit]) -> list[RememberedAccount]:
    """Both accounts, scanned once with all rights."""
    fake_aws_server.clear_faults()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in fake_aws_server.environment().items():
            patch.setenv(name, value)
        return [RememberedAccount(one.role, QUICK) for one in entered if one.role is not None]


@pytest.fixture
def aws(fake_aws_server: FakeAws, entered: list[Visit], monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """The fake AWS with both accounts, without what an earlier test denied."""
    for name, value in fake_aws_server.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws_server.clear_faults()
    return fake_aws_server


def test_the_table_names_every_action_and_nothing_else() -> None:
    assert set(TOUCHED) == set(ALL_ACTIONS)


def declaring(action: str) -> set[str]:
    """The ids of the controls that say that they read by an action."""
    return {one.id for one in every_control() if action in actions_of(one)}


def topics_of(controls: Collection[str]) -> set[Topic]:
    return {one.topic for one in every_control() if one.id in controls}


@pytest.mark.parametrize("action", sorted(TOUCHED))
def test_a_denied_action_is_named_by_the_controls_that_need_it_and_none_passes(
    aws: FakeAws, accounts: list[RememberedAccount], action: str
) -> None:
    declared = declaring(action)
    topics = topics_of(declared)
    aws.inject(Fault(kind="deny", action=action))
    after = [one.scan(topics=topics, at_stake={action}) for one in accounts]
    blind = [one for report in after for one in report.outcomes if one.missing]
    assert {one.control for one in blind} == TOUCHED[action]
    assert TOUCHED[action] <= declared
    assert all(action in one.missing_action for one in blind)
    gaps = {gap.action for report in after for gap in report.unobserved}
    assert gaps == {action} - NOT_ASKED
    for then, now in zip((one.before for one in accounts), after, strict=True):
        assert not softened(then, now)
        assert told(now, without=declared) == told(then, without=declared, topics=topics)
        for topic in topics:
            assert is_no_better(now.score.topics[topic], then.score.topics[topic])


@pytest.mark.parametrize("action", [None, *WHOLLY])
def test_a_whole_scan_says_what_the_remembered_one_says(
    aws: FakeAws, entered: list[Visit], accounts: list[RememberedAccount], action: str | None
) -> None:
    topics = topics_of(declaring(action)) if action else set(Topic)
    aws.inject(*(Fault(kind="deny", action=one) for one in [action] if one))
    for visit, account in zip(entered, accounts, strict=True):
        whole = scan(visit, topics=topics, now=account.now, limits=QUICK)
        remembered = account.scan(topics=topics, at_stake={action} if action else ())
        assert without_evidence(whole) == without_evidence(remembered)
        assert whole.unobserved == remembered.unobserved
        assert whole.score == remembered.score


def without_evidence(report: Report) -> list[Outcome]:
    """The outcomes but for what was seen, in which the moments of a trail move on."""
    return [replace(one, evidence=()) for one in report.outcomes]


def softened(then: Report, now: Report) -> list[tuple[str, str]]:
    """What looked bad or open before and looks better, milder or surer for the denial.

    A resource may be out of sight, but then its control says that it may have missed something.
    """
    unread = {one.control for one in now.outcomes if one.status is Status.NOT_ASSESSED}
    seen = {(one.control, one.resource): one for one in now.outcomes}
    return [
        (one.control, one.resource)
        for one in then.outcomes
        if one.status is Status.FAIL
        and one.topic in now.score.topics
        and not is_as_bad(seen.get((one.control, one.resource)), one, hidden=one.control in unread)
    ]


def is_as_bad(now: Outcome | None, then: Outcome, *, hidden: bool) -> bool:
    if now is None:
        return hidden
    if now.status is Status.FAIL:
        return now.severity.rank <= then.severity.rank
    return now.status is Status.NOT_ASSESSED


def told(
    report: Report, *, without: Collection[str], topics: Collection[Topic] = tuple(Topic)
) -> list[tuple[str, str, Status, str]]:
    """What a report says by the controls of some topics, but those that are left out."""
    return sorted(
        (one.control, one.resource, one.status, str(one.severity))
        for one in report.outcomes
        if one.topic in topics and one.control not in without
    )


def is_no_better(now: Part, then: Part) -> bool:
    return (now.low or 0) <= (then.low or 0) and (now.coverage or 0) <= (then.coverage or 0)


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:GetCallerIdentity"])
def test_an_account_that_cannot_be_entered_is_no_empty_account(
    aws: FakeAws, entered: list[Visit], action: str
) -> None:
    aws.inject(Fault(kind="deny", action=action))
    with pytest.raises(CannotReach) as refusal:
        scan(entered[0], limits=QUICK)
    assert refusal.value.advice
