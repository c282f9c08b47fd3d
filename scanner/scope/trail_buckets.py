"""The buckets that trails write to, and the policies that CloudTrail needs on them (CT-04 to CT-07)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.facts.cloudtrail import Trail
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.scope.buckets import OTHER_ACCOUNT, bucket_named, region_of
from scanner.scope.ct import owner_of, trails
from scanner.scope.memory import once_per_snapshot
from scanner.scope.resource_rewrites import Pin
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, seen

SERVICE = "cloudtrail.amazonaws.com"
WRITE = "s3:PutObject"
LISTED_BY = "s3:ListAllMyBuckets"
SOURCE_ARN = "aws:SourceArn"
SOURCE_KEYS = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid"}
)


@dataclass(frozen=True, eq=False)
class LogBucket:
    """A bucket with the trails that write to it.

    `bucket` is unobserved when it belongs to another account, or cannot be told from such a one.
    """

    name: str
    key: str
    bucket: Observed[Bucket]
    trails: tuple[Trail, ...]

    @property
    def region(self) -> str:
        """Where the bucket is, as far as was read."""
        return "" if isinstance(self.bucket, Unobserved) else region_of(self.bucket)


@once_per_snapshot
def log_buckets(snapshot: Snapshot) -> Listed[LogBucket]:
    """Every bucket that a trail of this account names, be the trail on or off: old logs matter too."""
    listed = trails(snapshot)
    if isinstance(listed, Unobserved):
        return listed
    writers: dict[str, list[Trail]] = {}
    for trail in seen(listed):
        if trail.bucket:
            writers.setdefault(trail.bucket, []).append(trail)
    found = tuple(
        LogBucket(
            name,
            f"arn:{snapshot.account.partition}:s3:::{name}",
            log_bucket_named(name, snapshot),
            tuple(by),
        )
        for name, by in writers.items()
    )
    return Partial(found, gaps(listed)) if gaps(listed) else found


def log_bucket_named(name: str, snapshot: Snapshot) -> Observed[Bucket]:
    """Give a bucket of this account; whose it is, is told by the list of own buckets alone."""
    bucket = bucket_named(name, snapshot)
    if bucket is None:
        return _elsewhere(name)
    if isinstance(bucket.policy, Unobserved) and bucket.policy.error == OTHER_ACCOUNT:
        return _elsewhere(name)
    return bucket


def _elsewhere(name: str) -> Unobserved:
    detail = f"bucket {name} is not one of this account's"
    return Unobserved(LISTED_BY, OTHER_ACCOUNT, detail=detail)


def is_elsewhere(bucket: Observed[Bucket]) -> bool:
    """Whether the bucket is known not to be this account's, as with a log archive account."""
    return isinstance(bucket, Unobserved) and bucket.error == OTHER_ACCOUNT


def needed_by(trail: Trail, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Give the statements that let CloudTrail deliver the logs of one trail, and of no other."""
    bucket = f"arn:{snapshot.account.partition}:s3:::{trail.bucket}"
    start = f"{bucket}/{trail.prefix}/AWSLogs" if trail.prefix else f"{bucket}/AWSLogs"
    place = f"{start}/*" if trail.organization else f"{start}/{owner_of(trail)}/*"
    this_trail = {SOURCE_ARN: trail.arn}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    return [
        _allow("s3:GetBucketAcl", bucket, this_trail),
        _allow(WRITE, place, owned | this_trail),
    ]


def _allow(action: str, resource: str, condition: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": action,
        "Resource": resource,
        "Condition": {"StringEquals": dict(condition)},
    }


def with_delivery(policy: Policy | None, trail: Trail, snapshot: Snapshot) -> str:
    """The policy as JSON, with what the trail needs added to it."""
    document = _document(policy)
    needed = [one for one in needed_by(trail, snapshot) if one not in document["Statement"]]
    return json.dumps(document | {"Statement": [*document["Statement"], *needed]})


def to_trails(by: Iterable[Trail]) -> Pin:
    """Tie CloudTrail to these trails; what was said of other sources gives way."""
    return Pin(SOURCE_ARN, tuple(sorted(trail.arn for trail in by)), SOURCE_KEYS, SERVICE)


def _document(policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"Version": "2012-10-17", "Statement": []}
    document: dict[str, Any] = json.loads(policy.text)
    if not isinstance(document["Statement"], list):
        document["Statement"] = [document["Statement"]]
    return document
