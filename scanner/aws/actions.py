"""Which IAM action allows which AWS operation, and the session policy made of such actions."""

from __future__ import annotations

import json
from collections.abc import Iterable

SESSION_POLICY_LIMIT = 2_048
"""Characters that AssumeRole takes as an inline session policy (STS API reference)."""

PREFIXES = {"marketplace-catalog": "aws-marketplace"}
"""botocore service names whose IAM prefix differs."""

EXCEPTIONS = {
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
}
"""Operations whose IAM action has another name (Service Authorization Reference)."""

IDENTITY = "sts:GetCallerIdentity"
"""Works without any permission, so no policy names it."""


def action_of(service: str, operation: str) -> str:
    """Give the IAM action, "sqs:ListQueues", of a botocore service name and an operation name."""
    exception = EXCEPTIONS.get((service, operation))
    return exception or f"{PREFIXES.get(service, service)}:{operation}"


def session_policy(actions: Iterable[str]) -> str:
    """Give the compact JSON policy that narrows an assumed role to exactly these IAM actions."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": sorted(set(actions)), "Resource": "*"}],
    }
    return json.dumps(policy, separators=(",", ":"))
