"""Answers of S3 that moto gets wrong: default encryption and the public status of a policy."""

import json
from typing import Any

from moto.backends import get_backend

from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.conditions import as_list

_NARROWING = (
    "aws:sourcearn", "aws:sourceaccount", "aws:principalorgid", "aws:principalarn", "aws:principalaccount",
    "aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "s3:dataaccesspointaccount",
)  # fmt: skip


def _bucket(ask: Ask) -> Any | None:
    return get_backend("s3")[ask.account.account]["aws"].buckets.get(ask.params["Bucket"])


def get_bucket_encryption(ask: Ask) -> Answer | None:
    """SSE-S3 for a bucket that nobody configured, as AWS answers since 2023; moto knows the others."""
    bucket = _bucket(ask)
    if bucket is None or bucket.encryption:
        return FORWARD
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": False,
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def get_bucket_policy_status(ask: Ask) -> Answer | None:
    """Whether the bucket's policy lets everybody in; moto answers when there is no policy."""
    bucket = _bucket(ask)
    if bucket is None or not bucket.policy:
        return FORWARD
    document = json.loads(bucket.policy)
    return {
        "PolicyStatus": {
            "IsPublic": any(
                _is_public(statement) for statement in as_list(document.get("Statement"))
            )
        }
    }


def _is_public(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    everyone = (
        "NotPrincipal" in statement
        or principal == "*"
        or (isinstance(principal, dict) and "*" in as_list(principal.get("AWS")))
    )
    keys = {key.lower() for block in (statement.get("Condition") or {}).values() for key in block}
    return everyone and not keys & set(_NARROWING)


ANSWERS: dict[str, Handler] = {
    "GetBucketEncryption": get_bucket_encryption,
    "GetBucketPolicyStatus": get_bucket_policy_status,
}
