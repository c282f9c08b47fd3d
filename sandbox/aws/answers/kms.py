"""Answers of KMS about the keys that AWS manages, which moto does not know, and about strangers'."""

import json
import re
import uuid

from sandbox.aws import clock
from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.refusals import ApiError

_ALIAS = re.compile(r"(?:arn:aws:kms:[\w-]+:\d{12}:)?alias/aws/([\w-]+)")
SERVICES = ("sqs", "sns", "s3", "ebs")


def _managed_key(ask: Ask) -> tuple[str, str] | None:
    # -> (service, key id)
    asked: str = ask.params["KeyId"]
    keys = {
        service: str(
            uuid.uuid5(uuid.NAMESPACE_DNS, f"{ask.account.account} {ask.region} {service}")
        )
        for service in SERVICES
    }
    alias = _ALIAS.fullmatch(asked)
    for service, key_id in keys.items():
        if (alias and alias.group(1) == service) or asked.rsplit("/", 1)[-1] == key_id:
            return service, key_id
    return None


def describe_key(ask: Ask) -> Answer | None:
    """A key that AWS manages; customers' keys are moto's."""
    _require_own(ask)
    found = _managed_key(ask)
    if found is None:
        return FORWARD
    service, key_id = found
    account = ask.account.account
    return {
        "KeyMetadata": {
            "AWSAccountId": account,
            "KeyId": key_id,
            "Arn": f"arn:aws:kms:{ask.region}:{account}:key/{key_id}",
            "CreationDate": clock.days_ago(700),
            "Enabled": True,
            "Description": f"Default key that protects my {service.upper()} data when no other key is defined",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled",
            "Origin": "AWS_KMS",
            "KeyManager": "AWS",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "MultiRegion": False,
        }
    }


def get_key_policy(ask: Ask) -> Answer | None:
    """The policy of a key that AWS manages: its own service, for this account."""
    _require_key(ask)
    found = _managed_key(ask)
    if found is None:
        return FORWARD
    service, _ = found
    account = ask.account.account
    policy = {
        "Version": "2012-10-17",
        "Id": f"auto-{service}-1",
        "Statement": [
            {
                "Sid": f"Allow access through {service.upper()}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:Encrypt",
                    "kms:Decrypt",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:CreateGrant",
                    "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": account,
                        "kms:ViaService": f"{service}.{ask.region}.amazonaws.com",
                    }
                },
            }
        ],
    }
    return {"Policy": json.dumps(policy), "PolicyName": "default"}


def put_key_policy(ask: Ask) -> Answer | None:
    """Refuse what AWS refuses: a key of its own, and what is no JSON; moto keeps the rest."""
    _require_key(ask)
    if _managed_key(ask) is not None:
        raise ask.denied("because the key is managed by AWS")
    try:
        json.loads(ask.params["Policy"])
    except ValueError as error:
        raise ApiError("MalformedPolicyDocumentException", "The policy is not JSON.") from error
    return FORWARD


def _require_key(ask: Ask) -> None:
    """Policies of keys are asked for by id or ARN, not by alias (KMS API reference)."""
    asked: str = ask.params["KeyId"]
    if "alias/" in asked:
        raise ApiError("NotFoundException", f"Invalid keyId {asked}")
    _require_own(ask)


def _require_own(ask: Ask) -> None:
    parts = ask.params["KeyId"].split(":")
    if len(parts) > 5 and parts[4] != ask.account.account:
        raise ask.denied(
            f"on resource: {ask.params['KeyId']} because no resource-based policy allows the {ask.action} action"
        )


ANSWERS: dict[str, Handler] = {
    "DescribeKey": describe_key,
    "GetKeyPolicy": get_key_policy,
    "PutKeyPolicy": put_key_policy,
}
