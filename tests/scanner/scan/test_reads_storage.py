"""What was set through AWS's own calls arrives as facts; what is spoiled on its way never does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.faults import Fault
from scanner.aws import Limits, Role, Visit
from scanner.facts.gaps import gaps_in
from scanner.facts.profile import CAS_ACCOUNT, Profile
from scanner.facts.s3 import AclGrant, Bucket, PublicAccessBlock, Retention, Versioning
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.policy import Policy
from scanner.role import policy_document
from scanner.scan import scan
from scanner.vocabulary import Topic, seen
from tests.sandbox.aws.clients import ACCOUNT, EXTERNAL_ID, admin_keys, client

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws
    from sandbox.aws.faults import FaultKind

HOME, IRELAND = "us-east-1", "eu-west-1"
LIMITS = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=5.0, spaced=0.0)
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
TOPICS = (Topic.CAS, Topic.PSC, Topic.CT)


@pytest.fixture
def aws(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """An account with a delivery role, a bucket and a topic in Ireland, and one that nobody names."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    trusted = {"AWS": f"arn:aws:iam::{CAS_ACCOUNT}:root"}
    trust = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="delivery", AssumeRolePolicyDocument=document(trust))
    may = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": f"arn:aws:sns:{IRELAND}:{ACCOUNT}:reports"},
    ]  # fmt: skip
    iam.put_role_policy(RoleName="delivery", PolicyName="may", PolicyDocument=document(*may))
    keys = admin_keys(fake_aws)
    client(fake_aws, "s3", keys).create_bucket(Bucket="invoices")
    key = client(fake_aws, "kms", keys, IRELAND).create_key()["KeyMetadata"]["Arn"]
    sns = client(fake_aws, "sns", keys, IRELAND)
    sns.create_topic(Name="reports", Attributes={"KmsMasterKeyId": key})
    fill(client(fake_aws, "s3", keys, IRELAND), key)
    flags = {"RestrictPublicBuckets": True}
    client(fake_aws, "s3control", keys).put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=flags
    )
    fake_aws.force_pages({"s3:ListAllMyBuckets": 1})
    return fake_aws


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def fill(s3: Any, key: str) -> None:
    """Make the bucket of reports with a setting of every kind and leftover contacts."""
    name = {"Bucket": "reports"}
    place = {"LocationConstraint": IRELAND}
    s3.create_bucket(**name, CreateBucketConfiguration=place, ObjectOwnership="ObjectWriter")
    some = {"BlockPublicPolicy": True}
    s3.put_public_access_block(**name, PublicAccessBlockConfiguration=some)
    s3.put_bucket_acl(**name, ACL="public-read")
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    s3.put_bucket_policy(**name, Policy=document(everyone | {"Resource": "arn:aws:s3:::reports/*"}))
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(**name, ServerSideEncryptionConfiguration=rules)
    versioning = {"Status": "Enabled", "MFADelete": "Enabled"}
    s3.put_bucket_versioning(**name, VersioningConfiguration=versioning, MFA="serial 123456")
    for object_key in ("2020/customer_support_contacts_data+é.csv", "sales.csv"):
        s3.put_object(**name, Key=object_key, Body=b"")
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 2}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    s3.put_object_lock_configuration(**name, ObjectLockConfiguration=lock)
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "2020/", "Tags": [{"Key": "a", "Value": "b"}]}},
        "Expiration": {"Days": 30},
    }
    s3.put_bucket_lifecycle_configuration(**name, LifecycleConfiguration={"Rules": [rule]})


def a_snapshot(aws: FakeAws, profile: Profile | None = None) -> Snapshot:
    arn = aws.create_scan_role(
        account=ACCOUNT, external_id=EXTERNAL_ID, policy_document=policy_document()
    )
    visit = Visit(Role(arn, EXTERNAL_ID))
    return scan(visit, topics=TOPICS, profile=profile, limits=LIMITS).snapshot


def reports(snapshot: Snapshot) -> Bucket:
    return next(one for one in seen(snapshot.s3.buckets) if one.name == "reports")


def test_every_setting_arrives(aws: FakeAws) -> None:
    snapshot = a_snapshot(aws)
    bucket = reports(snapshot)
    assert isinstance(bucket.policy, Policy)
    assert (bucket.region, bucket.public_policy, bucket.ownership) == (
        IRELAND,
        True,
        "ObjectWriter",
    )
    assert bucket.block == PublicAccessBlock(block_policy=True)
    assert AclGrant(ALL_USERS, "READ") in seen(bucket.acl)
    assert bucket.versioning == Versioning("Enabled", mfa_delete=True)
    assert bucket.object_lock == Retention("GOVERNANCE", 730)
    (rule,) = seen(bucket.lifecycle)
    assert (rule.prefix, rule.narrowed, rule.expires_days) == ("2020/", True, 30)
    (file,) = seen(bucket.contacts)
    assert file.key == "2020/customer_support_contacts_data+é.csv"
    assert file.modified is not None
    assert snapshot.s3.account_block == PublicAccessBlock(restrict_buckets=True)


def test_the_key_of_bucket_and_topic_is_read_where_it_is(aws: FakeAws) -> None:
    snapshot = a_snapshot(aws)
    (key,) = seen(snapshot.kms.keys)
    assert key.region == IRELAND
    assert isinstance(key.policy, Policy)
    (topic,) = seen(snapshot.sns.topics)
    assert topic.region == IRELAND


def test_a_bucket_that_nobody_names_is_left_alone(aws: FakeAws) -> None:
    (other,) = (one for one in seen(a_snapshot(aws).s3.buckets) if one.name == "invoices")
    assert (other.policy, other.region, other.acl) == (None, HOME, NOT_READ)


def test_no_call_is_sent_to_the_wrong_region_and_nothing_is_refused(aws: FakeAws) -> None:
    snapshot = a_snapshot(aws, Profile(cas_buckets=("elsewhere",)))
    assert {call.code for call in aws.calls("s3:*")} & {
        "PermanentRedirect",
        "AccessDenied",
    } == set()
    assert {gap.error for gap in gaps_in(snapshot.s3)} == {"OtherAccount"}


TOGETHER = {
    "settings": (
        "s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus",
        "s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration",
        "s3:ListBucket", "kms:DescribeKey", "kms:GetKeyPolicy",
    ),
    "what names keys": ("s3:GetEncryptionConfiguration", "sns:GetTopicAttributes"),
    "lists": ("s3:ListAllMyBuckets", "sns:ListTopics"),
}  # fmt: skip
"""Actions whose answers are spoiled at once, as none of them keeps another from being asked."""


@pytest.mark.parametrize("group", sorted(TOGETHER))
@pytest.mark.parametrize("kind", ["cut", "truncate", "garbage"])
def test_an_answer_that_is_not_whole_is_a_gap(aws: FakeAws, group: str, kind: FaultKind) -> None:
    aws.inject(*(Fault(kind=kind, action=action) for action in TOGETHER[group]))
    snapshot = a_snapshot(aws)
    read = (snapshot.s3, snapshot.kms, snapshot.sns)
    assert {gap.action for facts in read for gap in gaps_in(facts)} == set(TOGETHER[group])
