"""CT-06: who can write to the log bucket can bury the truth, who can read it learns the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_assessed,
    passed,
)
from scanner.evidence import Piece, policy_excerpt
from scanner.facts.s3 import Bucket, PublicAccessBlock
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.buckets import (
    FLAGS,
    READ_POLICY,
    block_facts,
    effective_block,
    exposures,
    open_statements,
)
from scanner.scope.guests import EVERYBODY
from scanner.scope.log_writers import Writers
from scanner.scope.resource_rewrites import narrowed
from scanner.scope.trail_buckets import LogBucket, log_buckets, to_trails
from scanner.vocabulary import NotSeen, Severity, gaps, known


def check(log: LogBucket, snapshot: Snapshot) -> Verdict:
    """Open to everyone is critical, to a foreign writer high, to any trail of anybody medium."""
    bucket = known(log.bucket)
    exposed = exposures(bucket, snapshot)
    block = effective_block(bucket, snapshot)
    policy = bucket.policy if isinstance(bucket.policy, Policy) else None
    found = Writers.of(policy, log, snapshot)
    faults = [(one.reason, Severity.CRITICAL) for one in exposed.found]
    hidden = tuple(dict.fromkeys((*exposed.gaps, *gaps(bucket.policy))))
    if isinstance(block, PublicAccessBlock) and not faults:
        faults += _unblocked(bucket, block)
    faults += found.faults()
    pieces = _pieces(policy, found)
    pieces += (
        *block_facts(bucket, snapshot),
        *(piece for one in exposed.found for piece in one.evidence),
    )
    if hidden and not exposed.found:
        known_so_far = " ".join(why for why, _ in faults)
        why = f"Who can reach bucket {log.name} is not known in full. {known_so_far}".strip()
        return not_assessed(why, *hidden, evidence=pieces)
    if not faults and (missing := (*gaps(block), *found.unsure)):
        raise NotSeen(*missing)
    values = _values(log, policy, found, is_public=bool(exposed.found), block=block)
    verdicts = [failed(why, *pieces, severity=worst, values=values) for why, worst in faults]
    reason = f"Bucket {log.name} is closed to the public and takes writes from known trails only."
    return all_faults(verdicts, passed(reason, *pieces))


def _unblocked(bucket: Bucket, block: PublicAccessBlock) -> Iterator[tuple[str, Severity]]:
    if off := _off(block):
        why = (
            f"Public access to bucket {bucket.name} is not blocked for good: {', '.join(off)} off."
        )
        yield why, Severity.MEDIUM


def _off(block: PublicAccessBlock) -> list[str]:
    return [name for flag, name in FLAGS.items() if not getattr(block, flag)]


def _pieces(policy: Policy | None, found: Writers) -> tuple[Piece, ...]:
    if policy is None:
        return ()
    marked = (*found.statements.values(), *found.unpinned)
    note = " ".join(why for why, _ in found.faults())
    return (policy_excerpt("Bucket policy", policy, marked, note=note, read_by=READ_POLICY),)


def _values(
    log: LogBucket, policy: Policy | None, found: Writers, *, is_public: bool, block: object
) -> Mapping[str, str]:
    """The policy without what is too much, and the four flags when one of them is off."""
    open_ones = open_statements(policy) if policy and is_public else ()
    strangers = {one.index: (EVERYBODY,) for one in open_ones} | dict(found.strangers)
    pins = {one.index: to_trails(log.trails) for one in found.unpinned}
    changed = policy is not None and bool(strangers or pins)
    after = narrowed(policy, strangers, pins) if policy and changed else ""
    blocked = isinstance(block, PublicAccessBlock) and not _off(block)
    return {
        "bucket": log.name,
        "policy": after,
        "policy_bucket": log.name if after else "",
        "bare_bucket": log.name if changed and not after else "",
        "block_bucket": "" if blocked else log.name,
        "stack": log.name if after or not blocked else "",
    }


REMEDY = Remedy(
    summary="Close log bucket [[bucket]] to everyone but CloudTrail.",
    minutes=15,
    console=(
        "In S3 open [[policy_bucket]], Permissions, Bucket policy, Edit, and put in the policy of"
        " the CLI form.",
        "In S3 open [[bare_bucket]], Permissions, Bucket policy, and delete it.",
        "In S3 open [[block_bucket]], Permissions, Block public access, Edit, and tick Block all"
        " public access.",
        "See in CloudTrail that the trail still delivers (CT-04).",
    ),
    cli="""\
aws s3api get-bucket-policy --bucket [[policy_bucket]] --query Policy --output text > policy-before.json
cat > policy-after.json <<'JSON'
[[policy|json]]
JSON
aws s3api put-bucket-policy --bucket [[policy_bucket]] --policy file://policy-after.json

aws s3api delete-bucket-policy --bucket [[bare_bucket]]

aws s3api put-public-access-block --bucket [[block_bucket]] --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
""",
    cloudformation="""\
# Closes bucket [[stack]].
Resources:

  # Replaces the whole policy of the bucket.
  LogBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: [[policy_bucket]]
      PolicyDocument:
        [[policy|json]]

  # Set this where your stack declares the bucket.
  LogBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: [[block_bucket]]
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        IgnorePublicAcls: true
        BlockPublicPolicy: true
        RestrictPublicBuckets: true
""",
    terraform="""\
# Replaces the whole policy of the bucket.
resource "aws_s3_bucket_policy" "trail" {
  bucket = [[policy_bucket]]
  policy = <<-JSON
    [[policy|json]]
  JSON
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket                  = [[block_bucket]]
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}
""",
    breaks=(
        "A trail that is not named in the condition stops delivering at once, without a word but"
        " in CT-04: name all trails that write here, also those of other accounts.",
        "A foreign account that reads or ships the logs needs a role here to assume instead.",
    ),
    way_back="Put the policy of policy-before.json in place again.",
)

CONTROL = Control(
    module=__name__,
    title="The log bucket is not public and takes writes only from CloudTrail",
    severity=Severity.CRITICAL,
    risk="Logs tell every name, role and habit of the account, and an outsider who can write there"
    " can forge or erase them.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, CloudTrail.6",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html",
        ),
        Reference(
            "AWS CloudTrail User Guide: Amazon S3 bucket policy for CloudTrail",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        ),
    ),
    reads=("cloudtrail.trails", "s3.buckets", "s3.account_block", "organizations.organization"),
    not_applicable_because="There is no trail; CT-01 says so.",
    resources=log_buckets,
    check=check,
)
