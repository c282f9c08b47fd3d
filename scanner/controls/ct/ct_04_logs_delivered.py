"""CT-04: a trail that cannot write to its bucket records nothing, and nobody hears about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    not_assessed,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.cloudtrail import Delivery, Trail
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.ct import belongs_elsewhere, owner_of, trails, working_trails
from scanner.scope.trail_buckets import is_elsewhere, log_bucket_named, with_delivery
from scanner.vocabulary import Severity, Unobserved, known, seen

READ = "cloudtrail:GetTrailStatus"
FIRST_DELIVERY = timedelta(hours=1)
NO_BUCKET = "NoSuchBucket"
Fault = tuple[str, Severity]


def check(trail: Trail, snapshot: Snapshot) -> Verdict:
    """Judge one trail: it logs, its files arrive in time, and so do digests and copies."""
    if trail.logging is False:
        replacing = [one for one in seen(working_trails(snapshot)) if one.arn != trail.arn]
        if replacing:
            why = f"Trail {trail.name} is switched off; {replacing[0].name} logs in its place."
            return not_applicable(why)
        faults = [_stopped(trail), *_errors(trail, trail.delivery)]
        return _failed(trail, faults, snapshot)
    known(trail.logging)
    delivery = known(trail.delivery)
    faults = list(_errors(trail, delivery))
    if not trail_is_new(delivery, snapshot):
        faults += _lag(trail, delivery, snapshot)
    elif not faults:
        why = (
            f"Trail {trail.name} began to log less than an hour ago and has delivered nothing yet."
        )
        gap = Unobserved(READ, "NothingYet", trail.home_region, trail.arn)
        return not_assessed(why, gap, evidence=_facts(trail))
    if faults:
        return _failed(trail, faults, snapshot)
    return passed(f"Trail {trail.name} delivers to bucket {trail.bucket}.", *_facts(trail))


def trail_is_new(delivery: Delivery, snapshot: Snapshot) -> bool:
    """Whether logging began within the last hour and nothing was delivered since."""
    if delivery.started is None or snapshot.now - delivery.started >= FIRST_DELIVERY:
        return False
    return delivery.latest is None or delivery.latest < delivery.started


def _stopped(trail: Trail) -> Fault:
    delivery = trail.delivery
    since = ""
    if isinstance(delivery, Delivery) and delivery.stopped:
        since = f" since {delivery.stopped:%Y-%m-%d}"
    return f"Trail {trail.name} is switched off{since}, and no other trail logs.", Severity.MEDIUM


def _errors(trail: Trail, delivery: Delivery | Unobserved) -> Iterator[Fault]:
    """What GetTrailStatus says; an error stays there until the next success."""
    if isinstance(delivery, Unobserved):
        return
    start = f"Trail {trail.name} cannot"
    if delivery.error:
        why = f"{start} write log files to bucket {trail.bucket}: {delivery.error}."
        yield why, Severity.MEDIUM
    if delivery.digest_error:
        why = f"{start} write digest files to bucket {trail.bucket}: {delivery.digest_error}."
        yield why, Severity.LOW
    if delivery.cloudwatch_error:
        yield f"{start} write to its log group: {delivery.cloudwatch_error}.", Severity.LOW


def _lag(trail: Trail, delivery: Delivery, snapshot: Snapshot) -> Iterator[Fault]:
    limit = snapshot.profile.delivery_lag_hours
    if delivery.latest is None:
        yield f"Trail {trail.name} has never delivered a log file.", Severity.MEDIUM
    elif snapshot.now - delivery.latest > timedelta(hours=limit):
        hours = int((snapshot.now - delivery.latest).total_seconds() // 3600)
        why = (
            f"Trail {trail.name} delivered its last log file {hours} hours ago, more than {limit}."
        )
        yield why, Severity.MEDIUM


def _failed(trail: Trail, faults: Sequence[Fault], snapshot: Snapshot) -> Verdict:
    values = _values(trail, snapshot)
    facts = _facts(trail)
    found = [failed(why, *facts, severity=severity, values=values) for why, severity in faults]
    return all_faults(found, passed(f"Trail {trail.name} delivers."))


def _facts(trail: Trail) -> Iterator[Fact]:
    yield Fact("IsLogging", str(trail.logging).lower(), READ)
    delivery = trail.delivery
    if isinstance(delivery, Unobserved):
        return
    latest = f"{delivery.latest:%Y-%m-%d %H:%M} UTC" if delivery.latest else "never"
    yield Fact("LatestDeliveryTime", latest, READ)
    errors = {
        "LatestDeliveryError": delivery.error,
        "LatestDigestDeliveryError": delivery.digest_error,
        "LatestCloudWatchLogsDeliveryError": delivery.cloudwatch_error,
    }
    for name, error in errors.items():
        if error:
            yield Fact(name, error, READ)


def _values(trail: Trail, snapshot: Snapshot) -> Mapping[str, str]:
    """What to start, and the bucket's own policy with what the trail needs if that may be at fault."""
    foreign = belongs_elsewhere(trail, snapshot)
    delivery = trail.delivery
    told = delivery if isinstance(delivery, Delivery) else Delivery(None, "", "", "", None, None)
    copies_only = trail.logging is True and told.cloudwatch_error and not told.error
    stopped = trail.logging is False and not foreign
    bucket = log_bucket_named(trail.bucket, snapshot)
    gone = is_elsewhere(bucket) and told.error == NO_BUCKET and not foreign
    policy = "" if foreign or copies_only else _policy(trail, bucket, snapshot, gone=gone)
    return {
        "trail": trail.name,
        "region": trail.home_region,
        "bucket": trail.bucket,
        "owner": owner_of(trail) if foreign else "",
        "stopped_arn": trail.arn if stopped else "",
        "stopped": trail.name if stopped else "",
        "policy": policy,
        "policy_bucket": trail.bucket if policy else "",
        "missing_bucket": trail.bucket if gone else "",
        "log_group": trail.log_group if told.cloudwatch_error else "",
        "repairs": trail.name if stopped or policy else "",
    }


def _policy(trail: Trail, bucket: Bucket | Unobserved, snapshot: Snapshot, *, gone: bool) -> str:
    if gone:
        return with_delivery(None, trail, snapshot)
    if isinstance(bucket, Unobserved) or not isinstance(bucket.policy, Policy | None):
        return ""
    return with_delivery(bucket.policy, trail, snapshot)


REMEDY = Remedy(
    summary="Let trail [[trail]] deliver its log files to bucket [[bucket]] again.",
    minutes=15,
    console=(
        "Sign in to account [[owner]], which owns the trail; this account cannot change it.",
        "In CloudTrail, region [[region]], open Trails, then [[trail]].",
        "Choose Start logging beside [[stopped]].",
        "In S3 create bucket [[missing_bucket]]: the trail writes to a bucket that is gone.",
        "In S3 open [[policy_bucket]], Permissions, Bucket policy, Edit, and put in the policy of"
        " the CLI form.",
        "If the trail encrypts with a KMS key, see that the key is enabled (CT-05).",
        "In the trail choose Edit beside CloudWatch Logs, and pick the group [[log_group]] and its"
        " role again.",
    ),
    cli="""\
aws s3api create-bucket --region us-east-1 --bucket [[missing_bucket]]

aws s3api get-bucket-policy --bucket [[policy_bucket]] --query Policy --output text > policy-before.json || true
cat > policy-after.json <<'JSON'
[[policy|json]]
JSON
aws s3api put-bucket-policy --bucket [[policy_bucket]] --policy file://policy-after.json

aws cloudtrail start-logging --region [[region]] --name [[stopped_arn]]
""",
    cloudformation="""\
# Repairs trail [[repairs]].
Resources:

  SellerTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: [[stopped]]
      S3BucketName: [[bucket]]
      IsLogging: true
      IsMultiRegionTrail: true

  # Replaces the whole policy of the bucket.
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: [[policy_bucket]]
      PolicyDocument:
        [[policy|json]]
""",
    terraform="""\
resource "aws_cloudtrail" "seller" {
  name                  = [[stopped]]
  s3_bucket_name        = [[bucket]]
  enable_logging        = true
  is_multi_region_trail = true
}

# Replaces the whole policy of the bucket.
resource "aws_s3_bucket_policy" "trail" {
  bucket = [[policy_bucket]]
  policy = <<-JSON
    [[policy|json]]
  JSON
}
""",
    breaks=(
        "Nothing stops working. put-bucket-policy replaces the whole policy: the one given keeps"
        " what is there and adds what CloudTrail needs.",
        "A Deny in the policy still wins: look for one if deliveries keep failing.",
    ),
    way_back="Put the policy of policy-before.json in place again, or stop logging.",
)

CONTROL = Control(
    module=__name__,
    title="Logs are being delivered",
    severity=Severity.MEDIUM,
    risk="The trail looks switched on while what happens in the account is lost after 90 days.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Logging AWS Marketplace API calls with AWS CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
        Reference(
            "AWS CloudTrail User Guide: Amazon S3 bucket policy for CloudTrail",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        ),
    ),
    reads=("cloudtrail.trails", "s3.buckets"),
    not_applicable_because="There is no trail; CT-01 says so.",
    resources=trails,
    check=check,
)
