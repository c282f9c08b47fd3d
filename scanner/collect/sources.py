"""Which IAM actions read each fact: what a control needs follows from the facts that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_DETAILS = "iam:GetAccountAuthorizationDetails"
_REGIONS = "ec2:DescribeRegions"
_REPORT = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
_TRAILS = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors")

SOURCES: Mapping[str, tuple[str, ...]] = {
    "iam.summary": ("iam:GetAccountSummary",),
    "iam.report": _REPORT,
    "iam.users": (_DETAILS,),
    "iam.groups": (_DETAILS,),
    "iam.roles": (_DETAILS,),
    "iam.policies": (_DETAILS, "iam:GetPolicy", "iam:GetPolicyVersion"),
    "iam.password_policy": ("iam:GetAccountPasswordPolicy",),
    "iam.virtual_devices": ("iam:ListVirtualMFADevices",),
    "iam.access_keys": (*_REPORT, "iam:ListAccessKeys"),
    "catalog.products": (
        "aws-marketplace:ListEntities",
        "aws-marketplace:DescribeEntity",
        "aws-marketplace:ListAssessments",
        "aws-marketplace:DescribeAssessment",
    ),
    "catalog.failures": ("aws-marketplace:ListChangeSets", "aws-marketplace:DescribeChangeSet"),
    "sns.subscriptions": ("sns:ListSubscriptions",),
    "sns.topics": ("sns:ListTopics", "sns:GetTopicAttributes"),
    "events.rules": ("events:ListRules", "events:ListTargetsByRule"),
    "sqs.queues": ("sqs:ListQueues", "sqs:GetQueueAttributes"),
    "ec2.regions": (_REGIONS,),
    "ec2.images": (_REGIONS, "ec2:DescribeImages", "ec2:DescribeImageAttribute"),
    "ec2.snapshots": (_REGIONS, "ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute"),
    "ec2.instances": (_REGIONS, _DETAILS, "ec2:DescribeInstances"),
    "ec2.fpga_images": ("ec2:DescribeFpgaImages",),
    "ec2.snapshot_block": (_REGIONS, "ec2:GetSnapshotBlockPublicAccessState"),
    "ec2.image_block": (_REGIONS, "ec2:GetImageBlockPublicAccessState"),
    "ec2.encrypts_by_default": ("ec2:GetEbsEncryptionByDefault",),
    "cloudtrail.trails": (_REGIONS, *_TRAILS),
    "cloudtrail.data_stores": (
        _REGIONS,
        "cloudtrail:ListEventDataStores",
        "cloudtrail:GetEventDataStore",
    ),
    "cloudtrail.events": (_REGIONS, "cloudtrail:LookupEvents"),
    "s3.account_block": ("s3:GetAccountPublicAccessBlock",),
    "s3.buckets": (
        "s3:ListAllMyBuckets",
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketPolicyStatus",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketAcl",
        "s3:GetBucketOwnershipControls",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetLifecycleConfiguration",
        "s3:GetBucketObjectLockConfiguration",
        "s3:ListBucket",
    ),
    "kms.keys": ("kms:DescribeKey", "kms:GetKeyPolicy"),
    "organizations.organization": ("organizations:DescribeOrganization",),
    "contacts.security": ("account:GetAlternateContact",),
    "cloudwatch.alarms": ("cloudwatch:DescribeAlarms",),
    "cloudwatch.queues": ("cloudwatch:GetMetricData",),
    "logs.filters": ("logs:DescribeMetricFilters",),
}
"""Facts as controls name them, "service.fact", with the actions that may be asked for them."""


def actions_for_facts(facts: Iterable[str]) -> tuple[str, ...]:
    """Give the IAM actions that read these facts, sorted; raises KeyError for an unknown fact."""
    return tuple(sorted({action for fact in facts for action in SOURCES[fact]}))
