"""CAS-07: reports are confidential at rest and on the way, and must still arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.kms import Key
from scanner.facts.s3 import Bucket, Encryption
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.buckets import READ_POLICY
from scanner.scope.delivery import PUT, deliverers_to
from scanner.scope.holder import RoleHolder
from scanner.scope.keys import POLICY_READ_BY, READ_BY, is_aws_alias, key_at
from scanner.scope.reports import REPORTS_SERVICE, Kind, ReportBucket, bucket_in, report_buckets
from scanner.scope.resource_rewrites import tls_only, with_statements
from scanner.scope.sealing import (
    REPAIR_CLI,
    REPAIR_STEPS,
    Seal,
    Users,
    of_aws,
    refuses_plain_http,
    repairs,
    seal_of,
)
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, Unobserved, known

READ_ENCRYPTION = "s3:GetEncryptionConfiguration"
BY_S3 = Encryption("AES256")
USE = ("kms:GenerateDataKey",)


@dataclass(frozen=True)
class Sealed:
    """How a bucket is encrypted, and who has to be able to use its key."""

    encryption: Encryption
    key: Key | None
    users: Users
    seal: Seal

    @property
    def is_kms(self) -> bool:
        """Whether a KMS key is used at all, be it AWS's own."""
        return self.encryption.algorithm.startswith("aws:kms")


def check(resource: ReportBucket, snapshot: Snapshot) -> Verdict:
    """A key that stops delivery is high; no KMS under a feed, or plain HTTP, is medium."""
    bucket = resource.bucket
    sealed = _sealed(resource, snapshot)
    pieces = _pieces(sealed)
    faults = [failed(one, *pieces, severity=Severity.HIGH) for one in sealed.seal.reasons]
    if sealed.seal.gaps and not faults:
        raise NotSeen(*sealed.seal.gaps)
    needs_kms = bool(sealed.users.services) and not sealed.is_kms
    if needs_kms:
        reason = f"Bucket {bucket.name} takes data feeds and is not encrypted with a KMS key."
        faults.append(failed(reason, *pieces, severity=Severity.MEDIUM))
    policy = bucket.policy
    is_open = policy is None or (
        isinstance(policy, Policy) and not refuses_plain_http(policy, bucket.arn)
    )
    if is_open:
        reason = f"The policy of bucket {bucket.name} does not refuse requests without TLS."
        faults.append(failed(reason, *_policy_piece(bucket), severity=Severity.MEDIUM))
    if not faults:
        known(policy)
        reason = f"Bucket {bucket.name} is encrypted and refuses requests without TLS."
        return passed(reason, *pieces, *_policy_piece(bucket))
    values = _values(resource, sealed, snapshot, needs_kms=needs_kms, needs_tls=is_open)
    return replace(all_faults(faults, faults[0]), values=values)


def _sealed(resource: ReportBucket, snapshot: Snapshot) -> Sealed:
    """Raises NotSeen when it is not known who has to use the key, or which key it is."""
    bucket = resource.bucket
    encryption = known(bucket.encryption) or BY_S3
    services = (REPORTS_SERVICE,) if Kind.FEED in resource.kinds else ()
    users = Users((), services, USE, "")
    key, seal = None, Seal()
    by_aws = not encryption.kms_key or is_aws_alias(encryption.kms_key, "s3")
    if by_aws and encryption.algorithm.startswith("aws:kms"):
        seal = of_aws("aws/s3", services)
    elif not by_aws:
        region = known(bucket.region)
        key = key_at(encryption.kms_key, region, snapshot)
        roles = deliverers_to(bucket.name, PUT, bucket_in, snapshot)
        users = Users(roles, services, USE, f"s3.{region}.amazonaws.com")
        seal = seal_of(key, users)
    return Sealed(encryption, key, users, seal)


def _pieces(sealed: Sealed) -> Sequence[Piece]:
    name = sealed.encryption.kms_key
    spelled = f"{sealed.encryption.algorithm}{f', key {name}' if name else ''}"
    pieces: list[Piece] = [Fact("Default encryption", spelled, READ_ENCRYPTION)]
    key = sealed.key
    if key is not None and not isinstance(key.details, Unobserved):
        said = f"{key.details.arn}, managed by {key.details.manager}, {key.details.state}"
        pieces.append(Fact("Key", said, READ_BY))
    if key is not None and isinstance(key.policy, Policy) and sealed.seal.reasons:
        pieces.append(policy_excerpt("Key policy", key.policy, (), read_by=POLICY_READ_BY))
    return pieces


def _policy_piece(bucket: Bucket) -> Sequence[Piece]:
    if isinstance(bucket.policy, Policy):
        note = "A Deny for everyone when aws:SecureTransport is false is what refuses plain HTTP."
        return [policy_excerpt("Bucket policy", bucket.policy, (), note=note, read_by=READ_POLICY)]
    return [Fact("Bucket policy", "none", READ_POLICY)]


def _values(
    resource: ReportBucket,
    sealed: Sealed,
    snapshot: Snapshot,
    *,
    needs_kms: bool,
    needs_tls: bool,
) -> Mapping[str, str]:
    bucket = resource.bucket
    policy = bucket.policy if isinstance(bucket.policy, Policy) else None
    document = with_statements(policy, tls_only(bucket.arn)) if needs_tls else ""
    users = sealed.users
    if needs_kms or (sealed.key is None and sealed.seal.reasons):
        users = replace(users, roles=_known_deliverers(bucket, snapshot))
    key = repairs(sealed.seal, sealed.key, snapshot.account, users, wanted=needs_kms)
    return {
        **key,
        "bucket": bucket.name,
        "region": resource.region or HOME_REGION,
        "policy": document,
        "stack": bucket.name if document or key["key_document"] else "",
    }


def _known_deliverers(bucket: Bucket, snapshot: Snapshot) -> tuple[RoleHolder, ...]:
    """Who has to use a key that the remedy makes, as far as was read."""
    try:
        return deliverers_to(bucket.name, PUT, bucket_in, snapshot)
    except NotSeen:
        return ()


REMEDY = Remedy(
    summary="Encrypt bucket [[bucket]] so that reports still arrive, and refuse plain HTTP.",
    minutes=20,
    console=(
        "In S3 open [[bucket]] and keep a copy of its policy and of its default encryption.",
        *REPAIR_STEPS,
        "For data feeds make a customer managed key in KMS, region [[region]], whose policy lets"
        f" {REPORTS_SERVICE} use it, and choose it under Properties, Default encryption.",
        "Under Permissions, Bucket policy, add a Deny for everyone on s3:* when"
        " aws:SecureTransport is false, for the bucket and its objects.",
        "See that the next report arrives.",
    ),
    cli="""\
cat > bucket-policy.json <<'POLICY'
[[policy|json]]
POLICY
aws s3api put-bucket-policy --region [[region]] --bucket [[bucket]] --policy file://bucket-policy.json

cat > new-key-policy.json <<'POLICY'
[[fresh_document|json]]
POLICY
key=$(aws kms create-key --region [[region]] --description 'AWS Marketplace reports' \\
  --policy file://new-key-policy.json --query KeyMetadata.Arn --output text)
printf '{"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms",
  "KMSMasterKeyID": "%s"}, "BucketKeyEnabled": true}]}' "$key" > encryption.json
aws s3api put-bucket-encryption --region [[region]] --bucket [[bucket]] \\
  --server-side-encryption-configuration file://encryption.json

"""
    + REPAIR_CLI,
    cloudformation="""\
# Bucket [[stack]]; the policy replaces the one that is there.
Resources:

  ReportBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: [[bucket]]
      PolicyDocument:
        [[policy|json]]

  ReportKey:
    Type: AWS::KMS::Key
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        [[key_document|json]]
  ReportBucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: [[bucket]]
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: true
            ServerSideEncryptionByDefault:
              SSEAlgorithm: aws:kms
              KMSMasterKeyID: !GetAtt ReportKey.Arn
""",
    terraform="""\
# The policy replaces the one that is there.
resource "aws_s3_bucket_policy" "reports" {
  bucket = [[bucket]]
  policy = <<-POLICY
    [[policy|json]]
  POLICY
}

resource "aws_kms_key" "reports" {
  enable_key_rotation = true
  policy              = <<-POLICY
    [[key_document|json]]
  POLICY
}
resource "aws_s3_bucket_server_side_encryption_configuration" "reports" {
  bucket = [[bucket]]
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.reports.arn
    }
  }
}
""",
    breaks=(
        "Objects that are there keep the encryption they were written with.",
        "put-bucket-policy replaces the whole policy: the document holds what is there now.",
        "A reader of the reports needs kms:Decrypt on a new key.",
    ),
    way_back="Put the copies of the policy and of the encryption settings back.",
)

CONTROL = Control(
    module=__name__,
    title="Report buckets are encrypted at rest and in transit",
    severity=Severity.HIGH,
    risk="Subscriber data can be read on its way, or the key in front of it stops delivery.",
    remedy=REMEDY,
    references=(
        Reference("CIS AWS Foundations Benchmark 3.0, 2.1.1"),
        Reference(
            "AWS Foundational Security Best Practices, S3.5 and S3.17",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html",
        ),
        Reference("AWS Marketplace Seller Guide, Accessing data feeds"),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets", "kms.keys"),
    not_applicable_because="No bucket of the account takes reports, data feeds or contact data.",
    resources=report_buckets,
    check=check,
)
