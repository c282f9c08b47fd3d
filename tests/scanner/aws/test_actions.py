"""Operations map to IAM actions, and a session policy holds exactly the declared ones."""

import json

import pytest

from scanner.aws import SESSION_POLICY_LIMIT, action_of, session_policy
from scanner.collect.plan import ALL_ACTIONS


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("sqs", "ListQueues", "sqs:ListQueues"),
        ("marketplace-catalog", "ListEntities", "aws-marketplace:ListEntities"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("s3", "HeadBucket", "s3:ListBucket"),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    ],
)
def test_an_operation_has_its_iam_action(service: str, operation: str, action: str) -> None:
    assert action_of(service, operation) == action


def test_a_session_policy_allows_exactly_the_actions() -> None:
    policy = json.loads(session_policy(["sqs:ListQueues", "iam:GetPolicy", "sqs:ListQueues"]))
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": ["iam:GetPolicy", "sqs:ListQueues"], "Resource": "*"}
    ]


def test_the_policy_of_a_full_scan_fits_into_assume_role() -> None:
    assert len(session_policy(ALL_ACTIONS)) < SESSION_POLICY_LIMIT
