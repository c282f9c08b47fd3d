"""How many calls a scan makes, against the count that the collection plan asks for (controls.md 14)."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from bench.accounts import AWS_POLICIES, ENABLED, GROUPS, POLICIES, SIZES, Seeded
from bench.replaying import replay
from bench.scanning import held, scan, section

BAR = 1.02
COMMAND = "python -m bench.calls"

QUERIES, METRICS = 500, 4
"""GetMetricData takes so many queries at once; a queue has four (row 22)."""


def main() -> None:
    """Print the section."""
    section("Calls", COMMAND, table)


def table() -> str:
    """A row for each account, and one for IAM alone."""
    lines = [f"{'account':8} {'of':4} {'expected':>9} {'made':>6} {'ratio':>6}  within 1.02\n"]
    for name, seeded in SIZES.items():
        with replay(name) as served:
            made = scan(served, delay=0.0).counted.calls
        lines += [_row(name, what, expected, made) for what, expected in _asked(seeded)]
        lines += [f"  {line}\n" for line in _odd(plan(seeded), made)]
    return "".join(lines)


def _asked(seeded: Seeded) -> list[tuple[str, Mapping[str, int]]]:
    expected = plan(seeded)
    return [("all", expected), ("IAM", _only_iam(expected))]


def _row(name: str, what: str, expected: Mapping[str, int], made: Mapping[str, int]) -> str:
    wanted = sum(expected.values())
    counted = sum((made if what == "all" else _only_iam(made)).values())
    ratio = counted / wanted
    return f"{name:8} {what:4} {wanted:9} {counted:6} {ratio:6.3f}  {held(ratio, BAR)}\n"


def _only_iam(calls: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in calls.items() if name.startswith("iam:")}


def _odd(expected: Mapping[str, int], made: Mapping[str, int]) -> list[str]:
    """Operations whose count is another one than planned."""
    names = sorted({*expected, *made})
    pairs = ((name, expected.get(name, 0), made.get(name, 0)) for name in names)
    return [f"{name}: {wanted} planned, {count} made" for name, wanted, count in pairs if wanted != count]  # fmt: skip


def plan(seeded: Seeded) -> dict[str, int]:
    """Calls by operation for what was seeded; one at least where a list is asked for.

    The numbers are rows of section 14; what no row has is a hint of section 10.
    """
    return {**_account(seeded), **_products(seeded), **_messages(seeded), **_records(seeded)}


def _account(seeded: Seeded) -> dict[str, int]:
    size = seeded.size
    writer = 1
    items = size.users + size.roles + writer + GROUPS + POLICIES
    return {
        "sts:AssumeRole": 1,
        "sts:GetCallerIdentity": 1,  # 1
        "ec2:DescribeRegions": 1,  # 2
        "organizations:DescribeOrganization": 1,  # 3
        "iam:GetAccountSummary": 1,  # 4
        "iam:GenerateCredentialReport": 2,  # 5: the replay has it ready at the second
        "iam:GetCredentialReport": 1,
        "iam:GetAccountAuthorizationDetails": ceil(items / 1_000),  # 6
        "iam:GetPolicy": AWS_POLICIES,  # 7
        "iam:GetPolicyVersion": AWS_POLICIES,
        "iam:GetAccountPasswordPolicy": 1,  # 8
        "iam:ListVirtualMFADevices": ceil(size.users / 1_000),
        "account:GetAlternateContact": 1,  # 10; nobody has more keys than a row of 9 shows
    }


def _products(seeded: Seeded) -> dict[str, int]:
    images = seeded.size.images
    return {
        "marketplace-catalog:ListEntities": 6,  # 11: one for each type
        "marketplace-catalog:DescribeEntity": 1,  # 12: all images are of one product
        "marketplace-catalog:ListAssessments": 1,  # M-AMI-1
        "marketplace-catalog:ListChangeSets": 1,  # M-AMI-1
        "ec2:DescribeImages": ENABLED,  # 13
        "ec2:DescribeImageAttribute": images,  # 14
        "ec2:DescribeSnapshots": 2 * ENABLED,  # 15, and 16 for the public ones
        "ec2:DescribeSnapshotAttribute": images,  # 16
        "ec2:GetImageBlockPublicAccessState": ENABLED,  # 17
        "ec2:GetSnapshotBlockPublicAccessState": ENABLED,
        "ec2:GetEbsEncryptionByDefault": 1,
        "ec2:DescribeFpgaImages": 1,  # M-AMI-15; no role meters, so 18 asks for no instance
    }


def _messages(seeded: Seeded) -> dict[str, int]:
    size = seeded.size
    return {
        "sns:ListSubscriptions": ceil(size.queues / 100),  # 19
        "sns:ListTopics": ceil(size.topics / 100),  # 20
        "sns:GetTopicAttributes": size.topics,
        "sqs:ListQueues": 1,  # 21
        "sqs:GetQueueAttributes": size.queues,
        "cloudwatch:GetMetricData": ceil(size.queues * METRICS / QUERIES),  # 22
        "kms:DescribeKey": seeded.keys,  # 23
        "kms:GetKeyPolicy": seeded.keys,
        "events:ListRules": 1,  # 31
    }


def _records(seeded: Seeded) -> dict[str, int]:
    trails = 1
    settings = dict.fromkeys(
        (
            "s3:GetBucketPolicyStatus", "s3:GetPublicAccessBlock", "s3:GetBucketAcl",
            "s3:GetBucketOwnershipControls", "s3:GetBucketEncryption", "s3:GetBucketVersioning",
            "s3:GetBucketLifecycleConfiguration", "s3:GetObjectLockConfiguration",
        ),
        seeded.feeds + trails,
    )  # fmt: skip
    return {
        "s3:ListBuckets": 1,  # 24; names regions, so GetBucketLocation is not needed
        "s3:GetBucketPolicy": seeded.buckets,
        **settings,
        "s3control:GetPublicAccessBlock": 1,  # 25
        "cloudtrail:DescribeTrails": ENABLED,  # 26
        "cloudtrail:GetTrailStatus": trails,  # 27
        "cloudtrail:GetEventSelectors": trails,
        "cloudtrail:ListEventDataStores": ENABLED,  # 28
        "cloudtrail:LookupEvents": 2 + ENABLED,  # 29
        "logs:DescribeMetricFilters": trails,  # 30
        "cloudwatch:DescribeAlarms": 1,
    }


if __name__ == "__main__":
    main()
