"""CAS-06 on policies, ACLs and the two blocks of public access."""

from __future__ import annotations

import pytest

from scanner.controls.cas.cas_06_buckets_not_public import CONTROL
from scanner.facts.profile import Profile
from scanner.facts.s3 import AclGrant, Bucket, PublicAccessBlock
from scanner.remedy import fill
from scanner.scope.buckets import OTHER_ACCOUNT
from scanner.vocabulary import Observed, Partial, Severity, Unobserved
from tests.builders import ALL_BLOCKED, AUTHORIZATION_DETAILS, OWN, a_snapshot, denied
from tests.builders_cas import BUCKET, REPORTS, a_delivery_role
from tests.builders_storage import a_bucket
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, a_policy, allow

ACCOUNT = f"Account {OWN}"
OPEN = PublicAccessBlock()
THREE = PublicAccessBlock(True, True, True, False)
ALL_USERS = AclGrant("http://acs.amazonaws.com/groups/global/AllUsers", "READ")
NO_BLOCK = denied("s3:GetBucketPublicAccessBlock")
NO_ACCOUNT_BLOCK = denied("s3:GetAccountPublicAccessBlock")
NO_POLICY = denied("s3:GetBucketPolicy")
NO_ACL = denied("s3:GetBucketAcl")
NO_LIST = denied("s3:ListAllMyBuckets")
IAM = denied(AUTHORIZATION_DETAILS)
ELSEWHERE = Unobserved("s3:GetBucketLocation", OTHER_ACCOUNT)
READ_BY_ALL = allow("s3:GetObject", to="*", sid="Web")
IN_ORG = allow("s3:*", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}})


def critical(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.CRITICAL, says, shows=shows)


def medium(says: str = "", *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, f"but nothing keeps it so: {says}", shows=shows)


def of(
    sentence: str,
    expected: Expected,
    bucket: Bucket,
    account: Observed[PublicAccessBlock] = OPEN,
) -> Case:
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=(bucket,), account_block=account)
    return Case(sentence, snapshot, {BUCKET: expected})


EXPOSED = (
    of(
        "A public policy is critical and shown",
        critical("lets everyone in by Web (s3:GetObject).", shows='"Sid": "Web"'),
        a_bucket(block=OPEN, policy=READ_BY_ALL),
    ),
    of(
        "A block that leaves public policies alone does not help",
        critical("lets everyone in", shows="Block Public Access of the bucket: off: Restrict"),
        a_bucket(block=THREE, policy=READ_BY_ALL, public_policy=True),
    ),
    of(
        "What S3 calls public is public",
        critical("S3 says", shows="IsPublic: true"),
        a_bucket(block=OPEN, policy=allow("s3:*", to={"AWS": OWN}), public_policy=True),
    ),
    of(
        "A public ACL is critical",
        critical("The ACL of bucket larkfield-reports grants READ to everyone."),
        a_bucket(block=OPEN, ownership="ObjectWriter", acl=(ALL_USERS,)),
    ),
    of(
        "All ways are told",
        critical("(s3:GetObject). The ACL of bucket"),
        a_bucket(block=OPEN, ownership="", acl=(ALL_USERS,), policy=READ_BY_ALL),
    ),
    of(
        "A known exposure counts whatever else was not read",
        critical("lets everyone in"),
        a_bucket(block=OPEN, policy=READ_BY_ALL, ownership="", acl=NO_ACL),
    ),
)

CASES = (
    *EXPOSED,
    of("All four flags on the bucket pass", passes("cannot be made so"), a_bucket()),
    of("All four on the account pass", passes(), a_bucket(block=OPEN), ALL_BLOCKED),
    of(
        "Both together pass",
        passes(),
        a_bucket(block=PublicAccessBlock(True, True, False, False)),
        PublicAccessBlock(False, False, True, True),
    ),
    of("No flags at all are medium", medium("BlockPublicAcls, "), a_bucket(block=OPEN)),
    of("One flag off is medium", medium("RestrictPublicBuckets is off."), a_bucket(block=THREE)),
    of(
        "A blocked public policy is not exposed",
        passes(),
        a_bucket(policy=READ_BY_ALL, public_policy=True),
    ),
    of(
        "ACLs that are switched off open nothing",
        medium(),
        a_bucket(block=OPEN, acl=(ALL_USERS,)),
    ),
    of("An organisation is not the public", medium(), a_bucket(block=OPEN, policy=IN_ORG)),
    of(
        "An absent IsPublic leaves our own reading",
        medium(),
        a_bucket(block=OPEN, policy=allow("s3:*", to={"AWS": OWN}), public_policy=None),
    ),
    of("A policy that was not read", not_assessed(NO_POLICY.action), a_bucket(policy=NO_POLICY)),
    of(
        "A policy that does not parse",
        not_assessed(NO_POLICY.action, "no Statement"),
        a_bucket(block=OPEN, policy=a_malformed_policy(source=NO_POLICY.action)),
    ),
    of(
        "A bucket's block that was not read",
        not_assessed(NO_BLOCK.action),
        a_bucket(block=NO_BLOCK),
    ),
    of(
        "It is not needed where the account blocks all",
        passes(),
        a_bucket(block=NO_BLOCK),
        ALL_BLOCKED,
    ),
    of(
        "An account's block that was not read",
        not_assessed(NO_ACCOUNT_BLOCK.action),
        a_bucket(block=THREE, policy=READ_BY_ALL),
        NO_ACCOUNT_BLOCK,
    ),
    of(
        "An ACL that was not read",
        not_assessed(NO_ACL.action),
        a_bucket(block=OPEN, ownership="", acl=NO_ACL),
    ),
    of(
        "Another account's bucket is not assessed, whatever this account blocks",
        not_assessed(ELSEWHERE.action, OTHER_ACCOUNT),
        Bucket(BUCKET, f"arn:aws:s3:::{BUCKET}", *([ELSEWHERE] * 11)),
        ALL_BLOCKED,
    ),
    Case(
        "Feeds and contact data count as well",
        a_snapshot(
            buckets=(
                a_bucket("feed", block=OPEN, policy=allow("s3:PutObject", to=REPORTS)),
                a_bucket("contacts", block=OPEN, policy=READ_BY_ALL),
                a_bucket("assets", block=OPEN, policy=READ_BY_ALL),
            ),
            account_block=OPEN,
            profile=Profile(psc_buckets=("contacts",)),
        ),
        {"feed": medium(), "contacts": critical("lets everyone in")},
    ),
    Case("Without buckets it is not applicable", a_snapshot(), not_applicable("No bucket")),
    Case(
        "Without the list of buckets nothing is assessed",
        a_snapshot(roles=(a_delivery_role(),), buckets=NO_LIST),
        {BUCKET: not_assessed(NO_LIST.action), ACCOUNT: not_assessed(NO_LIST.action)},
    ),
    Case(
        "Roles that were not read may fill others",
        a_snapshot(
            roles=Partial((a_delivery_role(),), (IAM,)), buckets=(a_bucket(policy=a_policy()),)
        ),
        {BUCKET: passes(), ACCOUNT: not_assessed(IAM.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_report_buckets_are_not_public(case: Case) -> None:
    case.holds_for(CONTROL)


def test_a_role_that_may_write_anywhere_hides_its_bucket() -> None:
    role = a_delivery_role(allow("s3:PutObject"))
    outcomes = judged(CONTROL, a_snapshot(roles=(role,), buckets=(a_bucket(),)))
    assert outcomes[ACCOUNT].status == "not_assessed"
    assert "s3:PutObject on *, and the profile does not say" in outcomes[ACCOUNT].reason


@pytest.mark.parametrize("region", ["eu-west-1", denied("s3:GetBucketLocation")])
def test_the_commands_go_to_the_buckets_region(region: Observed[str]) -> None:
    bucket = a_bucket(block=OPEN, region=region)
    snapshot = a_snapshot(roles=(a_delivery_role(),), buckets=(bucket,), account_block=OPEN)
    outcome = judged(CONTROL, snapshot)[BUCKET]
    asked = region if isinstance(region, str) else "us-east-1"
    assert f"--region {asked} --bucket {BUCKET}" in fill(CONTROL.remedy, outcome.values).cli
    assert outcome.region == (region if isinstance(region, str) else "")
