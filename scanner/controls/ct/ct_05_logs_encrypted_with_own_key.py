"""CT-05: with a key of your own, reading the bucket alone does not show the logs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.cloudtrail import Trail
from scanner.facts.kms import KeyDetails
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ct import belongs_elsewhere, counted_trails, owner_of
from scanner.scope.keys import READ_BY, key_at
from scanner.scope.products import Kind, sells
from scanner.scope.trail_buckets import log_bucket_named
from scanner.scope.trail_keys import key_policy
from scanner.vocabulary import Severity, Unobserved, known

READ = "cloudtrail:DescribeTrails"
DELETED_SOON = ("PendingDeletion", "PendingReplicaDeletion")


def check(trail: Trail, snapshot: Snapshot) -> Verdict:
    """Judge a trail that counts for CT-01; a key that will be gone takes the logs with it."""
    known(trail.logging)
    named = Fact("KMS key", trail.kms_key or "none", READ)
    usual = Severity.LOW if sells(snapshot, Kind.SAAS) is False else Severity.MEDIUM
    if not trail.kms_key:
        reason = f"Trail {trail.name} encrypts its log files with a key that S3 manages."
        return failed(reason, named, severity=usual, values=_values(trail, None, snapshot))
    owner = _account_of(trail.kms_key, snapshot.account)
    if owner != snapshot.account.id:
        reason = f"Trail {trail.name} encrypts with a KMS key of account {owner}."
        note = Fact("Reach", "whether the key is enabled can be seen in that account only")
        return passed(reason, named, note)
    details = known(key_at(trail.kms_key, trail.home_region, snapshot).details)
    state = Fact("State of the key", details.state, READ_BY)
    if details.enabled:
        return passed(f"Trail {trail.name} encrypts with a KMS key of its own.", named, state)
    values = _values(trail, details, snapshot)
    if details.state in DELETED_SOON:
        reason = f"The KMS key of trail {trail.name} is about to be deleted: then nobody can read"
        reason += " the logs any more."
        return failed(reason, named, state, severity=Severity.HIGH, values=values)
    reason = f"The KMS key of trail {trail.name} is not enabled: its state is {details.state}."
    return failed(reason, named, state, severity=usual, values=values)


def _account_of(reference: str, account: Account) -> str:
    """The account of a key; an id or alias without an ARN is this account's."""
    parts = reference.split(":")
    return parts[4] if reference.startswith("arn:") and len(parts) > 5 else account.id  # noqa: PLR2004  # arn:aws:kms:region:account:rest


def _values(trail: Trail, key: KeyDetails | None, snapshot: Snapshot) -> Mapping[str, str]:
    """What to do with the key that is there, or where to make one: in the bucket's region."""
    foreign = belongs_elsewhere(trail, snapshot)
    bucket = log_bucket_named(trail.bucket, snapshot)
    place = trail.home_region
    if not isinstance(bucket, Unobserved) and not isinstance(bucket.region, Unobserved):
        place = bucket.region
    make = key is None and not foreign
    state = "" if key is None else key.state
    return {
        "trail": trail.name,
        "region": trail.home_region,
        "bucket": trail.bucket,
        "owner": owner_of(trail) if foreign else "",
        "new_for": trail.name if make else "",
        "own_arn": trail.arn if make else "",
        "key_policy": json.dumps(key_policy(trail.arn, snapshot.account)) if make else "",
        "key_region": key.arn.split(":")[3] if key else place,
        "doomed_key": key.arn if key and state in DELETED_SOON else "",
        "idle_key": key.arn if key and state == "Disabled" else "",
        "odd_key": key.arn if key and state not in (*DELETED_SOON, "Disabled") else "",
    }


REMEDY = Remedy(
    summary="Encrypt the log files of trail [[trail]] with a KMS key that works.",
    minutes=20,
    console=(
        "Sign in to account [[owner]], which owns the trail; this account cannot change it.",
        "In KMS, region [[key_region]], open [[doomed_key]], cancel its deletion, then enable it.",
        "In KMS, region [[key_region]], open [[idle_key]] and choose Key actions, Enable.",
        "In KMS, region [[key_region]], open [[odd_key]] and see what keeps it from being enabled.",
        "In KMS, region [[key_region]], create a symmetric key with the policy of the CLI form.",
        "In CloudTrail, region [[region]], open [[new_for]], choose Edit beside General details,"
        " tick SSE-KMS encryption and pick the key.",
        "Let who reads the logs have kms:Decrypt on the key.",
    ),
    cli="""\
cat > trail-key.json <<'JSON'
[[key_policy|json]]
JSON
key=$(aws kms create-key --region [[key_region]] --description 'Log files of CloudTrail' --policy file://trail-key.json --query KeyMetadata.Arn --output text)
aws kms enable-key-rotation --region [[key_region]] --key-id "$key"
aws cloudtrail update-trail --region [[region]] --name [[own_arn]] --kms-key-id "$key"

aws kms cancel-key-deletion --region [[key_region]] --key-id [[doomed_key]]
aws kms enable-key --region [[key_region]] --key-id [[doomed_key]]

aws kms enable-key --region [[key_region]] --key-id [[idle_key]]
""",
    cloudformation="""\
# Set KMSKeyId where your stack declares the trail.
Resources:
  TrailKey:
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
    Properties:
      TrailName: [[new_for]]
      S3BucketName: [[bucket]]
      IsLogging: true
      IsMultiRegionTrail: true
      KMSKeyId: !GetAtt TrailKey.Arn
""",
    terraform="""\
# Set kms_key_id where your code declares the trail.
resource "aws_kms_key" "trail" {
  description         = "Log files of CloudTrail"
  enable_key_rotation = true
  policy              = <<-JSON
    [[key_policy|json]]
  JSON
}
resource "aws_cloudtrail" "seller" {
  name                  = [[new_for]]
  s3_bucket_name        = [[bucket]]
  is_multi_region_trail = true
  kms_key_id            = aws_kms_key.trail.arn
}
""",
    breaks=(
        "Whoever reads the logs needs kms:Decrypt on the key; files written before stay as they"
        " are.",
        "A key policy that does not let CloudTrail in stops delivery: see CT-04 afterwards.",
    ),
    way_back='aws cloudtrail update-trail with --kms-key-id "" goes back to keys of S3.',
)

CONTROL = Control(
    module=__name__,
    title="Logs are encrypted with a customer key",
    severity=Severity.HIGH,
    risk="Whoever may read the bucket reads who did what; and logs under a key that is deleted are"
    " lost for good.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 3.5"),
        Reference(
            "AWS Foundational Security Best Practices, CloudTrail.2",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html",
        ),
        Reference(
            "AWS CloudTrail User Guide: Configure AWS KMS key policies for CloudTrail",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html",
        ),
    ),
    reads=("cloudtrail.trails", "kms.keys", "catalog.products", "s3.buckets"),
    not_applicable_because="No multi-region trail is logging; CT-01 says so.",
    resources=counted_trails,
    check=check,
)
