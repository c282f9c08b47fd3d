"""CT-02: a trail that leaves out reads or writes tells half of who did what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from scanner.control import Control, Reference, Verdict, failed, not_applicable, passed, the_account
from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.cloudtrail import Selectors, Trail
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ct import belongs_elsewhere, counted_trails, owner_of
from scanner.scope.selectors import (
    EVERYTHING,
    NOTHING,
    covered_by,
    in_words,
    is_default,
    left_out,
    repaired,
)
from scanner.vocabulary import NotSeen, Severity, Unobserved, complete

READ = "cloudtrail:GetEventSelectors"
NO_TRAIL = "No multi-region trail is logging; CT-01 says so."
KMS = "kms.amazonaws.com"


def check(_account: Account, snapshot: Snapshot) -> Verdict:
    """Judge the union of all multi-region trails that log: they may complement each other."""
    counted = complete(counted_trails(snapshot))
    if not counted:
        return not_applicable(NO_TRAIL)
    told = [(trail, trail.selectors) for trail in counted if trail.logging is True]
    read = [(trail, one) for trail, one in told if isinstance(one, Selectors)]
    names = ", ".join(trail.name for trail, _ in read)
    evidence = [fact for trail, one in read for fact in _described(trail, one)]
    missing = EVERYTHING - NOTHING.union(*(covered_by(one) for _, one in read))
    if not missing:
        return passed(f"{names} takes reads and writes of every Marketplace service.", *evidence)
    if hidden := tuple(_hidden(counted)):
        raise NotSeen(*hidden)
    reason = f"{names} leaves out {in_words(missing)}."
    only_reads = all(half == "reads" for _, half in missing)
    severity = Severity.LOW if only_reads else Severity.HIGH
    return failed(reason, *evidence, severity=severity, values=_values(read, snapshot))


def _hidden(counted: Iterable[Trail]) -> Iterator[Unobserved]:
    """What may still cover the rest: selectors, or a status, that nobody could read."""
    for trail in counted:
        for fact in (trail.logging, trail.selectors):
            if isinstance(fact, Unobserved):
                yield replace(fact, detail=f"{fact.detail} of {trail.arn}".strip())
                break


def _described(trail: Trail, selectors: Selectors) -> Iterator[Fact]:
    covered = covered_by(selectors)
    said = in_words(covered) or "no management events of Marketplace in full"
    if is_default(selectors):
        said += ", as no selector is set: the default of a new trail"
    yield Fact(f"Trail {trail.name} takes", said, READ)
    if KMS in left_out(selectors):
        note = "a failed decryption of an encrypted queue leaves no trace (SQS-05)"
        yield Fact(f"Trail {trail.name} leaves out", f"{KMS}: {note}", READ)


def _values(read: Sequence[tuple[Trail, Selectors]], snapshot: Snapshot) -> Mapping[str, str]:
    """Repair one trail: our own if there is one, as no other can be changed from here."""
    own = [pair for pair in read if not belongs_elsewhere(pair[0], snapshot)]
    trail, selectors = (own or read)[0]
    repair = repaired(selectors)
    return {
        "trail": trail.name,
        "region": trail.home_region,
        "owner": "" if own else owner_of(trail),
        "own_arn": trail.arn if own else "",
        "own_name": trail.name if own else "",
        "bucket": trail.bucket,
        "basic": json.dumps(repair.basic) if own and repair.basic else "",
        "advanced": json.dumps(repair.advanced) if own and repair.advanced else "",
    }


REMEDY = Remedy(
    summary="Let trail [[trail]] take reads and writes of all management events.",
    minutes=10,
    console=(
        "Sign in to account [[owner]], which owns the trail; this account cannot change it.",
        "In CloudTrail, region [[region]], open Trails, then [[trail]].",
        "Beside Management events choose Edit, and tick Read and Write.",
        "Leave no Marketplace event source out, and save.",
    ),
    cli="""\
aws cloudtrail get-event-selectors --region [[region]] --trail-name [[own_arn]] > selectors-before.json

cat > selectors-after.json <<'JSON'
[[basic|json]]
JSON
aws cloudtrail put-event-selectors --region [[region]] --trail-name [[own_arn]] --event-selectors file://selectors-after.json

cat > selectors-after.json <<'JSON'
[[advanced|json]]
JSON
aws cloudtrail put-event-selectors --region [[region]] --trail-name [[own_arn]] --advanced-event-selectors file://selectors-after.json
""",
    cloudformation="""\
# Set the selectors where your stack declares the trail.
Resources:
  SellerTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: [[own_name]]
      S3BucketName: [[bucket]]
      IsLogging: true
      IsMultiRegionTrail: true
      EventSelectors:
        [[basic|json]]

# Set the selectors where your stack declares the trail.
Resources:
  SellerTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: [[own_name]]
      S3BucketName: [[bucket]]
      IsLogging: true
      IsMultiRegionTrail: true
      AdvancedEventSelectors:
        [[advanced|json]]
""",
    terraform="""\
# Set the selector where your code declares the trail; keep your selectors of data events.
resource "aws_cloudtrail" "seller" {
  name                  = [[own_name]]
  s3_bucket_name        = [[bucket]]
  is_multi_region_trail = true
  advanced_event_selector {
    name = "All management events"
    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }
}
""",
    breaks=(
        "put-event-selectors replaces all selectors of the trail: basic selectors of data events"
        " have to be added again from selectors-before.json.",
        "The first copy of management events is free; the objects in S3 are billed.",
    ),
    way_back="Put the selectors of selectors-before.json in place again.",
)

CONTROL = Control(
    module=__name__,
    title="Management events, read and write, of all Marketplace services are captured",
    severity=Severity.HIGH,
    risk="A changed offer, a sent metering record or a look at an agreement that no trail takes"
    " cannot be traced to anybody after 90 days.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Logging AWS Marketplace API calls with AWS CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
        Reference(
            "AWS CloudTrail User Guide: Logging management events",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html",
        ),
    ),
    reads=("cloudtrail.trails",),
    not_applicable_because=NO_TRAIL,
    resources=the_account,
    check=check,
)
