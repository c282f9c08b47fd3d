"""CAS-08: a bucket policy that lets others in hands your customers' data to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, policy_excerpt
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.remedy import Remedy
from scanner.scope.buckets import READ_POLICY
from scanner.scope.guests import called, guests
from scanner.scope.pins import pinned
from scanner.scope.reports import REPORTS_SERVICE, ReportBucket, report_buckets
from scanner.scope.resource_rewrites import narrowed, to_account
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, Unobserved, known


@dataclass
class Found:
    """What the statements of a policy admit, and what would have to be read to know."""

    faults: list[Verdict] = field(default_factory=list)
    unwanted: dict[int, set[str]] = field(default_factory=dict)
    unpinned: set[int] = field(default_factory=set)
    statements: list[Statement] = field(default_factory=list)
    gaps: list[Unobserved] = field(default_factory=list)

    def add(self, statement: Statement, reason: str, severity: Severity) -> None:
        """Note one fault of a statement."""
        self.faults.append(failed(reason, severity=severity))
        self.statements.append(statement)


def check(resource: ReportBucket, snapshot: Snapshot) -> Verdict:
    """Strangers are high, an unpinned reports service medium, the CAS account itself low."""
    bucket = resource.bucket
    policy = known(bucket.policy)
    if policy is None:
        reason = f"Bucket {bucket.name} has no policy: only identities of this account can use it."
        return passed(reason)
    found = _found(bucket.name, policy, snapshot)
    high = any(one.severity is Severity.HIGH for one in found.faults)
    if found.gaps and not high:
        raise NotSeen(*found.gaps)
    note = "The marked statements let others in, or a service act for others."
    excerpt = policy_excerpt(
        "Bucket policy",
        policy,
        found.statements,
        note=note if found.faults else "",
        read_by=READ_POLICY,
    )
    if not found.faults:
        reason = f"The policy of bucket {bucket.name} admits nobody but this account's own."
        return passed(reason, excerpt, *_remarks(policy, snapshot))
    document = narrowed(
        policy,
        found.unwanted,
        dict.fromkeys(found.unpinned, to_account(snapshot.account.id)),
    )
    values = {
        "bucket": bucket.name,
        "region": resource.region or HOME_REGION,
        "labels": ", ".join(dict.fromkeys(one.label for one in found.statements)),
        "policy": document,
        "bare_bucket": "" if document else bucket.name,
    }
    return replace(all_faults(found.faults, found.faults[0]), evidence=(excerpt,), values=values)


def _found(name: str, policy: Policy, snapshot: Snapshot) -> Found:
    found = Found()
    for one in policy.allows():
        try:
            _judge_guests(name, one, snapshot, found)
        except NotSeen as unseen:
            found.gaps += unseen.gaps
        _judge_service(name, one, snapshot, found)
    return found


def _judge_guests(name: str, one: Statement, snapshot: Snapshot, found: Found) -> None:
    for guest in guests(one, snapshot):
        is_cas = guest == CAS_ACCOUNT
        if snapshot.profile.approves(guest, snapshot.account.id) and not is_cas:
            continue
        found.unwanted.setdefault(one.index, set()).add(guest)
        why = ", which delivers through its role and needs no policy" if is_cas else ""
        reason = (
            f"Statement {one.sid or one.index + 1} lets {called(guest, approved=is_cas)} use"
            f" bucket {name}{why}."
        )
        found.add(one, reason, Severity.LOW if is_cas else Severity.HIGH)


def _judge_service(name: str, one: Statement, snapshot: Snapshot, found: Found) -> None:
    if REPORTS_SERVICE not in one.services():
        return
    answer = pinned(one, REPORTS_SERVICE, snapshot)
    if isinstance(answer, Unobserved):
        found.gaps.append(answer)
    elif not answer:
        found.unpinned.add(one.index)
        reason = (
            f"Statement {one.sid or one.index + 1} lets {REPORTS_SERVICE} use bucket {name} for any seller:"
            " no condition names this account."
        )
        found.add(one, reason, Severity.MEDIUM)


def _remarks(policy: Policy, snapshot: Snapshot) -> tuple[Fact, ...]:
    """Other services that act for anybody are told, not judged (controls.md CAS-08)."""
    loose = [
        service
        for one in policy.allows()
        for service in one.services()
        if pinned(one, service, snapshot) is False
    ]
    names = ", ".join(dict.fromkeys(loose))
    return (Fact("Services not tied to this account", names, READ_POLICY),) if names else ()


REMEDY = Remedy(
    summary="Let only this account, and services acting for it, use bucket [[bucket]].",
    minutes=15,
    console=(
        "In S3 open [[bucket]], Permissions, Bucket policy, and keep a copy.",
        "Edit [[labels]]: take foreign principals out, and give"
        f" {REPORTS_SERVICE} a condition StringEquals aws:SourceAccount with this account's id.",
        "Whoever outside has to read reports gets a role in this account to assume.",
        "See that the next report or feed arrives.",
    ),
    cli="""\
cat > bucket-policy.json <<'POLICY'
[[policy|json]]
POLICY
aws s3api put-bucket-policy --region [[region]] --bucket [[bucket]] --policy file://bucket-policy.json

aws s3api delete-bucket-policy --region [[region]] --bucket [[bare_bucket]]
""",
    cloudformation="""\
# Replaces the whole policy of the bucket.
Resources:
  ReportBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: [[bucket]]
      PolicyDocument:
        [[policy|json]]
""",
    terraform="""\
# Replaces the whole policy of the bucket.
resource "aws_s3_bucket_policy" "reports" {
  bucket = [[bucket]]
  policy = <<-POLICY
    [[policy|json]]
  POLICY
}
""",
    breaks=(
        "A reader in another account loses the bucket: let it assume a role here.",
        "A wrong aws:SourceArn stops feeds; aws:SourceAccount alone is the safe start.",
    ),
    way_back="aws s3api put-bucket-policy with the copy of the policy.",
)

CONTROL = Control(
    module=__name__,
    title="Report bucket policies admit only own principals and pinned AWS services",
    severity=Severity.HIGH,
    risk="Other accounts read who your customers are, or have a service write in their name.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Accessing data feeds"),
        Reference(
            "AWS Foundational Security Best Practices, S3.6",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html",
        ),
        Reference(
            "AWS IAM user guide, The confused deputy problem",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        ),
    ),
    reads=(
        "iam.roles",
        "iam.groups",
        "iam.policies",
        "s3.buckets",
        "organizations.organization",
    ),
    not_applicable_because="No bucket of the account takes reports, data feeds or contact data.",
    resources=report_buckets,
    check=check,
)
