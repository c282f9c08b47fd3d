"""The fake judges permissions by itself, for every service, and refuses as that service does."""

import json
from typing import Any

import pytest

from sandbox.aws.actions import needed_action
from sandbox.aws.client import FakeAws
from sandbox.aws.conditions import conditions_hold
from sandbox.aws.permissions import BadPolicyError, Grants, refusal, statements_of
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, allow, client, error_of, role_keys, text

ACTION = "sqs:GetQueueAttributes"


def statement(effect: str = "Allow", **more: Any) -> str:
    """A policy text of one statement."""
    return text({"Statement": {"Effect": effect, "Resource": "*", **more}})


DENY = statement("Deny", Action=ACTION)
ALLOW = statement(Action=ACTION)


@pytest.mark.parametrize(
    ("documents", "allowed"),
    [
        ([ALLOW], True),
        ([], False),
        ([statement(Action="sqs:*")], True),
        ([statement(Action="SQS:getqueue????????es")], True),
        ([statement(Action=["s3:*", "*"])], True),
        ([statement(Action="sqs:GetQueueAttribute")], False),
        ([statement(Action="sqs:Get[Q]ueueAttributes")], False),
        ([statement(NotAction="sqs:*")], False),
        ([statement(NotAction=["iam:*", "s3:*"])], True),
        ([ALLOW, DENY], False),
        ([ALLOW, statement("Deny", NotAction="sqs:*")], True),
        ([ALLOW, statement("Deny", NotAction="iam:*")], False),
        ([statement("allow", Action=ACTION)], False),
        (["{not json", ALLOW], True),
        ([statement(Action=ACTION, Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})], True),
        ([statement(Action=ACTION, Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], False),
        ([statement(Action=ACTION, Condition={"StringEquals": {"aws:ResourceTag/scan": "yes"}})], False),
        ([ALLOW, statement("Deny", Action="*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})], False),
        ([ALLOW, statement("Deny", Action="*", Condition={"NumericLessThan": {"aws:Age": "1"}})], False),
    ],
)  # fmt: skip
def test_identity_policies_decide(documents: list[str], allowed: bool) -> None:
    why = refusal(Grants(identity=tuple(documents)), ACTION, {"aws:RequestedRegion": "us-east-1"})
    assert (why is None) is allowed


@pytest.mark.parametrize(
    ("grants", "why"),
    [
        (Grants((ALLOW,), boundary=(ALLOW,), session=(ALLOW,)), None),
        (Grants((ALLOW, DENY)), "with an explicit deny in an identity-based policy"),
        (Grants((ALLOW,), boundary=(DENY,)), "with an explicit deny in a permissions boundary"),
        (Grants((ALLOW,), session=(ALLOW, DENY)), "with an explicit deny in a session policy"),
        (
            Grants((), session=(ALLOW,)),
            f"because no identity-based policy allows the {ACTION} action",
        ),
        (
            Grants((ALLOW,), boundary=()),
            f"because no permissions boundary allows the {ACTION} action",
        ),
        (Grants((ALLOW,), session=()), f"because no session policy allows the {ACTION} action"),
    ],
)
def test_every_layer_must_allow_and_none_may_deny(grants: Grants, why: str | None) -> None:
    assert refusal(grants, ACTION, {}) == why


@pytest.mark.parametrize(
    "document", ["", "[]", "{}", '{"Statement": []}', '{"Statement": "Allow"}']
)
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(BadPolicyError):
        statements_of(document)


@pytest.mark.parametrize(
    ("block", "holds"),
    [
        (None, True),
        ({}, True),
        ({"StringEquals": {"KEY": "a"}}, True),
        ({"StringEquals": {"key": ["b", "a"]}}, True),
        ({"StringNotEquals": {"key": "a"}}, False),
        ({"StringNotEquals": {"other": "a"}}, True),
        ({"StringLike": {"key": "?"}}, True),
        ({"StringEqualsIgnoreCase": {"key": "A"}}, True),
        ({"ArnLike": {"arn": "arn:aws:*:x"}}, True),
        ({"ForAllValues:StringEquals": {"other": "a"}}, True),
        ({"ForAnyValue:StringEquals": {"other": "a"}}, False),
        ({"Null": {"other": "true"}}, True),
        ({"Null": {"key": "true"}}, False),
        ({"StringEquals": {"key": "a"}, "StringLike": {"key": "b"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, None),
        ({"IpAddress": {"key": "x"}, "StringEquals": {"key": "b"}}, False),
        ("nonsense", None),
    ],
)
def test_conditions_hold_fail_or_stay_open(block: object, holds: bool | None) -> None:
    assert conditions_hold(block, {"key": "a", "arn": "arn:aws:sns:x"}) is holds


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
        ("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        ("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"),
        ("s3", "GetBucketAcl", "s3:GetBucketAcl"),
        ("marketplace-catalog", "DescribeEntity", "aws-marketplace:DescribeEntity"),
        ("marketplace-entitlement", "GetEntitlements", "aws-marketplace:GetEntitlements"),
        ("iam", "GetAccountSummary", "iam:GetAccountSummary"),
        ("sqs", "DeleteMessageBatch", "sqs:DeleteMessage"),
    ],
)
def test_a_call_needs_the_action_that_aws_names(service: str, operation: str, action: str) -> None:
    assert needed_action(service, operation) == action


CATALOG = {"Catalog": "AWSMarketplace", "EntityType": "AmiProduct"}
# Service, call, parameters, the action that it needs and AWS's refusal; some are moto's, some ours, one nobody's.
REFUSALS: list[tuple[str, str, dict[str, Any], str, tuple[str, int]]] = [
    ("iam", "get_account_summary", {}, "iam:GetAccountSummary", ("AccessDenied", 403)),
    ("iam", "list_roles", {}, "iam:ListRoles", ("AccessDenied", 403)),
    ("ec2", "describe_images", {}, "ec2:DescribeImages", ("UnauthorizedOperation", 403)),
    ("ec2", "describe_vpcs", {}, "ec2:DescribeVpcs", ("UnauthorizedOperation", 403)),
    ("sns", "list_subscriptions", {}, "sns:ListSubscriptions", ("AuthorizationError", 403)),
    ("sqs", "list_queues", {}, "sqs:ListQueues", ("AccessDenied", 403)),
    ("cloudtrail", "lookup_events", {}, "cloudtrail:LookupEvents", ("AccessDeniedException", 400)),
    ("kms", "list_keys", {}, "kms:ListKeys", ("AccessDeniedException", 400)),
    ("events", "list_rules", {}, "events:ListRules", ("AccessDeniedException", 400)),
    ("organizations", "describe_organization", {}, "organizations:DescribeOrganization", ("AccessDeniedException", 400)),
    ("account", "get_alternate_contact", {"AlternateContactType": "SECURITY"}, "account:GetAlternateContact", ("AccessDeniedException", 403)),
    ("marketplace-catalog", "list_entities", CATALOG, "aws-marketplace:ListEntities", ("AccessDeniedException", 403)),
    ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", ("AccessDenied", 403)),
    ("s3", "get_bucket_encryption", {"Bucket": "some-bucket"}, "s3:GetEncryptionConfiguration", ("AccessDenied", 403)),
    ("s3control", "get_public_access_block", {"AccountId": ACCOUNT}, "s3:GetAccountPublicAccessBlock", ("AccessDenied", 403)),
    ("cloudwatch", "describe_alarms", {}, "cloudwatch:DescribeAlarms", ("AccessDeniedException", 400)),
    ("logs", "describe_metric_filters", {}, "logs:DescribeMetricFilters", ("AccessDeniedException", 400)),
    ("accessanalyzer", "list_analyzers", {}, "access-analyzer:ListAnalyzers", ("AccessDeniedException", 403)),
]  # fmt: skip
IDS = [f"{case[0]}:{case[1]}" for case in REFUSALS]


@pytest.mark.parametrize(("service", "call", "params", "action", "refused"), REFUSALS, ids=IDS)
def test_a_role_without_the_action_is_refused_and_with_it_is_not(
    fake_aws: FakeAws,
    service: str,
    call: str,
    params: dict[str, Any],
    action: str,
    refused: tuple[str, int],
) -> None:
    without = getattr(
        client(fake_aws, service, role_keys(fake_aws, allow("sts:GetCallerIdentity"))), call
    )
    code, status, message = error_of(without, **params)
    assert (code, status) == refused
    assert f"is not authorized to perform: {action} " in message
    assert ":assumed-role/SellerPostureScan/tests " in message
    with_it = getattr(client(fake_aws, service, role_keys(fake_aws, allow(action))), call)
    assert error_of(with_it, **params)[0] != refused[0]


@pytest.mark.parametrize(
    ("service", "call", "params"),
    [
        ("accessanalyzer", "list_analyzers", {}),
        ("ec2", "create_snapshot", {"VolumeId": "vol-1"}),
        ("ec2", "get_instance_metadata_defaults", {}),
        (
            "sqs",
            "receive_message",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123412341234/q"},
        ),
        ("marketplace-entitlement", "get_entitlements", {"ProductCode": "code"}),
        ("iam", "list_organizations_features", {}),
        ("artifact", "list_reports", {}),
    ],
)
def test_a_call_that_nobody_can_answer_is_not_implemented(
    fake_aws: FakeAws, service: str, call: str, params: dict[str, Any]
) -> None:
    asked = getattr(client(fake_aws, service, admin_keys(fake_aws)), call)
    assert error_of(asked, **params)[:2] == ("NotImplemented", 501)


def test_attached_and_inline_policies_add_up_and_a_boundary_narrows(fake_aws: FakeAws) -> None:
    keys = role_keys(fake_aws, allow("iam:ListUsers"))
    admin = client(fake_aws, "iam", admin_keys(fake_aws))
    made = admin.create_policy(
        PolicyName="more",
        PolicyDocument=json.dumps(allow("iam:ListRoles") | {"Version": "2012-10-17"}),
    )
    admin.attach_role_policy(RoleName="SellerPostureScan", PolicyArn=made["Policy"]["Arn"])
    iam = client(fake_aws, "iam", keys)
    assert [
        error_of(iam.list_users)[0],
        error_of(iam.list_roles)[0],
        error_of(iam.list_groups)[0],
    ] == ["", "", "AccessDenied"]
    admin.put_role_permissions_boundary(
        RoleName="SellerPostureScan", PermissionsBoundary=made["Policy"]["Arn"]
    )
    assert error_of(iam.list_users)[2].endswith(
        "no permissions boundary allows the iam:ListUsers action"
    )
    assert error_of(iam.list_roles)[0] == ""


def test_a_region_that_is_not_enabled_refuses(fake_aws: FakeAws) -> None:
    keys = role_keys(fake_aws, allow("*"))
    codes = {
        service: error_of(getattr(client(fake_aws, service, keys, "eu-central-1"), call))[0]
        for service, call in [
            ("ec2", "describe_images"),
            ("sns", "list_topics"),
            ("cloudtrail", "describe_trails"),
        ]
    }
    assert codes == {
        "ec2": "AuthFailure",
        "sns": "InvalidClientTokenId",
        "cloudtrail": "UnrecognizedClientException",
    }
    fake_aws.state(ACCOUNT).enabled_regions.append("eu-central-1")
    assert error_of(client(fake_aws, "ec2", keys, "eu-central-1").describe_images)[0] == ""
