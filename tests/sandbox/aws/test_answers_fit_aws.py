"""Each answer of our own fits AWS's model of it and reaches a real boto3 client whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore import xform_name

from sandbox.aws import answers
from sandbox.aws.asking import Ask
from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import larkfield
from tests.sandbox.aws.clients import admin_keys, client, role_keys, text

NAME = "MarketplaceCommerceAnalyticsRole"
IMAGE, SNAPSHOT = "ami-0ed6e0210000000a1", "snap-0ed6e014000000a30"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{larkfield.ACCOUNT}/larkfield-gateway-events"
TOPIC = f"arn:aws:sns:us-east-1:{larkfield.ACCOUNT}:marketplace-reports"
POLICY = f"arn:aws:iam::{larkfield.ACCOUNT}:policy/larkfield-marketplace-all"
CATALOG = {"Catalog": "AWSMarketplace"}
BUCKET = {"Bucket": "larkfield-audit-logs"}
ROLE = f"arn:aws:iam::{larkfield.ACCOUNT}:role/{NAME}"
PERMISSION = {"Attribute": "createVolumePermission", "SnapshotId": SNAPSHOT}

# What each of our calls is asked in this test; a call missing here fails the test.
ASKED: dict[tuple[str, str], dict[str, Any]] = {
    ("account", "PutAlternateContact"): {
        "AlternateContactType": "SECURITY", "Name": "A", "Title": "B", "EmailAddress": "a@example.com", "PhoneNumber": "1",
    },
    ("account", "GetAlternateContact"): {"AlternateContactType": "SECURITY"},
    ("cloudtrail", "GetTrailStatus"): {"Name": "larkfield-audit"},
    ("cloudtrail", "GetEventSelectors"): {"TrailName": "larkfield-audit"},
    ("cloudtrail", "PutEventSelectors"): {
        "TrailName": "larkfield-audit",
        "EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}],
    },
    ("cloudtrail", "CreateTrail"): {"Name": "second-trail", "S3BucketName": "larkfield-audit-logs"},
    ("cloudtrail", "UpdateTrail"): {"Name": "larkfield-audit", "IsMultiRegionTrail": True},
    ("cloudtrail", "StartLogging"): {"Name": "larkfield-audit"},
    ("cloudtrail", "StopLogging"): {"Name": "larkfield-audit"},
    ("cloudtrail", "DeleteTrail"): {"Name": "larkfield-audit"},
    ("cloudtrail", "GetEventDataStore"): {"EventDataStore": "lake"},
    ("ec2", "DescribeImageAttribute"): {"ImageId": IMAGE, "Attribute": "launchPermission"},
    ("ec2", "DescribeSnapshotAttribute"): PERMISSION,
    ("ec2", "EnableImageBlockPublicAccess"): {"ImageBlockPublicAccessState": "block-new-sharing"},
    ("ec2", "EnableSnapshotBlockPublicAccess"): {"State": "block-all-sharing"},
    ("ec2", "ModifyImageAttribute"): {"ImageId": IMAGE, "LaunchPermission": {"Remove": [{"Group": "all"}]}},
    ("ec2", "ModifySnapshotAttribute"): PERMISSION | {"OperationType": "remove", "UserIds": [larkfield.FOREIGN]},
    ("ec2", "DeregisterImage"): {"ImageId": IMAGE},
    ("ec2", "DeleteSnapshot"): {"SnapshotId": "snap-0unused"},
    ("events", "ListTargetsByRule"): {"Rule": "watch"},
    ("iam", "GetPolicy"): {"PolicyArn": POLICY},
    ("iam", "GetPolicyVersion"): {"PolicyArn": POLICY, "VersionId": "v1"},
    ("iam", "AttachUserPolicy"): {"UserName": "tom.reyes", "PolicyArn": POLICY},
    ("iam", "AttachGroupPolicy"): {"GroupName": "portal-publishers", "PolicyArn": POLICY},
    ("iam", "AttachRolePolicy"): {"RoleName": NAME, "PolicyArn": POLICY},
    ("iam", "PutUserPermissionsBoundary"): {"UserName": "tom.reyes", "PermissionsBoundary": POLICY},
    ("iam", "DeleteUserPermissionsBoundary"): {"UserName": "tom.reyes"},
    ("iam", "CreateLoginProfile"): {"UserName": "release-bot", "Password": "long-enough-for-a-test"},
    ("iam", "UpdateLoginProfile"): {"UserName": "tom.reyes", "Password": "long-enough-for-a-test"},
    ("iam", "ListAccessKeys"): {"UserName": "release-bot"},
    ("kms", "DescribeKey"): {"KeyId": "alias/aws/sqs"},
    ("kms", "GetKeyPolicy"): {"KeyId": "alias/aws/sqs", "PolicyName": "default"},
    ("marketplace-catalog", "ListEntities"): CATALOG | {"EntityType": "AmiProduct"},
    ("marketplace-catalog", "ListChangeSets"): CATALOG,
    ("marketplace-catalog", "DescribeEntity"): CATALOG | {"EntityId": "prod-larkgateway01"},
    ("marketplace-catalog", "BatchDescribeEntities"): {
        "EntityRequestList": [CATALOG | {"EntityId": "prod-larkgateway01"}, CATALOG | {"EntityId": "prod-missing"}],
    },
    ("s3", "GetBucketEncryption"): BUCKET,
    ("s3", "GetBucketPolicyStatus"): BUCKET,
    ("sns", "GetTopicAttributes"): {"TopicArn": TOPIC},
    ("sns", "SetTopicAttributes"): {"TopicArn": TOPIC, "AttributeName": "DisplayName", "AttributeValue": "x"},
    ("sns", "CreateTopic"): {"Name": "second"},
    ("sns", "DeleteTopic"): {"TopicArn": TOPIC},
    ("sns", "ListSubscriptionsByTopic"): {"TopicArn": TOPIC},
    ("sns", "Subscribe"): {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@example.com"},
    ("sns", "Unsubscribe"): {"SubscriptionArn": f"{TOPIC}:none"},
    ("sqs", "GetQueueUrl"): {"QueueName": "internal-jobs"},
    ("sqs", "GetQueueAttributes"): {"QueueUrl": QUEUE, "AttributeNames": ["All"]},
    ("sqs", "SetQueueAttributes"): {"QueueUrl": QUEUE, "Attributes": {"VisibilityTimeout": "60"}},
    ("sqs", "CreateQueue"): {"QueueName": "second"},
    ("sqs", "DeleteQueue"): {"QueueUrl": QUEUE},
    ("sqs", "RemovePermission"): {"QueueUrl": QUEUE, "Label": "partner"},
    ("sqs", "ListQueueTags"): {"QueueUrl": QUEUE},
}  # fmt: skip
# Answered without parameters.
PLAIN = {
    "DescribeTrails", "ListTrails", "LookupEvents", "ListEventDataStores", "DescribeRegions", "DescribeFpgaImages",
    "GetImageBlockPublicAccessState", "DisableImageBlockPublicAccess", "GetSnapshotBlockPublicAccessState",
    "DisableSnapshotBlockPublicAccess", "GetEbsEncryptionByDefault", "EnableEbsEncryptionByDefault",
    "DisableEbsEncryptionByDefault", "DescribeImages", "DescribeSnapshots", "ListRules", "GetAccountSummary",
    "GenerateCredentialReport", "GetCredentialReport", "ListVirtualMFADevices", "GetAccountAuthorizationDetails",
    "DescribeOrganization", "ListTopics", "ListSubscriptions", "ListQueues", "GetCallerIdentity",
}  # fmt: skip
# Not answered but refused: they would make what only seeds make.
REFUSED = {
    "RegisterImage", "CopyImage", "CreateImage", "CreateSnapshot", "CreateSnapshots", "CopySnapshot", "ImportSnapshot",
    "ImportImage", "AssumeRole",
}  # fmt: skip


def test_every_call_of_ours_is_asked_below() -> None:
    known = {name for _, name in ASKED} | PLAIN | REFUSED
    assert {name for _, name in answers.own_calls()} == known


@pytest.fixture
def larkfield_account(fake_aws: FakeAws) -> FakeAws:
    """Larkfield with what it lacks for each answer to have something in it."""
    fake_aws.seed("larkfield")
    fake_aws.change_state(
        larkfield.ACCOUNT,
        organization={"Id": "o-1", "FeatureSet": "ALL"},
        data_stores=[
            {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/lake", "name": "lake"}
        ],
        contacts={"SECURITY": {"Name": "A", "EmailAddress": "a@example.com"}},
    )
    fake_aws.state(larkfield.ACCOUNT).root.mfa = "virtual"
    keys = admin_keys(fake_aws, larkfield.ACCOUNT)
    events = client(fake_aws, "events", keys)
    events.put_rule(
        Name="watch",
        EventPattern=text({"source": ["aws.agreement-marketplace"]}),
        Description="<b>",
    )
    events.put_targets(
        Rule="watch",
        Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:111122223333:internal-jobs"}],
    )
    policy = text(
        {
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
            ]
        }
    )
    client(fake_aws, "s3", keys).put_bucket_policy(Bucket=BUCKET["Bucket"], Policy=policy)
    here = fake_aws.state(larkfield.ACCOUNT).region("us-east-1")
    here.snapshots["snap-0unused"] = here.snapshots["snap-0ed6e021000000a10"]
    here.snapshots["snap-0unused"].id = "snap-0unused"
    return fake_aws


OWN = [call for call in answers.own_calls() if call[1] not in REFUSED]


@pytest.mark.parametrize(("service", "operation"), OWN, ids=[":".join(call) for call in OWN])
def test_what_we_answer_arrives_whole(
    larkfield_account: FakeAws, service: str, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = larkfield_account
    if operation == "GetCredentialReport":
        _make_report(fake)
    said: list[Any] = []
    table = answers._BY_SERVICE[service]

    def listen(ask: Ask, handler: Any = table[operation]) -> Any:
        said.append(handler(ask))
        return said[-1]

    monkeypatch.setitem(table, operation, listen)
    asked = getattr(
        client(fake, service, admin_keys(fake, larkfield.ACCOUNT)), xform_name(operation)
    )
    heard = asked(**ASKED.get((service, operation), {}))
    heard.pop("ResponseMetadata")
    assert len(said) == 1
    if said[0] is not None:
        assert list(_differences("", _present(said[0]), heard)) == []


def _make_report(fake: FakeAws) -> None:
    iam = client(fake, "iam", admin_keys(fake, larkfield.ACCOUNT))
    for _ in range(2):
        iam.generate_credential_report()


def _present(value: Any) -> Any:
    # Members that are None are absent; empty lists of XML answers arrive as empty lists.
    if isinstance(value, dict):
        return {key: _present(item) for key, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, list) else value


def _differences(path: str, said: Any, heard: Any) -> Iterator[str]:
    if isinstance(said, dict) and isinstance(heard, dict):
        for key in said.keys() | heard.keys():
            yield from _differences(f"{path}.{key}", said.get(key), heard.get(key))
    elif isinstance(said, list) and isinstance(heard, list) and len(said) == len(heard):
        for number, (one, other) in enumerate(zip(said, heard, strict=True)):
            yield from _differences(f"{path}[{number}]", one, other)
    elif isinstance(said, datetime) and isinstance(heard, datetime):
        if said != heard:
            yield f"{path}: said {said}, heard {heard}"
    elif not _alike(said, heard):
        yield f"{path}: said {said!r}, heard {heard!r}"


def _alike(said: Any, heard: Any) -> bool:
    if isinstance(heard, dict) and isinstance(said, str):
        return True  # botocore decodes IAM's policy documents
    return bool(said == heard) or (
        not said and not heard and said is not False and heard is not False
    )


def test_a_role_session_is_answered_in_the_same_way(larkfield_account: FakeAws) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}]}
    keys = role_keys(larkfield_account, policy, larkfield.ACCOUNT)
    summary = client(larkfield_account, "iam", keys).get_account_summary()["SummaryMap"]
    assert summary["AccountMFAEnabled"] == 1
