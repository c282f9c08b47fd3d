"""Strangers whom a resource policy lets in, less those whom a Deny keeps out."""

from __future__ import annotations

import pytest

from scanner.facts.profile import Profile
from scanner.scope.strangers import admissions
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.documents import Document, a_policy, allow, deny

BUCKET = "arn:aws:s3:::logs"
PARTNER = "444455556666"
FOREIGN = "o-foreign1234"
OF_FOREIGN = {"StringEquals": {"aws:PrincipalOrgID": FOREIGN}}
PARTNERED = a_snapshot(organization=ORGANIZATION, profile=Profile(approved_accounts=(PARTNER,)))


def let_in(*statements: Document) -> list[tuple[object, tuple[str, ...]]]:
    found = admissions(
        a_policy(*statements), BUCKET, ("s3:DeleteBucket", "s3:PutBucketPolicy"), PARTNERED
    )
    return [(one.stranger, one.actions) for one in found]


def all_but(*accounts: str) -> Document:
    stated = deny("s3:*")
    return {**stated, "NotPrincipal": {"AWS": list(accounts)}}


@pytest.mark.parametrize(
    ("to", "when", "stranger"),
    [("*", None, ""), ({"AWS": STRANGER}, None, STRANGER), ("*", OF_FOREIGN, FOREIGN)],
)
@pytest.mark.parametrize(
    ("denying", "left"),
    [
        (deny("s3:PutBucket*", to="*"), ("s3:DeleteBucket",)),
        (deny("s3:*", to="*"), ()),
        (deny("s3:*", on="arn:aws:s3:::other", to="*"), ("s3:DeleteBucket", "s3:PutBucketPolicy")),
        (all_but(OWN, PARTNER), ()),
        (all_but(OWN, STRANGER), ("s3:DeleteBucket", "s3:PutBucketPolicy")),
    ],
)
def test_a_deny_takes_away_what_it_surely_covers(
    to: object, when: Document | None, stranger: str, denying: Document, left: tuple[str, ...]
) -> None:
    expected = [(stranger, left)] if left else []
    assert let_in(allow("s3:*", to=to, when=when), denying) == expected


def test_one_account_can_be_denied_and_an_organisation_not_by_its_members() -> None:
    of_stranger = deny("s3:*", to={"AWS": STRANGER})
    assert let_in(allow("s3:*", to={"AWS": STRANGER}), of_stranger) == []
    assert let_in(allow("s3:*", to="*", when=OF_FOREIGN), of_stranger) != []


def test_the_approved_are_no_strangers_unless_they_are_asked_for() -> None:
    policy = a_policy(allow("s3:*", to={"AWS": PARTNER}))
    assert list(admissions(policy, BUCKET, ("s3:DeleteBucket",), PARTNERED)) == []
    (found,) = admissions(policy, BUCKET, ("s3:DeleteBucket",), PARTNERED, ours=(OWN,))
    assert (found.stranger, found.is_by_service) == (PARTNER, False)


def test_an_organisation_that_was_not_read_is_a_stranger_that_is_not_known() -> None:
    gap = denied("organizations:DescribeOrganization")
    policy = a_policy(allow("s3:*", to="*", when=OF_FOREIGN))
    (found,) = admissions(policy, BUCKET, ("s3:DeleteBucket",), a_snapshot(organization=gap))
    assert found.stranger == gap
