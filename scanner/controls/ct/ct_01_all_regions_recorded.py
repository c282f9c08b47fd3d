"""CT-01: event history ends after 90 days; only a trail of all regions keeps a record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from scanner.control import Control, Reference, Verdict, failed, not_assessed, passed, the_account
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.cloudtrail import EventDataStore, Trail
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ct import (
    multi_region_trails,
    owner_of,
    recording_stores,
    trail_to_repair,
    trails,
)
from scanner.scope.trail_keys import key_policy
from scanner.vocabulary import HOME_REGION, Listed, Severity, Unobserved, complete, gaps, seen

NEW_TRAIL = "seller-trail"
TRAIL_READ = "cloudtrail:DescribeTrails, cloudtrail:GetTrailStatus"
STORE_READ = "cloudtrail:GetEventDataStore"


def check(account: Account, snapshot: Snapshot) -> Verdict:
    """Pass with one multi-region trail that logs; a trail of unknown status settles nothing."""
    candidates = multi_region_trails(snapshot)
    evidence = [_described(trail) for trail in seen(trails(snapshot))]
    working = [trail for trail in seen(candidates) if trail.logging is True]
    if working:
        complete(candidates)
        return passed(f"{_names(working)} records all regions and is logging.", *evidence)
    if missing := _missing(candidates):
        why = f"No trail is known to record all regions. {missing[0].sentence()}"
        return not_assessed(why, *missing, evidence=evidence)
    listed = recording_stores(snapshot)
    stores = seen(listed)
    evidence += [Fact("Event data store", one.arn, STORE_READ) for one in stores]
    evidence += [Fact("CloudTrail Lake", gap.sentence()) for gap in gaps(listed)]
    values = _values(account, snapshot)
    if stores:
        why = f"No trail records all regions; only the event data store {_names(stores)} does."
        return failed(why, *evidence, severity=Severity.LOW, values=values)
    return failed(_fault(snapshot), *evidence, values=values)


def _missing(candidates: Listed[Trail]) -> tuple[Unobserved, ...]:
    """What hides a trail or whether it logs; the latter is usual for organization trails."""
    statuses = (
        replace(trail.logging, detail=f"{trail.logging.detail} status of {trail.arn}".strip())
        for trail in seen(candidates)
        if isinstance(trail.logging, Unobserved)
    )
    return (*gaps(candidates), *statuses)


def _fault(snapshot: Snapshot) -> str:
    stopped = seen(multi_region_trails(snapshot))
    if stopped:
        return f"{_names(stopped)} would record all regions but is switched off."
    single = seen(trails(snapshot))
    if single:
        return f"{_names(single)} records one region only: calls in other regions leave no trace."
    return "No trail records this account: after 90 days nobody can tell who did what."


def _names(resources: Iterable[Trail | EventDataStore]) -> str:
    return ", ".join(one.name for one in resources)


def _described(trail: Trail) -> Fact:
    unknown = isinstance(trail.logging, Unobserved)
    logs = "status unknown" if unknown else "logging" if trail.logging else "switched off"
    scope = "all regions" if trail.multi_region else f"{trail.home_region} only"
    whose = f", organization trail of account {owner_of(trail)}" if trail.organization else ""
    return Fact(f"Trail {trail.name}", f"{scope}, {logs}{whose}: {trail.arn}", TRAIL_READ)


def _values(account: Account, snapshot: Snapshot) -> Mapping[str, str]:
    """Name the account's own trail to widen and start, or else a bucket for a new one."""
    old = trail_to_repair(snapshot)
    if old is not None:
        repair = {"old_trail": old.name, "region": old.home_region, "old_bucket": old.bucket}
        return repair | {"new_bucket": "", "bucket_policy": "", "key_policy": ""}
    bucket = f"{NEW_TRAIL}-{account.id}"
    trail = f"arn:{account.partition}:cloudtrail:{HOME_REGION}:{account.id}:trail/{NEW_TRAIL}"
    create = {
        "new_bucket": bucket,
        "bucket_policy": json.dumps(_bucket_policy(account, bucket, trail)),
        "key_policy": json.dumps(key_policy(trail, account)),
    }
    return create | {"old_trail": "", "region": HOME_REGION, "old_bucket": ""}


def _bucket_policy(account: Account, bucket: str, trail: str) -> Mapping[str, object]:
    """What CloudTrail needs on a log bucket, for the new trail alone (CloudTrail user guide)."""
    resource = f"arn:{account.partition}:s3:::{bucket}"
    this_trail = {"aws:SourceArn": trail}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    grants = (
        ("CheckAcl", "s3:GetBucketAcl", resource, this_trail),
        ("WriteLogs", "s3:PutObject", f"{resource}/AWSLogs/{account.id}/*", owned | this_trail),
    )
    statements = [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": target,
            "Condition": {"StringEquals": condition},
        }
        for sid, action, target, condition in grants
    ]
    return {"Version": "2012-10-17", "Statement": statements}


REMEDY = Remedy(
    summary="Let one trail record the management events of all regions.",
    minutes=15,
    console=(
        "In CloudTrail, region [[region]], open Trails.",
        "Open [[old_trail]] and choose Edit beside General details: turn on Multi-region trail and"
        " Log file validation. Choose Start logging if the trail is off.",
        "Choose Create trail, name it seller-trail and let CloudTrail create the S3 bucket"
        " [[new_bucket]] and a key for Log file SSE-KMS encryption. Keep Log file validation enabled;"
        " trails made here cover all regions.",
        "Under Management events, log Read and Write.",
    ),
    cli="""\
aws cloudtrail get-trail --region [[region]] --name [[old_trail]] > trail-before.json
aws cloudtrail update-trail --region [[region]] --name [[old_trail]] --is-multi-region-trail --include-global-service-events --enable-log-file-validation
aws cloudtrail start-logging --region [[region]] --name [[old_trail]]

cat > trail-bucket.json <<'JSON'
[[bucket_policy|json]]
JSON
cat > trail-key.json <<'JSON'
[[key_policy|json]]
JSON
key=$(aws kms create-key --region us-east-1 --description 'Log files of CloudTrail' --policy file://trail-key.json --query KeyMetadata.Arn --output text)
aws kms enable-key-rotation --region us-east-1 --key-id "$key"
aws s3api create-bucket --region us-east-1 --bucket [[new_bucket]]
aws s3api put-bucket-policy --bucket [[new_bucket]] --policy file://trail-bucket.json
aws cloudtrail create-trail --region us-east-1 --name seller-trail --s3-bucket-name [[new_bucket]] --kms-key-id "$key" --is-multi-region-trail --include-global-service-events --enable-log-file-validation
aws cloudtrail start-logging --region us-east-1 --name seller-trail
""",
    cloudformation="""\
# Set these properties where your stack declares the trail.
Resources:
  SellerTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: [[old_trail]]
      S3BucketName: [[old_bucket]]
      IsLogging: true
      IsMultiRegionTrail: true
      IncludeGlobalServiceEvents: true
      EnableLogFileValidation: true

Resources:
  LogBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: [[new_bucket]]
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref LogBucket
      PolicyDocument:
        [[bucket_policy|json]]
  LogKey:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      Description: Log files of CloudTrail
      EnableKeyRotation: true
      KeyPolicy:
        [[key_policy|json]]
  SellerTrail:
    Type: AWS::CloudTrail::Trail
    DependsOn: LogBucketPolicy
    Properties:
      TrailName: seller-trail
      S3BucketName: !Ref LogBucket
      KMSKeyId: !GetAtt LogKey.Arn
      IsLogging: true
      IsMultiRegionTrail: true
      IncludeGlobalServiceEvents: true
      EnableLogFileValidation: true
""",
    terraform="""\
# Set these arguments where your code declares the trail.
resource "aws_cloudtrail" "seller" {
  name                          = [[old_trail]]
  s3_bucket_name                = [[old_bucket]]
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
}

resource "aws_s3_bucket" "trail" {
  bucket = [[new_bucket]]
}
resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = <<-JSON
    [[bucket_policy|json]]
  JSON
}
resource "aws_kms_key" "trail" {
  description         = "Log files of CloudTrail"
  enable_key_rotation = true
  policy              = <<-JSON
    [[key_policy|json]]
  JSON
}
resource "aws_cloudtrail" "seller" {
  name                          = "seller-trail"
  s3_bucket_name                = aws_s3_bucket_policy.trail.bucket
  kms_key_id                    = aws_kms_key.trail.arn
  enable_logging                = true
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
}
""",
    breaks=(
        "Nothing stops working. The first copy of management events is free; the objects in S3 are"
        " billed, and so are a key and a second trail that records the same events.",
    ),
    way_back="Stop logging on the trail; its earlier settings are in trail-before.json.",
)

CONTROL = Control(
    module=__name__,
    title="A multi-region trail records this account",
    severity=Severity.HIGH,
    risk="Without a trail, Marketplace and account changes older than 90 days, and calls in regions"
    " that nobody watches, cannot be traced to anybody.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Logging AWS Marketplace API calls with AWS CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
        Reference("CIS AWS Foundations Benchmark 3.0, 3.1"),
        Reference(
            "AWS Foundational Security Best Practices, CloudTrail.1",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html",
        ),
    ),
    reads=("cloudtrail.trails", "cloudtrail.data_stores"),
    not_applicable_because="Every AWS account can be recorded; this never happens.",
    resources=the_account,
    check=check,
)
