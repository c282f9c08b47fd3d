"""CAS-06: a public report bucket shows the world your customers and what they pay."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.buckets import FLAGS, block_facts, effective_block, exposures
from scanner.scope.reports import ReportBucket, report_buckets
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, known


def check(resource: ReportBucket, snapshot: Snapshot) -> Verdict:
    """What everybody can reach is critical; a flag of the block that is off is medium."""
    bucket = resource.bucket
    exposed = exposures(bucket, snapshot)
    facts = block_facts(bucket, snapshot)
    values = {
        "bucket": bucket.name,
        "region": resource.region or HOME_REGION,
        "account": snapshot.account.id,
    }
    if exposed.found:
        faults = [failed(one.reason, *one.evidence, *facts, values=values) for one in exposed.found]
        return all_faults(faults, faults[0])
    if exposed.gaps:
        raise NotSeen(*exposed.gaps)
    block = known(effective_block(bucket, snapshot))
    off = [name for flag, name in FLAGS.items() if not getattr(block, flag)]
    if off:
        what = ", ".join(off)
        is_off = "is off" if len(off) == 1 else "are off"
        reason = f"Bucket {bucket.name} is not public, but nothing keeps it so: {what} {is_off}."
        return failed(reason, *facts, severity=Severity.MEDIUM, values=values)
    known(bucket.policy)
    return passed(f"Bucket {bucket.name} is not public and cannot be made so.", *facts)


REMEDY = Remedy(
    summary="Block all public access to bucket [[bucket]].",
    minutes=10,
    console=(
        "In S3 open [[bucket]], Permissions, and keep a copy of the policy and the ACL.",
        "Under Block public access choose Edit, tick Block all public access, and save.",
        "If no bucket of account [[account]] has to be public, do the same under Block Public"
        " Access settings for this account.",
        "Move logos, terms and templates of your listing that have to be public into a bucket of"
        " their own.",
    ),
    cli="""\
aws s3api put-public-access-block --region [[region]] --bucket [[bucket]] \\
  --public-access-block-configuration \\
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
""",
    cloudformation="""\
# Set PublicAccessBlockConfiguration where your stack declares the bucket.
Resources:
  ReportBucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: [[bucket]]
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        IgnorePublicAcls: true
        BlockPublicPolicy: true
        RestrictPublicBuckets: true
""",
    terraform="""\
resource "aws_s3_bucket_public_access_block" "reports" {
  bucket                  = [[bucket]]
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
""",
    breaks=(
        "Files in [[bucket]] that a listing or a website shows to everybody are no longer shown.",
        "Other accounts lose what a public policy gave them: name them in the policy instead.",
    ),
    way_back="aws s3api put-public-access-block with the flags as they were.",
)

CONTROL = Control(
    module=__name__,
    title="Report buckets are not public",
    severity=Severity.CRITICAL,
    risk="Anybody can read, or overwrite, the names, addresses and revenue of your customers.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 2.1.4"),
        Reference(
            "AWS Foundational Security Best Practices, S3.1 and S3.8",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html",
        ),
        Reference(
            "Amazon S3 user guide, Blocking public access",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        ),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets", "s3.account_block"),
    not_applicable_because="No bucket of the account takes reports, data feeds or contact data.",
    resources=report_buckets,
    check=check,
)
