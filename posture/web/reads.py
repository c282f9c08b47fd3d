"""The read actions that a scan role is asked for, by service, as pages list them."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from posture import catalogue

SERVICES = {
    "access-analyzer": "Access Analyzer",
    "account": "Account",
    "aws-marketplace": "Marketplace catalog",
    "cloudtrail": "CloudTrail",
    "cloudwatch": "CloudWatch",
    "ec2": "EC2 images and snapshots",
    "ecr": "ECR",
    "events": "EventBridge",
    "iam": "IAM",
    "kms": "KMS",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "organizations": "Organizations",
    "s3": "S3",
    "sns": "SNS",
    "sqs": "SQS",
    "sso": "IAM Identity Center",
    "sts": "STS",
}


@cache
def reads() -> dict[str, Any]:
    """All actions, how many they are, and the services they belong to, largest first."""
    actions = catalogue.actions()
    grouped: dict[str, list[str]] = defaultdict(list)
    for action in sorted(actions):
        grouped[action.partition(":")[0]].append(action)
    services = [
        {"title": SERVICES.get(prefix, prefix), "actions": named}
        for prefix, named in grouped.items()
    ]
    services.sort(key=lambda one: (-len(one["actions"]), one["title"]))
    return {"count": len(actions), "services": services}
