"""CT-07: what happened last spring is asked for in winter; the log has to be there, and unchanged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_assessed,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.log_keeping import (
    READ_STORE,
    Kept,
    LogStore,
    long_enough,
    records,
    safe_from_change,
)
from scanner.scope.products import Kind, sells
from scanner.scope.trail_buckets import LogBucket
from scanner.vocabulary import NotSeen, Severity, Unobserved, gaps, known, seen


def check(record: LogBucket | LogStore, snapshot: Snapshot) -> Verdict:
    """Kept too short is medium, low if no SaaS is sold; kept but open to change is low."""
    usual = Severity.LOW if sells(snapshot, Kind.SAAS) is False else Severity.MEDIUM
    if isinstance(record, LogStore):
        return _store(record, usual, snapshot)
    bucket = known(record.bucket)
    kept = long_enough(record, bucket, snapshot)
    safe = safe_from_change(record, bucket, snapshot)
    facts = (*kept.facts, *safe.facts)
    faults = [(why, usual) for why in kept.faults] + [(why, Severity.LOW) for why in safe.faults]
    hidden = (*kept.gaps, *safe.gaps)
    may_be_worse = bool(kept.gaps) and usual is not Severity.LOW
    if hidden and (may_be_worse or not faults):
        told = (kept.unsure, *(gap.sentence() for gap in hidden), *safe.faults)
        return not_assessed(" ".join(filter(None, told)), *hidden, evidence=facts)
    values = _values(record, bucket, kept, safe, snapshot)
    verdicts = [failed(why, *facts, severity=how, values=values) for why, how in faults]
    least = snapshot.profile.log_retention_min_days
    reason = f"Bucket {record.name} keeps log files {least} days or more, safe from change."
    return all_faults(verdicts, passed(reason, *facts))


def _store(record: LogStore, usual: Severity, snapshot: Snapshot) -> Verdict:
    """An event data store cannot be edited; what protects it is that it cannot be deleted."""
    details = known(record.store.details)
    least = snapshot.profile.log_retention_min_days
    days = details.retention_days
    facts = [Fact("Retention", f"{days} days", READ_STORE)]
    facts.append(Fact("Termination protection", "on" if details.protected else "off", READ_STORE))
    if days is None:
        raise NotSeen(Unobserved(READ_STORE, "NotReturned", record.region, "RetentionPeriod"))
    faults = []
    if days < least:
        why = f"Event data store {record.name} keeps events {days} days, less than {least}."
        faults.append((why, usual))
    if not details.protected:
        why = f"Event data store {record.name} can be deleted with one call."
        faults.append((why, Severity.LOW))
    values = dict.fromkeys(PLACES, "") | {
        "record": record.name,
        "days": str(max(days, least)),
        "store_arn": record.key,
        "store": record.name,
        "region": record.region,
    }
    verdicts = [failed(why, *facts, severity=how, values=values) for why, how in faults]
    reason = f"Event data store {record.name} keeps events {days} days and cannot be deleted."
    return all_faults(verdicts, passed(reason, *facts))


PLACES = (
    "early", "rules_bucket", "bare_bucket", "lock", "lock_bucket", "store_arn", "store", "region",
)  # fmt: skip


def _values(
    record: LogBucket, bucket: Bucket, kept: Kept, safe: Kept, snapshot: Snapshot
) -> Mapping[str, str]:
    """The rules to take out, and the lock to put on when nothing else protects the logs."""
    least = snapshot.profile.log_retention_min_days
    retention = {"Mode": "GOVERNANCE", "Days": least}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    early = [one.id for one in kept.rules]
    others = len(seen(bucket.lifecycle)) > len(early) or bool(gaps(bucket.lifecycle))
    return dict.fromkeys(PLACES, "") | {
        "record": record.name,
        "days": str(least),
        "early": _rules_but(early) if early and others else "",
        "rules_bucket": record.name if early and others else "",
        "bare_bucket": record.name if early and not others else "",
        "lock": json.dumps(lock) if safe.faults else "",
        "lock_bucket": record.name if safe.faults else "",
    }


def _rules_but(ids: Sequence[str]) -> str:
    """The --query of aws s3api get-bucket-lifecycle-configuration that leaves rules out."""
    literal = json.dumps(ids).replace("`", "\\`")
    return f"{{Rules: Rules[?!contains(`{literal}`, ID)]}}"


REMEDY = Remedy(
    summary="Keep the logs in [[record]] at least [[days]] days, safe from change.",
    minutes=20,
    console=(
        "In S3 open [[rules_bucket]], Management, and delete the lifecycle rules that expire log"
        " files earlier than [[days]] days, or let them wait longer.",
        "In S3 open [[bare_bucket]], Management, and delete its lifecycle rules, or let them wait"
        " at least [[days]] days.",
        "In S3 open [[lock_bucket]], Properties: enable Bucket Versioning, then Object Lock with a"
        " default retention of [[days]] days in Governance mode.",
        "In CloudTrail, region [[region]], open Event data stores, [[store]], edit the retention"
        " period to [[days]] days and enable termination protection.",
    ),
    cli="""\
aws s3api get-bucket-lifecycle-configuration --bucket [[rules_bucket]] --query '{Rules: Rules}' > lifecycle-before.json
aws s3api get-bucket-lifecycle-configuration --bucket [[rules_bucket]] --query [[early]] > lifecycle-after.json
aws s3api put-bucket-lifecycle-configuration --bucket [[rules_bucket]] --lifecycle-configuration file://lifecycle-after.json

aws s3api get-bucket-lifecycle-configuration --bucket [[bare_bucket]] --query '{Rules: Rules}' > lifecycle-before.json
aws s3api delete-bucket-lifecycle --bucket [[bare_bucket]]

cat > lock.json <<'JSON'
[[lock|json]]
JSON
aws s3api put-bucket-versioning --bucket [[lock_bucket]] --versioning-configuration Status=Enabled
aws s3api put-object-lock-configuration --bucket [[lock_bucket]] --object-lock-configuration file://lock.json

aws cloudtrail update-event-data-store --region [[region]] --event-data-store [[store_arn]] --retention-period [[days]] --termination-protection-enabled
""",
    cloudformation="""\
# Set these where your stack declares the bucket.
Resources:
  LogBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: [[lock_bucket]]
      VersioningConfiguration:
        Status: Enabled
      ObjectLockEnabled: true
      ObjectLockConfiguration:
        [[lock|json]]
""",
    terraform="""\
resource "aws_s3_bucket_versioning" "trail" {
  bucket = [[lock_bucket]]
  versioning_configuration {
    status = "Enabled"
  }
}
resource "aws_s3_bucket_object_lock_configuration" "trail" {
  bucket = aws_s3_bucket_versioning.trail.bucket
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = [[days]]
    }
  }
}

resource "aws_cloudtrail_event_data_store" "seller" {
  name                           = [[store]]
  retention_period               = [[days]]
  termination_protection_enabled = true
}
""",
    breaks=(
        "A lifecycle rule that goes takes its transitions along: write those anew. Keeping logs"
        " longer costs storage.",
        "Locked files cannot be deleted before their time without s3:BypassGovernanceRetention;"
        " COMPLIANCE mode could not be undone by anybody.",
    ),
    way_back="Put lifecycle-before.json in place again; the default retention can be taken off.",
)

CONTROL = Control(
    module=__name__,
    title="Logs are kept at least a year and cannot be altered",
    severity=Severity.MEDIUM,
    risk="A breach is often found after months: without the logs of a year nobody can tell what was"
    " touched, and AWS asks sellers of SaaS for them.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: SaaS product guidelines",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-guidelines.html",
        ),
        Reference(
            "Amazon S3 User Guide: Locking objects with Object Lock",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
        ),
    ),
    reads=(
        "cloudtrail.trails",
        "cloudtrail.data_stores",
        "s3.buckets",
        "s3.account_block",
        "organizations.organization",
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "catalog.products",
    ),
    not_applicable_because="No trail and no event data store records this account; CT-01 says so.",
    resources=records,
    check=check,
)
