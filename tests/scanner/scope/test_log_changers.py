"""Users, roles and guests whom policies let change logs."""

from __future__ import annotations

import pytest

from scanner.facts.s3 import PublicAccessBlock
from scanner.scope.log_changers import Changer, changers
from scanner.scope.trail_buckets import LogBucket
from tests.builders import (
    ALL_BLOCKED,
    ORGANIZATION,
    OWN,
    STRANGER,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_resources import a_trail
from tests.builders_storage import a_bucket
from tests.documents import Document, a_policy, allow, deny

TRAIL = a_trail()
OPEN = PublicAccessBlock()
ARN = f"arn:aws:s3:::{TRAIL.bucket}"
ROLE = f"arn:aws:iam::{OWN}:role/worker"
USER = f"arn:aws:iam::{OWN}:user/deploy"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/worker/x"
BY_ROLE = Changer("role worker", by_bucket=True)
BY_USER = Changer("user deploy", by_bucket=True)
READ_ONLY = a_managed_policy("ReadOnly", allow("s3:Get*"))


def on_the_bucket(*statements: Document, **account: object) -> list[object]:
    """Who may change logs where these statements are the bucket's policy."""
    bucket = a_bucket(TRAIL.bucket, policy=a_policy(*statements), block=OPEN)
    facts: dict[str, object] = {
        "users": (a_user(),),
        "roles": (a_role(),),
        "policies": (READ_ONLY,),
        "account_block": OPEN,
    }
    snapshot = a_snapshot(buckets=(bucket,), organization=ORGANIZATION, **facts | account)  # type: ignore[arg-type]  # facts by name
    return list(changers(LogBucket(bucket.name, bucket.arn, bucket, (TRAIL,)), bucket, snapshot))


def delete(to: object, key: str = "", value: str = "") -> Document:
    when = {"StringLike": {key: value}} if key else None
    return allow("s3:DeleteObject", on=f"{ARN}/*", to=to, when=when)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (delete({"AWS": ROLE}), [BY_ROLE]),
        (delete({"AWS": SESSION}), [BY_ROLE]),
        (delete({"AWS": [ROLE, USER]}), [BY_USER, BY_ROLE]),
        (delete({"AWS": SESSION.replace(OWN, STRANGER)}), [Changer(f"foreign account {STRANGER}", True)]),
        (delete({"AWS": OWN}), []),
        (delete({"Service": "config.amazonaws.com"}), []),
        (delete({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}), []),
        ({**delete(None), "NotPrincipal": {"AWS": USER}}, [BY_ROLE, Changer("any AWS account", True)]),
        (delete("*"), [BY_USER, BY_ROLE, Changer("any AWS account", True)]),
        (delete("*", "aws:PrincipalArn", ROLE), [BY_ROLE]),
        (delete("*", "aws:PrincipalAccount", OWN), [BY_USER, BY_ROLE]),
        (delete("*", "aws:PrincipalAccount", STRANGER), [Changer(f"foreign account {STRANGER}", True)]),
        (delete("*", "aws:PrincipalOrgID", ORGANIZATION.id), [BY_USER, BY_ROLE]),
        (delete("*", "aws:PrincipalOrgID", "o-other1"), [Changer("foreign organisation o-other1", True)]),
        (delete("*", "aws:SourceArn", TRAIL.arn), []),
        (delete("*", "aws:SourceVpce", "vpce-0a1b"), [BY_USER, BY_ROLE]),
        (allow("s3:DeleteObject", on="arn:aws:s3:::other/*", to={"AWS": ROLE}), []),
        (allow("s3:PutBucketPolicy", on=f"{ARN}/*", to={"AWS": ROLE}), []),
    ],
    ids=str,
)  # fmt: skip
def test_a_statement_counts_for_whom_it_names(statement: Document, expected: list[object]) -> None:
    assert on_the_bucket(statement) == expected


@pytest.mark.parametrize(
    ("denying", "left"),
    [
        (deny("s3:*", to={"AWS": ROLE}), [BY_USER]),
        (deny("s3:*", to={"AWS": OWN}), []),
        (deny("s3:*", to="*"), []),
        ({**deny("s3:Delete*"), "NotPrincipal": {"AWS": [OWN, USER]}}, [BY_USER, BY_ROLE]),
        ({**deny("s3:Delete*"), "NotPrincipal": {"AWS": USER}}, [BY_USER]),
        (deny("s3:*", to="*", when={"Bool": {"aws:SecureTransport": "false"}}), [BY_USER, BY_ROLE]),
    ],
    ids=str,
)
def test_a_deny_of_the_bucket_takes_it_away(denying: Document, left: list[object]) -> None:
    assert on_the_bucket(delete({"AWS": [ROLE, USER]}), denying) == left


def test_a_deny_of_their_own_takes_it_away_and_a_boundary_only_from_a_role() -> None:
    refusing = {"no": deny("s3:*")}
    both = delete({"AWS": [ROLE, USER]})
    assert on_the_bucket(both, roles=(a_role(inline=refusing),)) == [BY_USER]
    assert on_the_bucket(both, users=(a_user(inline=refusing),)) == [BY_ROLE]
    bounded = {
        "users": (a_user(boundary=READ_ONLY.arn),),
        "roles": (a_role(boundary=READ_ONLY.arn),),
    }
    assert on_the_bucket(both, **bounded) == [BY_USER]


def test_an_organisation_that_was_not_read_may_be_our_own_or_not() -> None:
    gap = denied("organizations:DescribeOrganization")
    bucket = a_bucket(TRAIL.bucket, policy=delete("*", "aws:PrincipalOrgID", ORGANIZATION.id))
    log = LogBucket(bucket.name, bucket.arn, bucket, (TRAIL,))
    snapshot = a_snapshot(buckets=(bucket,), roles=(a_role(),), organization=gap)
    assert list(changers(log, bucket, snapshot)) == [BY_ROLE, gap]


def test_a_block_keeps_the_public_out_and_our_own_in() -> None:
    gap = denied("s3:GetBucketPublicAccessBlock")
    for block, rest in ((ALL_BLOCKED, []), (gap, [gap])):
        bucket = a_bucket(TRAIL.bucket, policy=delete("*"), block=block)
        log = LogBucket(bucket.name, bucket.arn, bucket, (TRAIL,))
        snapshot = a_snapshot(buckets=(bucket,), roles=(a_role(),), account_block=OPEN)
        assert list(changers(log, bucket, snapshot)) == [BY_ROLE, *rest]
