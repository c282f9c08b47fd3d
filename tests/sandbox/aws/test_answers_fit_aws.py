"""Each answer of our own fits AWS's model of it and reaches a real boto3 client whole."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name
from moto.backends import get_backend

from sandbox.aws import answers
from sandbox.aws.asking import Ask
from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import larkfield
from sandbox.aws.state import Assessment, ChangeSet, Instance
from tests.sandbox.aws.clients import Keys, admin_keys, client, role_keys, text

NAME = "MarketplaceCommerceAnalyticsRole"
IMAGE, SNAPSHOT = "ami-0ed6e0210000000a1", "snap-0ed6e014000000a30"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{larkfield.ACCOUNT}/larkfield-gateway-events"
TOPIC = f"arn:aws:sns:us-east-1:{larkfield.ACCOUNT}:marketplace-reports"
POLICY = f"arn:aws:iam::{larkfield.ACCOUNT}:policy/larkfield-marketplace-all"
CATALOG = {"Catalog": "AWSMarketplace"}
BUCKET = {"Bucket": "larkfield-audit-logs"}
KEY = "0b01d000-0000-4000-8000-00000000000c"
DOOMED = "0b01d000-0000-4000-8000-00000000000d"
AWS_KEY = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{larkfield.ACCOUNT} us-east-1 sqs"))
ROLE = f"arn:aws:iam::{larkfield.ACCOUNT}:role/{NAME}"
PERMISSION = {"Attribute": "createVolumePermission", "SnapshotId": SNAPSHOT}
INSTANCE = "i-0ed6e0210000000a1"
METRICS = {
    "StartTime": datetime(2026, 1, 1, tzinfo=UTC),
    "EndTime": datetime(2038, 1, 1, tzinfo=UTC),
    "MetricDataQueries": [
        {
            "Id": "sent",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "NumberOfMessagesSent",
                    "Dimensions": [{"Name": "QueueName", "Value": "internal-jobs"}],
                },
                "Period": 3600,
                "Stat": "Sum",
            },
        }
    ],
}
FILTER = {
    "logGroupName": "trail",
    "filterName": "changes",
    "filterPattern": "{ $.eventName = StartChangeSet }",
    "metricTransformations": [
        {"metricName": "Changes", "metricNamespace": "Seller", "metricValue": "1"}
    ],
}

# What each of our calls is asked in this test; a call missing here fails the test.
ASKED: dict[tuple[str, str], dict[str, Any]] = {
    ("account", "PutAlternateContact"): {
        "AlternateContactType": "SECURITY", "Name": "A", "Title": "B", "EmailAddress": "a@example.com", "PhoneNumber": "1",
    },
    ("account", "GetAlternateContact"): {"AlternateContactType": "SECURITY"},
    ("cloudtrail", "GetTrail"): {"Name": "larkfield-audit"},
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
    ("cloudtrail", "UpdateEventDataStore"): {"EventDataStore": "lake", "RetentionPeriod": 400},
    ("cloudwatch", "GetMetricData"): METRICS,
    ("ec2", "DescribeImageAttribute"): {"ImageId": IMAGE, "Attribute": "launchPermission"},
    ("ec2", "DescribeSnapshotAttribute"): PERMISSION,
    ("ec2", "EnableImageBlockPublicAccess"): {"ImageBlockPublicAccessState": "block-new-sharing"},
    ("ec2", "EnableSnapshotBlockPublicAccess"): {"State": "block-all-sharing"},
    ("ec2", "ModifyImageAttribute"): {"ImageId": IMAGE, "LaunchPermission": {"Remove": [{"Group": "all"}]}},
    ("ec2", "ModifySnapshotAttribute"): PERMISSION | {"OperationType": "remove", "UserIds": [larkfield.FOREIGN]},
    ("ec2", "DeregisterImage"): {"ImageId": IMAGE},
    ("ec2", "EnableImageDeprecation"): {"ImageId": IMAGE, "DeprecateAt": datetime(2030, 1, 1, tzinfo=UTC)},
    ("ec2", "DisableImageDeprecation"): {"ImageId": IMAGE},
    ("ec2", "EnableImage"): {"ImageId": IMAGE},
    ("ec2", "DisableImage"): {"ImageId": IMAGE},
    ("ec2", "ModifyInstanceMetadataOptions"): {"InstanceId": INSTANCE, "HttpTokens": "required"},
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
    ("kms", "GetKeyPolicy"): {"KeyId": AWS_KEY, "PolicyName": "default"},
    ("kms", "PutKeyPolicy"): {"KeyId": KEY, "PolicyName": "default", "Policy": '{"Statement": []}'},
    ("kms", "EnableKey"): {"KeyId": KEY},
    ("kms", "DisableKey"): {"KeyId": KEY},
    ("kms", "ScheduleKeyDeletion"): {"KeyId": KEY, "PendingWindowInDays": 7},
    ("kms", "CancelKeyDeletion"): {"KeyId": DOOMED},
    ("logs", "DescribeMetricFilters"): {"logGroupName": "trail"},
    ("logs", "PutMetricFilter"): FILTER,
    ("marketplace-catalog", "ListAssessments"): CATALOG | {"AssessmentTargetFilter": {"EntityId": "prod-larkgateway01"}},
    ("marketplace-catalog", "DescribeAssessment"): CATALOG | {"AssessmentIdentifier": "assessment-1"},
    ("marketplace-catalog", "DescribeChangeSet"): CATALOG | {"ChangeSetId": "cs-1"},
    ("marketplace-catalog", "StartChangeSet"): CATALOG | {
        "ChangeSet": [
            {
                "ChangeType": "RestrictDeliveryOptions",
                "Entity": {"Type": "AmiProduct@1.0", "Identifier": "prod-larkgateway01"},
                "DetailsDocument": {"DeliveryOptionIds": ["delivery-1"]},
            }
        ]
    },
    ("marketplace-catalog", "ListEntities"): CATALOG | {"EntityType": "AmiProduct"},
    ("marketplace-catalog", "ListChangeSets"): CATALOG,
    ("marketplace-catalog", "DescribeEntity"): CATALOG | {"EntityId": "prod-larkgateway01"},
    ("marketplace-catalog", "BatchDescribeEntities"): {
        "EntityRequestList": [CATALOG | {"EntityId": "prod-larkgateway01"}, CATALOG | {"EntityId": "prod-missing"}],
    },
    ("s3", "CreateBucket"): {"Bucket": "second-bucket"},
    ("s3", "GetBucketEncryption"): BUCKET,
    ("s3", "GetBucketPolicyStatus"): BUCKET,
    ("s3", "GetBucketVersioning"): BUCKET,
    ("s3", "GetObjectLockConfiguration"): BUCKET,
    ("s3", "ListBuckets"): {"MaxBuckets": 1},
    ("s3", "PutBucketPolicy"): BUCKET | {"Policy": '{"Statement": []}'},
    ("s3", "PutBucketVersioning"): BUCKET | {"VersioningConfiguration": {"Status": "Enabled"}},
    ("s3", "PutObjectLockConfiguration"): BUCKET | {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ("s3control", "GetPublicAccessBlock"): {"AccountId": larkfield.ACCOUNT},
    ("s3control", "PutPublicAccessBlock"): {"AccountId": larkfield.ACCOUNT, "PublicAccessBlockConfiguration": {}},
    ("s3control", "DeletePublicAccessBlock"): {"AccountId": larkfield.ACCOUNT},
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
    "DescribeInstances", "DescribeAlarms", "DescribeOrganization", "ListTopics", "ListSubscriptions", "ListQueues", "GetCallerIdentity",
}  # fmt: skip
# Not answered but refused: they would make what only seeds make.
REFUSED = {
    "RegisterImage", "CopyImage", "CreateImage", "CreateSnapshot", "CreateSnapshots", "CopySnapshot", "ImportSnapshot",
    "ImportImage", "RunInstances", "AssumeRole",
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
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{BUCKET['Bucket']}/*",
                }
            ]
        }
    )
    s3 = client(fake_aws, "s3", keys)
    s3.put_bucket_policy(Bucket=BUCKET["Bucket"], Policy=policy)
    s3.put_bucket_versioning(Bucket=BUCKET["Bucket"], VersioningConfiguration={"Status": "Enabled"})
    lock = {"ObjectLockEnabled": "Enabled"}
    s3.put_object_lock_configuration(Bucket=BUCKET["Bucket"], ObjectLockConfiguration=lock)
    fake_aws.state(larkfield.ACCOUNT).public_access_block = {"BlockPublicAcls": True}
    backend = get_backend("kms")[larkfield.ACCOUNT]["us-east-1"]
    kms = client(fake_aws, "kms", keys)
    for key in (KEY, DOOMED):
        made = kms.create_key()["KeyMetadata"]["KeyId"]
        backend.keys[key] = backend.keys.pop(made)
        backend.keys[key].id = key
    kms.schedule_key_deletion(KeyId=DOOMED)
    _watch_what_changes(fake_aws, keys)
    here = fake_aws.state(larkfield.ACCOUNT).region("us-east-1")
    here.snapshots["snap-0unused"] = here.snapshots["snap-0ed6e021000000a10"]
    here.snapshots["snap-0unused"].id = "snap-0unused"
    return fake_aws


def _watch_what_changes(fake: FakeAws, keys: Keys) -> None:
    state = fake.state(larkfield.ACCOUNT)
    errors = [
        {"Code": "CVE_FOUND", "Message": "openssl", "Scope": [{"Name": "AMI_ID", "Value": IMAGE}]}
    ]
    control = {"ControlId": "c-1", "ControlAssessmentResult": "FAIL", "Errors": errors}
    state.assessments = [
        Assessment(
            "assessment-1", "prod-larkgateway01", "delivery-1", result="FAIL", controls=[control]
        )
    ]
    change = {
        "ChangeType": "AddDeliveryOptions",
        "Entity": {"Type": "AmiProduct@1.0", "Identifier": "prod-larkgateway01"},
        "Details": "{}",
        "ErrorDetailList": [{"ErrorCode": "SCAN_ERROR", "ErrorMessage": "openssl"}],
    }
    state.change_sets = [
        ChangeSet("cs-1", "2.2", entities=["prod-larkgateway01"], changes=[change])
    ]
    here = state.region("us-east-1")
    here.instances[INSTANCE] = Instance(
        INSTANCE, f"arn:aws:iam::{larkfield.ACCOUNT}:instance-profile/x"
    )
    here.fpga_images = ["afi-0ed6e0210000000a1"]
    here.queues["internal-jobs"].metrics["NumberOfMessagesSent"] = [3.0, 4.0]
    logs = client(fake, "logs", keys)
    logs.create_log_group(logGroupName="trail")
    logs.put_metric_filter(**FILTER)
    client(fake, "cloudwatch", keys).put_metric_alarm(
        AlarmName="changes", MetricName="Changes", Namespace="Seller", AlarmActions=[TOPIC],
        EvaluationPeriods=1, Period=300, Threshold=1.0, Statistic="Sum",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )  # fmt: skip


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
