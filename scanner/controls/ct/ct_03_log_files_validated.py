"""CT-03: a digest chain shows whether somebody changed or removed a log file."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.cloudtrail import Trail
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.ct import counted_trails, owner_of
from scanner.vocabulary import Severity, known

READ = "cloudtrail:DescribeTrails"


def check(trail: Trail, snapshot: Snapshot) -> Verdict:
    """Judge a trail that counts for CT-01; one of unknown status may not count: not assessed."""
    known(trail.logging)
    setting = Fact("Log file validation", "on" if trail.validates_files else "off", READ)
    bucket = Fact("Log bucket", trail.bucket, READ)
    if trail.validates_files:
        note = Fact("Reach", "Proves only files written after it was switched on.")
        return passed(f"Trail {trail.name} signs its log files.", setting, bucket, note)
    reason = f"Trail {trail.name} writes log files without digests: a changed file goes unnoticed."
    owner = owner_of(trail)
    own = owner == snapshot.account.id
    if not own:
        reason += f" Only account {owner}, which owns the trail, can change that."
    values = {
        "trail": trail.name,
        "region": trail.home_region,
        "own_arn": trail.arn if own else "",
        "own_name": trail.name if own else "",
        "bucket": trail.bucket,
        "owner": "" if own else owner,
    }
    return failed(reason, setting, bucket, values=values)


REMEDY = Remedy(
    summary="Switch on log file validation for trail [[trail]].",
    minutes=5,
    console=(
        "Sign in to account [[owner]], which owns the trail; this account cannot change it.",
        "In CloudTrail, region [[region]], open Trails, then [[trail]].",
        "Beside General details choose Edit.",
        "Under Additional settings tick Log file validation and choose Save changes.",
    ),
    cli="aws cloudtrail update-trail --region [[region]] --name [[own_arn]]"
    " --enable-log-file-validation\n",
    cloudformation="""\
# Set EnableLogFileValidation where your stack declares the trail.
Resources:
  SellerTrail:
    Type: AWS::CloudTrail::Trail
    Properties:
      TrailName: [[own_name]]
      S3BucketName: [[bucket]]
      IsLogging: true
      IsMultiRegionTrail: true
      EnableLogFileValidation: true
""",
    terraform="""\
# Set enable_log_file_validation where your code declares the trail.
resource "aws_cloudtrail" "seller" {
  name                       = [[own_name]]
  s3_bucket_name             = [[bucket]]
  is_multi_region_trail      = true
  enable_log_file_validation = true
}
""",
    breaks=("Nothing. Small digest files appear in the bucket beside the log files.",),
    way_back="aws cloudtrail update-trail with --no-enable-log-file-validation switches it off.",
)

CONTROL = Control(
    module=__name__,
    title="Log files are integrity-validated",
    severity=Severity.MEDIUM,
    risk="Whoever can write to the log bucket can rewrite history, and nobody can prove it.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 3.2"),
        Reference(
            "AWS Foundational Security Best Practices, CloudTrail.4",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html",
        ),
    ),
    reads=("cloudtrail.trails",),
    not_applicable_because="No multi-region trail is logging; CT-01 says so.",
    resources=counted_trails,
    check=check,
)
