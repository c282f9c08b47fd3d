"""The policy of a KMS key with which CloudTrail encrypts the log files of a trail (CT-01, CT-05)."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.facts.account import Account
from scanner.scope.trail_buckets import SERVICE


def key_policy(trail_arn: str, account: Account) -> Mapping[str, object]:
    """The account may do all, CloudTrail may encrypt, on behalf of the trail with this ARN alone."""
    start = f"arn:{account.partition}"
    this_trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
    context = "kms:EncryptionContext:aws:cloudtrail:arn"
    own_trails = {"StringLike": {context: f"{start}:cloudtrail:*:{account.id}:trail/*"}}
    cloudtrail = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Resource": "*"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": account.key},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "CloudTrailEncrypts",
                **cloudtrail,
                "Action": "kms:GenerateDataKey*",
                "Condition": this_trail | own_trails,
            },
            {
                "Sid": "CloudTrailLooks",
                **cloudtrail,
                "Action": "kms:DescribeKey",
                "Condition": this_trail,
            },
        ],
    }
