"""CT-06: log buckets are closed to the public, to foreign writers and to trails of others."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ct.ct_06_log_bucket_is_closed import CONTROL
from scanner.facts.cloudtrail import Trail
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.s3 import AclGrant, Bucket, PublicAccessBlock
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy, fill
from scanner.scope.buckets import OTHER_ACCOUNT
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Severity, Unobserved
from tests.builders import ALL_BLOCKED, ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import a_trail
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

TRAILS = "cloudtrail:DescribeTrails"
BUCKETS = "s3:ListAllMyBuckets"
POLICY = "s3:GetBucketPolicy"
ACL = "s3:GetBucketAcl"
BLOCK = "s3:GetBucketPublicAccessBlock"
ACCOUNT_BLOCK = "s3:GetAccountPublicAccessBlock"
ORGANIZATIONS = "organizations:DescribeOrganization"
OPEN = PublicAccessBlock()
NAME = "seller-trail-logs"
ARN = f"arn:aws:s3:::{NAME}"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"
TRAIL = a_trail()
CHECK_ACL = allow("s3:GetBucketAcl", on=ARN, to=CLOUDTRAIL, sid="check")


def write(
    key: str = "aws:SourceArn", value: object = TRAIL.arn, operator: str = "StringEquals"
) -> Document:
    return allow("s3:PutObject", on=f"{ARN}/AWSLogs/*", to=CLOUDTRAIL, when={operator: {key: value}}, sid="write")  # fmt: skip


LOOSE = allow("s3:PutObject", on=f"{ARN}/AWSLogs/*", to=CLOUDTRAIL, sid="write")
FOREIGN = allow("s3:PutObject", on=f"{ARN}/*", to={"AWS": STRANGER}, sid="foreign")
PUBLIC = allow("s3:GetObject", on=f"{ARN}/*", to="*", sid="public")


FOREIGN_TRAIL = f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/x"
FOREIGN_ORG = "o-foreign1234"
FOREIGNERS = (
    (f"foreign account {STRANGER}", "aws:SourceArn", FOREIGN_TRAIL),
    (f"foreign account {STRANGER}", "aws:SourceAccount", [OWN, STRANGER]),
    (f"foreign organisation {FOREIGN_ORG}", "aws:SourceOrgID", FOREIGN_ORG),
    (f"foreign organisation {FOREIGN_ORG}", "aws:PrincipalOrgID", [ORGANIZATION.id, FOREIGN_ORG]),
    (f"foreign organisation {FOREIGN_ORG}", "aws:PrincipalOrgPaths", f"{FOREIGN_ORG}/r-ab12/*"),
)


def everyone(key: str, value: object) -> Document:
    return allow("s3:PutObject", on=f"{ARN}/*", to="*", when={"StringLike": {key: value}})


def with_bucket(
    *statements: Document,
    block: Observed[PublicAccessBlock] = ALL_BLOCKED,
    account_block: Observed[PublicAccessBlock] = OPEN,
    acl: Listed[AclGrant] = (),
    ownership: str = "BucketOwnerEnforced",
    policy: Unobserved | None = None,
    trails: Listed[Trail] = (TRAIL,),
    organization: Observed[Organization | None] = None,
    profile: Profile | None = None,
) -> Snapshot:
    said = a_policy(*statements, source=POLICY) if statements else None
    bucket = a_bucket(NAME, policy=policy or said, block=block, acl=acl, ownership=ownership)
    return a_snapshot(
        trails=trails,
        buckets=(bucket,),
        account_block=account_block,
        organization=organization,
        profile=profile,
    )


def elsewhere() -> Bucket:
    gap = Unobserved(POLICY, OTHER_ACCOUNT, HOME_REGION)
    return a_bucket(NAME, region=gap, policy=gap, public_policy=gap, block=gap, acl=gap, ownership=gap)  # fmt: skip


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def critical(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.CRITICAL, says, shows=shows)


CASES = (
    Case(
        "a bucket that takes writes of its trail alone passes",
        with_bucket(CHECK_ACL, write()),
        passes(f"Bucket {NAME} is closed to the public", shows="s3:GetBucketAcl"),
    ),
    Case(
        "everyone who may read makes it critical",
        with_bucket(write(), PUBLIC, block=OPEN),
        critical("lets everyone in by public (s3:GetObject)", shows='"Sid": "public"'),
    ),
    Case(
        "an ACL for everyone too",
        with_bucket(write(), block=OPEN, acl=(AclGrant(EVERYONE, "READ"),), ownership=""),
        critical("grants READ to everyone", shows="READ to http://acs"),
    ),
    Case(
        "the bucket's own block neutralises a public policy",
        with_bucket(write(), PUBLIC),
        passes(),
    ),
    Case(
        "so does the account's",
        with_bucket(write(), PUBLIC, block=OPEN, account_block=ALL_BLOCKED),
        passes(),
    ),
    Case(
        "a block that is not whole is medium",
        with_bucket(write(), block=PublicAccessBlock(True, True, True, False)),
        medium("not blocked for good: RestrictPublicBuckets off.", shows="off: RestrictPublicBuckets"),
    ),
    Case(
        "both sides together may be whole",
        with_bucket(
            write(),
            block=PublicAccessBlock(True, True, False, False),
            account_block=PublicAccessBlock(False, False, True, True),
        ),
        passes(),
    ),
    Case(
        "CloudTrail on behalf of anybody is medium",
        with_bucket(CHECK_ACL, LOOSE),
        medium("statement write lets CloudTrail write for trails of unknown accounts.", shows='"Sid": "write"'),
    ),
    Case("a trail of ours by pattern", with_bucket(write(value=f"arn:aws:cloudtrail:*:{OWN}:trail/*", operator="ArnLike")), passes()),
    Case("our account as source", with_bucket(write("aws:SourceAccount", OWN)), passes()),
    Case(
        "our organisation as source",
        with_bucket(write("aws:SourceOrgID", ORGANIZATION.id), organization=ORGANIZATION),
        passes(),
    ),
    Case(
        "another organisation as source",
        with_bucket(write("aws:SourceOrgID", "o-foreign1234"), organization=ORGANIZATION),
        medium("trails of unknown accounts"),
    ),
    Case(
        "an organisation that cannot be read is not assessed",
        with_bucket(
            write("aws:SourceOrgID", ORGANIZATION.id), organization=denied(ORGANIZATIONS)
        ),
        not_assessed(ORGANIZATIONS),
    ),
    Case(
        "a trail of a foreign account as source",
        with_bucket(write(value=f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/x")),
        medium("trails of unknown accounts"),
    ),
    Case(
        "a trail of an approved account as source",
        with_bucket(
            write(value=f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/x"),
            profile=Profile(approved_accounts=(STRANGER,)),
        ),
        passes(),
    ),
    Case(
        "the organization trail that is known to write here as source",
        with_bucket(
            write(value=f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/org"),
            trails=(
                a_trail("org", account=STRANGER, organization=True, bucket=NAME),
            ),
        ),
        passes(),
    ),
    Case(
        "IfExists pins nothing",
        with_bucket(write(operator="StringEqualsIfExists")),
        medium("trails of unknown accounts"),
    ),
    Case(
        "CloudTrail that may only look at the ACL is required",
        with_bucket(CHECK_ACL),
        passes(),
    ),
    Case(
        "a foreign account that may write is high",
        with_bucket(write(), FOREIGN),
        fails(Severity.HIGH, f"foreign lets foreign account {STRANGER} change or delete", shows='"Sid": "foreign"'),
    ),
    Case(
        "a foreign account that may delete is high",
        with_bucket(allow("s3:DeleteObject*", on=f"{ARN}/*", to={"AWS": STRANGER})),
        fails(Severity.HIGH, "statement 1 lets foreign account"),
    ),
    Case(
        "a foreign account that may change how long logs live is high",
        with_bucket(allow("s3:PutLifecycleConfiguration", on=ARN, to={"AWS": STRANGER})),
        fails(Severity.HIGH, "foreign account"),
    ),
    Case(
        "a foreign reader is not judged here",
        with_bucket(allow("s3:GetObject", on=f"{ARN}/*", to={"AWS": STRANGER})),
        passes(),
    ),
    Case(
        "an approved account may write",
        with_bucket(FOREIGN, profile=Profile(approved_accounts=(STRANGER,))),
        passes(),
    ),
    Case(
        "a Deny takes it away",
        with_bucket(FOREIGN, deny("s3:PutObject", on=f"{ARN}/*", to="*")),
        passes(),
    ),
    Case(
        "everyone from a foreign account is that account",
        with_bucket(
            allow(
                "s3:PutObject",
                on=f"{ARN}/*",
                to="*",
                when={"StringEquals": {"aws:PrincipalAccount": STRANGER}},
            )
        ),
        fails(Severity.HIGH, f"foreign account {STRANGER}"),
    ),
    *(
        Case(
            f"everyone from {who} is that",
            with_bucket(everyone(key, value), organization=ORGANIZATION),
            fails(Severity.HIGH, f"statement 1 lets {who} change or delete"),
        )
        for who, key, value in FOREIGNERS
    ),
    Case(
        "everyone of our organisation is ours",
        with_bucket(everyone("aws:PrincipalOrgID", ORGANIZATION.id), organization=ORGANIZATION),
        passes(),
    ),
    Case(
        "an organisation that cannot be read may be a foreign one",
        with_bucket(
            everyone("aws:PrincipalOrgID", ORGANIZATION.id), organization=denied(ORGANIZATIONS)
        ),
        not_assessed(ORGANIZATIONS),
    ),
    Case(
        "a foreign writer beside it is proven all the same",
        with_bucket(
            everyone("aws:PrincipalOrgID", ORGANIZATION.id),
            FOREIGN,
            organization=denied(ORGANIZATIONS),
        ),
        fails(Severity.HIGH, "foreign account"),
    ),
    Case("everyone on behalf of our trail", with_bucket(everyone("aws:SourceArn", TRAIL.arn)), passes()),
    Case(
        "everyone on behalf of the organization trail that is known to write here",
        with_bucket(
            everyone("aws:SourceArn", f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/org"),
            trails=(a_trail("org", account=STRANGER, organization=True, bucket=NAME),),
        ),
        passes(),
    ),
    Case(
        "all faults are told and the worst counts",
        with_bucket(LOOSE, FOREIGN, PUBLIC, block=OPEN),
        critical("foreign account"),
    ),
    Case("a bucket without a policy passes", with_bucket(), passes()),
    Case(
        "the bucket of a trail that is off holds old logs",
        with_bucket(LOOSE, trails=(a_trail(logging=False),)),
        medium("trails of unknown accounts"),
    ),
    Case(
        "one bucket of two trails is judged once",
        with_bucket(write(), trails=(TRAIL, a_trail("second", bucket=NAME))),
        passes(),
    ),
    Case(
        "a bucket of another account is not assessed",
        a_snapshot(trails=(TRAIL,)),
        not_assessed(BUCKETS, f"bucket {NAME} is not one of this account's"),
    ),
    Case(
        "a bucket that says it is another account's is not assessed",
        a_snapshot(trails=(TRAIL,), buckets=(elsewhere(),)),
        not_assessed(BUCKETS, "OtherAccount"),
    ),
    Case(
        "buckets that cannot be listed are not assessed",
        a_snapshot(trails=(TRAIL,), buckets=denied(BUCKETS)),
        not_assessed(BUCKETS),
    ),
    Case(
        "a policy that cannot be read is not assessed",
        with_bucket(policy=denied(POLICY, HOME_REGION)),
        not_assessed(POLICY, f"Who can reach bucket {NAME} is not known in full."),
    ),
    Case(
        "a malformed policy is not assessed",
        with_bucket(policy=a_malformed_policy(source=POLICY)),
        not_assessed(POLICY),
    ),
    Case(
        "an ACL that cannot be read may be worse than what is known",
        with_bucket(LOOSE, block=OPEN, acl=denied(ACL, HOME_REGION), ownership=""),
        not_assessed(ACL, "lets CloudTrail write for trails of unknown accounts."),
    ),
    Case(
        "a block of the account that cannot be read may be whole",
        with_bucket(write(), block=OPEN, account_block=denied(ACCOUNT_BLOCK)),
        not_assessed(ACCOUNT_BLOCK),
    ),
    Case(
        "a block of the bucket that cannot be read may be whole",
        with_bucket(write(), block=denied(BLOCK, HOME_REGION)),
        not_assessed(BLOCK),
    ),
    Case(
        "an unread block beside a foreign writer does not matter",
        with_bucket(FOREIGN, block=OPEN, account_block=denied(ACCOUNT_BLOCK)),
        fails(Severity.HIGH, "foreign account"),
    ),
    Case(
        "an unread block of the account hides whether the public gets in",
        with_bucket(LOOSE, PUBLIC, block=OPEN, account_block=denied(ACCOUNT_BLOCK)),
        not_assessed(ACCOUNT_BLOCK),
    ),
    Case("without trails CT-01 has said it", a_snapshot(), not_applicable("CT-01 says so")),
    Case(
        "refused trails are not assessed",
        a_snapshot(trails=denied(TRAILS, HOME_REGION)),
        not_assessed(TRAILS),
    ),
    Case(
        "trails of a region that was refused may have a bucket of their own",
        with_bucket(write(), trails=Partial((TRAIL,), (denied(TRAILS, "eu-north-1"),))),
        {NAME: passes(), f"Account {OWN}": not_assessed(TRAILS)},
    ),
    Case(
        "a hostile statement id stays text",
        with_bucket(allow("s3:PutObject", on=f"{ARN}/*", to=CLOUDTRAIL, sid="$(reboot)")),
        medium("$(reboot) lets CloudTrail"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_log_buckets_are_closed(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_for(snapshot: Snapshot) -> Remedy:
    (outcome,) = outcomes_of(CONTROL, snapshot)
    return fill(CONTROL.remedy, outcome.values)


def statements_of(remedy: Remedy) -> list[Document]:
    document = json.loads(remedy.cli.split("<<'JSON'\n")[1].split("\nJSON\n")[0])
    statements: list[Document] = document["Statement"]
    return statements


def after(remedy: Remedy) -> str:
    (outcome,) = outcomes_of(CONTROL, with_bucket(*statements_of(remedy)))
    return outcome.status


def test_a_loose_statement_is_tied_to_the_trails_that_write_here() -> None:
    loose = allow(
        "s3:PutObject",
        on=f"{ARN}/AWSLogs/*",
        to=CLOUDTRAIL,
        when={
            "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "AWS:SourceArn": "*"},
            "ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{STRANGER}:trail/*"},
        },
    )
    second = a_trail("second", bucket=NAME)
    remedy = remedy_for(with_bucket(CHECK_ACL, loose, trails=(TRAIL, second)))
    check_acl, tied = statements_of(remedy)
    assert check_acl == CHECK_ACL
    assert tied["Condition"] == {
        "StringEquals": {
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:SourceArn": [second.arn, TRAIL.arn],
        }
    }
    assert "put-public-access-block" not in remedy.cli
    assert after(remedy) == "pass"


def test_strangers_go_and_their_neighbours_stay() -> None:
    both = allow(
        "s3:PutObject", on=f"{ARN}/*", to={"AWS": [OWN, f"arn:aws:iam::{STRANGER}:role/x"]}
    )
    remedy = remedy_for(with_bucket(FOREIGN, both, write()))
    assert [one["Principal"] for one in statements_of(remedy)] == [{"AWS": OWN}, CLOUDTRAIL]
    assert after(remedy) == "pass"


def test_another_service_of_a_loose_statement_is_not_tied_to_the_trail() -> None:
    services = ["cloudtrail.amazonaws.com", "config.amazonaws.com"]
    where = f"{ARN}/AWSLogs/{OWN}/*"
    both = allow("s3:PutObject", on=where, to={"AWS": OWN, "Service": services}, sid="Logs")
    remedy = remedy_for(with_bucket(both))
    pin = {"StringEquals": {"aws:SourceArn": TRAIL.arn}}
    others = {"AWS": OWN, "Service": "config.amazonaws.com"}
    assert statements_of(remedy) == [
        allow("s3:PutObject", on=where, to=CLOUDTRAIL, when=pin, sid="Logs"),
        allow("s3:PutObject", on=where, to=others),
    ]
    assert after(remedy) == "pass"


def test_a_foreign_organisation_goes_out_of_the_condition() -> None:
    remedy = remedy_for(
        with_bucket(
            everyone("aws:PrincipalOrgID", [ORGANIZATION.id, FOREIGN_ORG]),
            organization=ORGANIZATION,
        )
    )
    assert statements_of(remedy) == [everyone("aws:PrincipalOrgID", [ORGANIZATION.id])]


def test_a_public_bucket_is_closed_twice() -> None:
    remedy = remedy_for(with_bucket(write(), PUBLIC, block=OPEN))
    assert statements_of(remedy) == [write()]
    assert "RestrictPublicBuckets=true" in remedy.cli
    assert "delete-bucket-policy" not in remedy.cli


def test_a_policy_of_which_nothing_is_left_is_deleted() -> None:
    remedy = remedy_for(with_bucket(FOREIGN))
    assert remedy.cli.strip() == f"aws s3api delete-bucket-policy --bucket {NAME}"
    assert remedy.cloudformation == ""


def test_without_a_policy_at_fault_only_the_block_is_set() -> None:
    remedy = remedy_for(with_bucket(write(), block=OPEN))
    assert "put-bucket-policy" not in remedy.cli
    assert "put-public-access-block" in remedy.cli
