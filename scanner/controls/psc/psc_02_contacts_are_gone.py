"""PSC-02: exported names, phones and e-mails of buyers outlived the service they were for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.s3 import ContactFile, LifecycleRule
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.buckets import FLAGS, block_facts, effective_block, exposures
from scanner.scope.cas import targets
from scanner.scope.psc import contact_buckets
from scanner.scope.reports import Kind, ReportBucket
from scanner.vocabulary import (
    HOME_REGION,
    NotSeen,
    Severity,
    Unobserved,
    complete,
    gaps,
    seen,
)

LIST = "s3:ListBucket"
READ_RULES = "s3:GetLifecycleConfiguration"
READ_VERSIONS = "s3:GetBucketVersioning"
NAMED_AT_MOST = 5


def check(resource: ReportBucket, snapshot: Snapshot) -> Verdict:
    """Among data sets or where people may get at them files are high, elsewhere medium."""
    bucket = resource.bucket
    files = seen(bucket.contacts)
    if not files:
        complete(bucket.contacts)
        fact = Fact("Files with buyers' contacts", "none", LIST)
        if snapshot.profile.psc_ever_enrolled:
            return passed(f"Bucket {bucket.name} holds no contacts of buyers.", fact)
        why = "No contacts of buyers are left, and nothing says that the service was ever used."
        return not_applicable(why, fact)
    facts = _facts(resource, files)
    values = {"bucket": bucket.name, "region": resource.region or HOME_REGION}
    held = f"Bucket {bucket.name} holds {_count(files)} with contacts of buyers"
    dangers, unsure = _dangers(resource, snapshot)
    if dangers:
        faults = [failed(f"{held} {one}.", *facts, values=values) for one in dangers]
        shown = failed(faults[0].reasons[0], *block_facts(bucket, snapshot), values=values)
        return all_faults([*faults, shown], shown)
    if unsure:
        raise NotSeen(*unsure)
    rule = _rule_for(files, resource, snapshot.now)
    if rule is not None:
        kept = Fact("Lifecycle rule", f"{rule.id} deletes them", READ_RULES)
        return passed(f"{held}, and a lifecycle rule will delete them.", *facts, kept)
    complete(bucket.lifecycle)
    reason = f"{held}, and no rule says when they go: the service ended on 30 November 2022."
    return failed(reason, *facts, severity=Severity.MEDIUM, values=values)


def _count(files: Sequence[ContactFile]) -> str:
    return "a file" if len(files) == 1 else f"{len(files)} files"


def _facts(resource: ReportBucket, files: Sequence[ContactFile]) -> list[Fact]:
    facts = [
        Fact(one.key, f"{one.modified:%Y-%m-%d}" if one.modified else "of unknown date", LIST)
        for one in files[:NAMED_AT_MOST]
    ]
    versioning = resource.bucket.versioning
    if not isinstance(versioning, Unobserved) and versioning.status:
        told = f"{versioning.status}: deleted files live on as noncurrent versions until purged"
        facts.append(Fact("Versioning", told, READ_VERSIONS))
    return facts


def _dangers(
    resource: ReportBucket, snapshot: Snapshot
) -> tuple[list[str], tuple[Unobserved, ...]]:
    """Why the files are in the wrong place, and what would have to be read to say that not."""
    bucket = resource.bucket
    found = []
    if Kind.CAS in resource.kinds:
        found.append("among the data sets of Commerce Analytics")
    exposed = exposures(bucket, snapshot)
    if exposed.found:
        found.append("and is public")
    block = effective_block(bucket, snapshot)
    is_off = not isinstance(block, Unobserved) and not all(getattr(block, one) for one in FLAGS)
    if is_off and not exposed.found:
        found.append("and nothing keeps it from becoming public")
    by_roles = gaps(targets(snapshot, "s3:PutObject"))
    return found, (*exposed.gaps, *gaps(block), *by_roles)


def _rule_for(
    files: Sequence[ContactFile], resource: ReportBucket, now: datetime
) -> LifecycleRule | None:
    """The rule that states how long the newest file is kept, and that time is not over."""
    dated = [(one.modified, one.key) for one in files if one.modified is not None]
    if len(dated) < len(files):
        return None
    modified, key = max(dated)
    for rule in seen(resource.bucket.lifecycle):
        if rule.enabled and not rule.narrowed and key.startswith(rule.prefix):
            days = rule.expires_days
            ends = rule.expires_on if days is None else modified + timedelta(days=days)
            if ends is not None and ends > now:
                return rule
    return None


NO_CODE = "Deleting files is no part of a stack, and a rule needs a prefix that exports lack."

REMEDY = Remedy(
    summary="Delete the exported contacts of buyers from bucket [[bucket]].",
    minutes=30,
    console=(
        "Ask whether the law makes you keep some of it, and export that to a protected place.",
        "In S3 open [[bucket]], switch on Show versions, and search for"
        " customer_support_contacts_data.",
        "Delete all files and versions whose names hold it; test_customer_support_contacts_data"
        " is made up and may stay.",
        "Look for copies elsewhere: mailboxes, CRM, laptops.",
    ),
    cli="""\
# This cannot be undone. Export first what the law makes you keep.
aws s3api list-object-versions --region [[region]] --bucket [[bucket]] --output text \\
  --query "Versions[?contains(Key,'customer_support_contacts_data') && !contains(Key,'test_customer_support_contacts_data')].[Key,VersionId]" |
  while IFS=$'\\t' read -r key version; do
    test -z "$version" ||
      aws s3api delete-object --region [[region]] --bucket [[bucket]] --key "$key" --version-id "$version"
  done
""",
    breaks=("The files and their versions are gone for good.",),
    way_back="There is none: deleted versions do not come back.",
    without=(("cloudformation", NO_CODE), ("terraform", NO_CODE)),
)

CONTROL = Control(
    module=__name__,
    title="Leftover buyer contact data is gone or separated and protected",
    severity=Severity.HIGH,
    risk="Buyers who opted out are still in your files, and a leak is yours to report.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide of June 2023, Product Support Connection"),
        Reference(
            "Amazon S3 user guide, Deleting object versions",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html",
        ),
    ),
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets", "s3.account_block"),
    not_applicable_because="No bucket took data sets or exports of contacts.",
    resources=contact_buckets,
    check=check,
)
