"""A scan reads what its topics need, beside each other, and survives a collector that breaks."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from scanner.aws import Answer, CannotReach, Kind, Stopped, Trouble
from scanner.collect import plan
from scanner.collect.plan import (
    ACTIONS,
    ALL_ACTIONS,
    KINDS,
    Plan,
    actions_for,
    botocore_names,
    collect,
    services_for,
)
from scanner.collect.progress import Picture, Progress
from scanner.controls import every_control
from scanner.facts.gaps import gaps_in
from scanner.facts.profile import CAS_ACCOUNT, Profile
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ, unread
from scanner.vocabulary import Unobserved, gaps, seen
from tests.builders import NOW, OWN
from tests.fakes import DENIED, FakeAws, Reply

MESSAGES: dict[str, Reply] = {
    "sns:ListSubscriptions": {"Subscriptions": []},
    "sns:ListTopics": {"Topics": []},
    "events:ListRules": {"Rules": []},
    "sqs:ListQueues": {"QueueUrls": []},
}


def absent(code: str) -> Trouble:
    return Trouble(code, Kind.OTHER)


GROUP = f"arn:aws:logs:us-east-1:{OWN}:log-group:trail:*"
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/0b01d000-0000-4000-8000-00000000000b"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:orders"
TOPIC = f"arn:aws:sns:us-east-1:{OWN}:reports"
PRODUCT_TOPIC = "arn:aws:sns:us-east-1:287250355862:aws-mp-subscription-notification-abc"
INSTANCE_PROFILE = f"arn:aws:iam::{OWN}:instance-profile/meter"


def document(*statements: Answer) -> str:
    """A policy as the text that IAM sends."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def of_role(name: str, trusted: Answer, may: Answer) -> Answer:
    """A role as IAM lists it, with one statement per action and its resource."""
    allowed = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in may.items()]
    return {
        "RoleName": name,
        "Arn": f"arn:aws:iam::{OWN}:role/{name}",
        "Path": "/",
        "CreateDate": NOW,
        "AssumeRolePolicyDocument": document(
            {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        ),
        "RolePolicyList": [{"PolicyName": "may", "PolicyDocument": document(*allowed)}],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [{"Arn": INSTANCE_PROFILE}] if name == "meter" else [],
        "Tags": [],
    }


DELIVERY = of_role(
    "delivery",
    {"AWS": f"arn:aws:iam::{CAS_ACCOUNT}:root"},
    {
        "s3:PutObject": "arn:aws:s3:::reports/*",
        "sns:Publish": TOPIC.replace("us-east-1", "eu-west-1"),
    },
)
METER = of_role("meter", {"Service": "ec2.amazonaws.com"}, {"aws-marketplace:MeterUsage": "*"})
DETAILS = {
    "UserDetailList": [],
    "GroupDetailList": [],
    "RoleDetailList": [DELIVERY, METER],
    "Policies": [],
}
TRAIL = {
    "TrailARN": f"arn:aws:cloudtrail:us-east-1:{OWN}:trail/audit",
    "Name": "audit",
    "HomeRegion": "us-east-1",
    "IsMultiRegionTrail": True,
    "S3BucketName": "logs",
    "KmsKeyId": KEY,
    "CloudWatchLogsLogGroupArn": GROUP,
}
NO_BLOCK = absent("NoSuchPublicAccessBlockConfiguration")
METADATA = {"Arn": KEY, "KeyManager": "CUSTOMER", "Enabled": True, "KeyState": "Enabled"}
ACCOUNT: dict[str, Reply] = {
    **MESSAGES,
    "iam:GetAccountSummary": DENIED,
    "iam:GenerateCredentialReport": DENIED,
    "iam:GetAccountAuthorizationDetails": DETAILS,
    "iam:GetAccountPasswordPolicy": absent("NoSuchEntity"),
    "iam:ListVirtualMFADevices": {"VirtualMFADevices": []},
    "aws-marketplace:ListEntities": {"EntitySummaryList": []},
    "aws-marketplace:ListChangeSets": {"ChangeSetSummaryList": []},
    "sns:ListSubscriptions": lambda region, params: {
        "Subscriptions": [
            {
                "SubscriptionArn": "a",
                "TopicArn": PRODUCT_TOPIC,
                "Protocol": "sqs",
                "Endpoint": QUEUE,
            }
        ]
    },
    "sqs:ListQueues": {"QueueUrls": [f"https://sqs.us-east-1.amazonaws.com/{OWN}/orders"]},
    "sqs:GetQueueAttributes": {"Attributes": {"QueueArn": QUEUE, "KmsMasterKeyId": "alias/queues"}},
    "ec2:DescribeRegions": {"Regions": [{"RegionName": "us-east-1"}]},
    "ec2:DescribeImages": {"Images": []},
    "ec2:DescribeSnapshots": {"Snapshots": []},
    "ec2:GetImageBlockPublicAccessState": {"ImageBlockPublicAccessState": "unblocked"},
    "ec2:GetSnapshotBlockPublicAccessState": {"State": "unblocked"},
    "ec2:GetEbsEncryptionByDefault": {"EbsEncryptionByDefault": True},
    "ec2:DescribeInstances": {"Reservations": []},
    "ec2:DescribeFpgaImages": {"FpgaImages": []},
    "cloudtrail:DescribeTrails": {"trailList": [TRAIL]},
    "cloudtrail:GetTrailStatus": {"IsLogging": True},
    "cloudtrail:GetEventSelectors": {"EventSelectors": []},
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "cloudtrail:LookupEvents": {"Events": []},
    "s3:GetAccountPublicAccessBlock": NO_BLOCK,
    "s3:ListAllMyBuckets": {
        "Buckets": [
            {"Name": name, "BucketRegion": "us-east-1"} for name in ("reports", "logs", "own")
        ]
    },
    "s3:GetBucketPolicy": absent("NoSuchBucketPolicy"),
    "s3:GetBucketPublicAccessBlock": NO_BLOCK,
    "s3:GetBucketAcl": {"Grants": []},
    "s3:GetBucketOwnershipControls": absent("OwnershipControlsNotFoundError"),
    "s3:GetEncryptionConfiguration": absent("ServerSideEncryptionConfigurationNotFoundError"),
    "s3:GetBucketVersioning": {},
    "s3:GetLifecycleConfiguration": absent("NoSuchLifecycleConfiguration"),
    "s3:GetBucketObjectLockConfiguration": absent("ObjectLockConfigurationNotFoundError"),
    "s3:ListBucket": {"IsTruncated": False},
    "kms:DescribeKey": {"KeyMetadata": METADATA},
    "kms:GetKeyPolicy": {"Policy": '{"Statement": []}'},
    "organizations:DescribeOrganization": absent("AWSOrganizationsNotInUseException"),
    "account:GetAlternateContact": absent("ResourceNotFoundException"),
    "cloudwatch:GetMetricData": lambda region, params: {
        "MetricDataResults": [
            {"Id": one["Id"], "StatusCode": "Complete", "Timestamps": [], "Values": []}
            for one in params["MetricDataQueries"]
        ]
    },
    "cloudwatch:DescribeAlarms": {"MetricAlarms": []},
    "logs:DescribeMetricFilters": {"metricFilters": []},
}
"""An account with a delivery role, a metering role, a trail, a queue and three buckets."""


def a_plan(*services: str) -> Plan:
    return Plan(services_for(services), Profile(), NOW)


def quietly(picture: Picture) -> None:
    """Nobody watches."""


def test_every_service_of_the_snapshot_can_be_read() -> None:
    own = {"account", "now", "profile", "topics", "scan_role"}
    fields = set(Snapshot.__dataclass_fields__) - own
    assert set(KINDS) == set(ACTIONS) == fields


def test_controls_read_every_service_that_can_be_collected_and_no_other() -> None:
    read = {name for control in every_control() for name in control.services}
    assert read == KINDS.keys()


def test_queues_bring_along_what_names_them() -> None:
    assert services_for(["sqs"]) == {"sqs", "sns", "events"}


def test_actions_are_those_of_the_services() -> None:
    assert actions_for(["sns", "events"]) == (
        "events:ListRules", "events:ListTargetsByRule",
        "sns:GetTopicAttributes", "sns:ListSubscriptions", "sns:ListTopics",
    )  # fmt: skip
    assert set(ALL_ACTIONS) == {action for actions in ACTIONS.values() for action in actions}


def test_models_are_loaded_under_the_names_of_botocore() -> None:
    assert botocore_names(["s3", "catalog", "iam", "contacts"]) == (
        "account", "iam", "marketplace-catalog", "s3", "s3control",
    )  # fmt: skip


def test_services_that_nobody_asked_for_stay_unread() -> None:
    aws = FakeAws(MESSAGES)
    facts = collect(aws, a_plan("sns"), Progress(quietly))
    assert aws.times() == {"sns:ListSubscriptions": 1, "sns:ListTopics": 1}
    assert facts["iam"] == unread(KINDS["iam"])
    assert facts["iam"].users == NOT_READ


def test_a_collector_that_breaks_is_a_gap_and_the_others_are_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(region: str, params: object) -> dict[str, object]:
        raise ZeroDivisionError

    aws = FakeAws({**MESSAGES, "sns:ListSubscriptions": broken})
    facts = collect(aws, a_plan("sqs"), Progress(quietly))
    gap = facts["sns"].subscriptions
    assert isinstance(gap, Unobserved)
    assert gap.error == plan.BROKEN
    assert facts["events"].rules == ()
    assert "ZeroDivisionError" in caplog.text


def test_a_scan_that_is_stopped_stops() -> None:
    with pytest.raises(Stopped):
        collect(FakeAws(MESSAGES, stop=lambda: True), a_plan("sqs", "sns"), Progress(quietly))


def test_an_account_that_cannot_be_reached_any_more_ends_the_scan() -> None:
    expired = Trouble("ExpiredToken", Kind.EXPIRED)
    replies: dict[str, Reply] = dict.fromkeys(MESSAGES, expired)
    aws = FakeAws({**replies, "sts:GetCallerIdentity": expired})
    with pytest.raises(CannotReach):
        collect(aws, a_plan("sqs"), Progress(quietly))


def test_progress_shows_every_service_from_waiting_to_read() -> None:
    pictures: list[Picture] = []
    collect(
        FakeAws({**MESSAGES, "events:ListRules": DENIED}), a_plan("sqs"), Progress(pictures.append)
    )
    first = {row["service"]: row["state"] for row in pictures[0]["services"]}
    last = {row["service"]: row["state"] for row in pictures[-1]["services"]}
    assert set(first) == {"SNS", "EventBridge", "SQS"}
    assert first["SQS"] == "waiting"
    assert last == {"SNS": "read", "EventBridge": "gaps", "SQS": "read"}


def everything(**changed: Reply) -> FakeAws:
    return FakeAws(ACCOUNT | {name.replace("_", ":", 1): said for name, said in changed.items()})


def test_what_one_service_names_another_is_asked_about() -> None:
    aws = everything()
    facts = collect(aws, a_plan(*KINDS), Progress(quietly))
    buckets = {one.name: one for one in seen(facts["s3"].buckets)}
    assert {name for name, one in buckets.items() if one.block != NOT_READ} == {"reports", "logs"}
    assert {name for name, one in buckets.items() if one.contacts != NOT_READ} == {"reports"}
    assert {key.reference for key in seen(facts["kms"].keys)} == {KEY, "alias/queues"}
    asked = {(action, region) for action, region, _ in aws.asked}
    assert ("sns:ListTopics", "eu-west-1") in asked
    assert QUEUE in facts["cloudwatch"].queues
    filters = next(params for action, _, params in aws.asked if action == "ec2:DescribeInstances")
    assert filters["Filters"][0]["Values"] == [INSTANCE_PROFILE]
    groups = {
        params["logGroupName"] for action, _, params in aws.asked if action.startswith("logs")
    }
    assert groups == {"trail"}
    read = {gap.action for name in KINDS for gap in gaps_in(facts[name])}
    assert read == {"iam:GetAccountSummary", "iam:GenerateCredentialReport"}


def held_back(reply: Reply, until: threading.Event) -> Reply:
    """An answer that comes only after something else was asked."""

    def late(region: str, params: Answer) -> Answer:
        assert until.wait(10), "nobody asked meanwhile"
        if isinstance(reply, Trouble):
            raise reply
        return reply(region, params) if callable(reply) else reply

    return late


def noted(reply: Reply, event: threading.Event) -> Reply:
    """An answer that says that it was asked for."""

    def at_once(region: str, params: Answer) -> Answer:
        event.set()
        if isinstance(reply, Trouble):
            raise reply
        return reply(region, params) if callable(reply) else reply

    return at_once


@pytest.mark.parametrize(
    ("slow", "meanwhile"),
    [
        ("iam:GetAccountAuthorizationDetails", "sqs:GetQueueAttributes"),
        ("iam:GetAccountAuthorizationDetails", "cloudwatch:GetMetricData"),
        ("iam:GetAccountAuthorizationDetails", "s3:GetBucketPolicy"),
        ("iam:GetAccountAuthorizationDetails", "kms:GetKeyPolicy"),
        ("iam:GetAccountAuthorizationDetails", "ec2:DescribeImages"),
        ("cloudtrail:LookupEvents", "logs:DescribeMetricFilters"),
        ("cloudtrail:LookupEvents", "cloudwatch:DescribeAlarms"),
        ("cloudtrail:LookupEvents", "s3:GetBucketAcl"),
        ("sqs:ListQueues", "cloudwatch:DescribeAlarms"),
        ("aws-marketplace:ListEntities", "s3:GetBucketAcl"),
    ],
)
def test_nothing_waits_for_more_than_the_names_that_it_needs(slow: str, meanwhile: str) -> None:
    asked = threading.Event()
    changed = {slow: held_back(ACCOUNT[slow], asked), meanwhile: noted(ACCOUNT[meanwhile], asked)}
    facts = collect(FakeAws(ACCOUNT | changed), a_plan(*KINDS), Progress(quietly))
    assert set(facts) == set(KINDS)


@pytest.mark.parametrize("service", sorted(KINDS))
def test_a_collector_that_breaks_holds_nobody_up(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(getattr(plan, service), "collect", broken)
    facts = collect(everything(), a_plan(*KINDS), Progress(quietly))
    assert {gap.error for gap in gaps_in(facts[service])} == {plan.BROKEN}
    own = {gap.detail for name in KINDS for gap in gaps_in(facts[name]) if gap.error == plan.BROKEN}
    assert own == {f"a fault of ours while reading {service}"}


@pytest.mark.parametrize("service", sorted(KINDS))
def test_a_service_alone_waits_for_nobody(service: str) -> None:
    facts = collect(everything(), Plan(frozenset({service}), Profile(), NOW), Progress(quietly))
    for name in KINDS:
        assert (facts[name] == unread(KINDS[name])) == (name != service)


def test_the_end_of_the_scan_reaches_those_who_wait() -> None:
    expired = Trouble("ExpiredToken", Kind.EXPIRED)
    aws = everything(iam_GetAccountAuthorizationDetails=expired, sts_GetCallerIdentity=expired)
    with pytest.raises(CannotReach):
        collect(aws, a_plan(*KINDS), Progress(quietly))


def test_regions_that_cannot_be_told_leave_home() -> None:
    facts = collect(everything(ec2_DescribeRegions=DENIED), a_plan(*KINDS), Progress(quietly))
    assert [gap.action for gap in gaps(facts["ec2"].regions)] == ["ec2:DescribeRegions"]
    assert [trail.name for trail in seen(facts["cloudtrail"].trails)] == ["audit"]
