"""Public access blocks, exposures and finding a bucket by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.facts.s3 import AclGrant, Bucket, PublicAccessBlock
from scanner.policy import Policy
from scanner.scope.buckets import (
    OTHER_ACCOUNT,
    block_facts,
    bucket_named,
    effective_block,
    exposures,
    region_of,
)
from scanner.vocabulary import Observed, Partial, Unobserved, known
from tests.builders import ALL_BLOCKED, OWN, a_snapshot, denied
from tests.builders_storage import a_bucket
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny

OPEN = PublicAccessBlock()
RESTRICTED = PublicAccessBlock(restrict_buckets=True)
NO_BLOCK = denied("s3:GetBucketPublicAccessBlock")
NO_ACCOUNT_BLOCK = denied("s3:GetAccountPublicAccessBlock")
NO_POLICY = denied("s3:GetBucketPolicy")
NO_STATUS = denied("s3:GetBucketPolicyStatus")
NO_ACL = denied("s3:GetBucketAcl")
NO_OWNERSHIP = denied("s3:GetBucketOwnershipControls")
ELSEWHERE = Unobserved("s3:GetBucketPolicy", OTHER_ACCOUNT)
ALL_USERS = AclGrant("http://acs.amazonaws.com/groups/global/AllUsers", "READ")
ANYBODY_SIGNED_IN = AclGrant("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "WRITE")
OWNER = AclGrant("79a59d", "FULL_CONTROL")
READ_BY_ALL = allow("s3:GetObject", to="*", sid="Web")


def test_each_flag_holds_by_either_side() -> None:
    bucket = a_bucket(block=PublicAccessBlock(True, False, True, False))
    snapshot = a_snapshot(account_block=PublicAccessBlock(False, True, False, False))
    assert effective_block(bucket, snapshot) == PublicAccessBlock(True, True, True, False)


@pytest.mark.parametrize(
    ("account", "own", "expected"),
    [
        (NO_ACCOUNT_BLOCK, ALL_BLOCKED, ALL_BLOCKED),
        (ALL_BLOCKED, NO_BLOCK, ALL_BLOCKED),
        (RESTRICTED, NO_BLOCK, NO_BLOCK),
        (NO_ACCOUNT_BLOCK, RESTRICTED, NO_ACCOUNT_BLOCK),
        (ALL_BLOCKED, ELSEWHERE, ELSEWHERE),
        (OPEN, OPEN, OPEN),
    ],
)
def test_a_side_that_was_not_read_hides_only_what_the_other_does_not_show(
    account: Observed[PublicAccessBlock],
    own: Observed[PublicAccessBlock],
    expected: Observed[PublicAccessBlock],
) -> None:
    assert effective_block(a_bucket(block=own), a_snapshot(account_block=account)) == expected


def test_both_sides_are_shown() -> None:
    snapshot = a_snapshot(account_block=RESTRICTED)
    facts = block_facts(a_bucket(block=NO_BLOCK), snapshot)
    assert facts[0].value == "off: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy"
    assert facts[1].value == "not read"
    assert block_facts(a_bucket(), snapshot)[1].value == "all four flags on"


def exposed(
    bucket: Bucket, account: Observed[PublicAccessBlock] = OPEN
) -> tuple[list[str], set[str]]:
    """The sentences, and the actions that are missing."""
    result = exposures(bucket, a_snapshot(account_block=account))
    return [one.reason for one in result.found], {gap.action for gap in result.gaps}


BY_POLICY = "The policy of bucket larkfield-reports lets everyone in by Web (s3:GetObject)."


@pytest.mark.parametrize(
    ("bucket", "reasons", "missing"),
    [
        (a_bucket(block=OPEN), [], set()),
        (a_bucket(block=OPEN, policy=READ_BY_ALL), [BY_POLICY], set()),
        (a_bucket(block=RESTRICTED, policy=READ_BY_ALL, public_policy=True), [], set()),
        (a_bucket(block=NO_BLOCK, policy=READ_BY_ALL), [], {NO_BLOCK.action}),
        (a_bucket(block=NO_BLOCK), [], set()),
        (
            a_bucket(block=OPEN, policy=allow("s3:*", to={"AWS": OWN}), public_policy=True),
            ["S3 says that the policy of bucket larkfield-reports is public."],
            set(),
        ),
        (
            a_bucket(block=OPEN, policy=NO_POLICY, public_policy=True),
            ["S3 says that the policy of bucket larkfield-reports is public."],
            set(),
        ),
        (a_bucket(block=OPEN, policy=NO_POLICY), [], {NO_POLICY.action}),
        (
            a_bucket(block=OPEN, policy=a_malformed_policy(source=NO_POLICY.action)),
            [],
            {NO_POLICY.action},
        ),
        (a_bucket(block=OPEN, public_policy=NO_STATUS), [], set()),
        (
            a_bucket(block=OPEN, policy=allow("s3:*", to={"AWS": OWN}), public_policy=None),
            [],
            set(),
        ),
        (
            a_bucket(block=OPEN, policy=allow("s3:*", to={"AWS": OWN}), public_policy=NO_STATUS),
            [],
            {NO_STATUS.action},
        ),
        (a_bucket(block=OPEN, policy=READ_BY_ALL, public_policy=NO_STATUS), [BY_POLICY], set()),
    ],
)
def test_a_policy_exposes(bucket: Bucket, reasons: list[str], missing: set[str]) -> None:
    assert exposed(bucket) == (reasons, missing)


@pytest.mark.parametrize(
    ("statements", "is_open"),
    [
        ((allow("s3:*", to={"AWS": "*"}),), True),
        ((allow("s3:*", to="*", when={"Bool": {"aws:SecureTransport": "true"}}),), True),
        ((allow("s3:*", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2"}}),), False),
        ((allow("s3:*", to="*", when={"StringEquals": {"aws:SourceVpce": "vpce-0a"}}),), False),
        ((allow("s3:*", to="*", when={"StringEquals": {"s3:ResourceAccount": OWN}}),), True),
        (({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "s3:*"},), True),
        (({"Effect": "Allow", "Principal": "*", "NotAction": "s3:PutObject"},), True),
        ((READ_BY_ALL, deny("s3:*", to="*")), False),
        ((READ_BY_ALL, deny("s3:PutObject", to="*")), True),
        ((READ_BY_ALL, deny("s3:*", to="*", on="arn:aws:s3:::larkfield-reports")), True),
        ((READ_BY_ALL, deny("s3:*", to="*", when={"Null": {"aws:userid": "true"}})), True),
    ],
)
def test_a_statement_is_open_to_everyone(
    statements: tuple[Document, ...], *, is_open: bool
) -> None:
    bucket = a_bucket(block=OPEN, policy=a_policy(*statements))
    assert bool(exposed(bucket)[0]) == is_open


BY_ACL = "The ACL of bucket larkfield-reports grants READ to everyone."


@pytest.mark.parametrize(
    ("bucket", "reasons", "missing"),
    [
        (a_bucket(block=OPEN, ownership="", acl=(OWNER,)), [], set()),
        (a_bucket(block=OPEN, ownership="", acl=(OWNER, ALL_USERS)), [BY_ACL], set()),
        (
            a_bucket(block=OPEN, ownership="ObjectWriter", acl=(ANYBODY_SIGNED_IN,)),
            [BY_ACL.replace("READ to everyone", "WRITE to everyone with an AWS account")],
            set(),
        ),
        (a_bucket(block=OPEN, acl=(ALL_USERS,)), [], set()),
        (
            a_bucket(block=PublicAccessBlock(ignore_acls=True), ownership="", acl=(ALL_USERS,)),
            [],
            set(),
        ),
        (a_bucket(block=OPEN, ownership="", acl=NO_ACL), [], {NO_ACL.action}),
        (a_bucket(block=OPEN, ownership="", acl=Partial((ALL_USERS,), (NO_ACL,))), [BY_ACL], set()),
        (a_bucket(block=OPEN, ownership=NO_OWNERSHIP), [], set()),
        (
            a_bucket(block=OPEN, ownership=NO_OWNERSHIP, acl=(ALL_USERS,)),
            [],
            {NO_OWNERSHIP.action},
        ),
        (a_bucket(block=NO_BLOCK, ownership="", acl=(ALL_USERS,)), [], {NO_BLOCK.action}),
    ],
)
def test_an_acl_exposes(bucket: Bucket, reasons: list[str], missing: set[str]) -> None:
    assert exposed(bucket) == (reasons, missing)


def test_the_account_may_neutralise_both() -> None:
    bucket = a_bucket(block=OPEN, ownership="", acl=(ALL_USERS,), policy=READ_BY_ALL)
    assert len(exposed(bucket)[0]) == 2
    assert exposed(bucket, ALL_BLOCKED) == ([], set())


def test_the_evidence_marks_the_statement_and_what_s3_says() -> None:
    policy = a_policy(allow("s3:PutObject", to={"AWS": OWN}), READ_BY_ALL)
    bucket = a_bucket(block=OPEN, policy=policy, public_policy=True)
    (one,) = exposures(bucket, a_snapshot(account_block=OPEN)).found
    assert [piece.read_by for piece in one.evidence] == [NO_POLICY.action, NO_STATUS.action]


def test_long_lists_of_actions_are_cut() -> None:
    policy: Policy = a_policy(allow(*(f"s3:Get{n}" for n in range(6)), to="*"))
    (reason,) = exposed(a_bucket(block=OPEN, policy=policy))[0]
    assert "statement 1 (s3:Get0, s3:Get1, s3:Get2, s3:Get3, ...)" in reason


def test_a_bucket_is_found_by_its_name() -> None:
    bucket = a_bucket("mine")
    assert bucket_named("mine", a_snapshot(buckets=(bucket,))) is bucket
    assert bucket_named("gone", a_snapshot(buckets=(bucket,))) is None


def test_a_bucket_that_may_be_there_has_unobserved_facts() -> None:
    gap = denied("s3:ListAllMyBuckets")
    bucket = bucket_named("hidden", a_snapshot(buckets=Partial((), (gap,))))
    assert bucket is not None
    assert bucket.arn == "arn:aws:s3:::hidden"
    assert (bucket.policy, region_of(bucket)) == (gap, "")
    assert region_of(replace(bucket, region=known("eu-west-1"))) == "eu-west-1"
