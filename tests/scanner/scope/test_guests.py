"""Whom a statement of a bucket's or topic's policy lets in beside the account itself."""

from __future__ import annotations

import pytest

from scanner.scope.guests import EVERYBODY, called, guests, is_left_to_services, is_refused_to_all
from scanner.vocabulary import NotSeen
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.documents import Document, a_policy, allow, deny

OTHER = "444455556666"
FOREIGN_ORG = "o-foreign123"


@pytest.mark.parametrize(
    ("to", "when", "expected"),
    [
        ("*", None, (EVERYBODY,)),
        ({"AWS": f"arn:aws:iam::{OWN}:role/x"}, None, ()),
        ({"AWS": [OWN, STRANGER]}, None, (STRANGER,)),
        ({"CanonicalUser": "79a59d"}, None, ("79a59d",)),
        ({"Service": "sns.amazonaws.com"}, None, ()),
        ({"AWS": STRANGER}, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}, (STRANGER,)),
        ({"AWS": [STRANGER, OTHER]}, {"StringEquals": {"aws:PrincipalAccount": OTHER}}, (OTHER,)),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}, ()),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": FOREIGN_ORG}}, (FOREIGN_ORG,)),
        ("*", {"StringLike": {"aws:PrincipalOrgPaths": f"{FOREIGN_ORG}/r-1/*"}}, (FOREIGN_ORG,)),
        ("*", {"StringEquals": {"aws:PrincipalAccount": [OWN, STRANGER]}}, (STRANGER,)),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/x"}}, ()),
        ("*", {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{STRANGER}:x"}}, (STRANGER,)),
        ("*", {"StringEquals": {"AWS:SourceOwner": OWN}}, ()),
        ("*", {"StringEquals": {"AWS:SourceOwner": STRANGER}}, (STRANGER,)),
        (
            "*",
            {
                "StringEquals": {
                    "aws:PrincipalAccount": STRANGER,
                    "aws:PrincipalOrgID": ORGANIZATION.id,
                }
            },
            (STRANGER,),
        ),
        (
            "*",
            {
                "StringEquals": {"aws:PrincipalAccount": [STRANGER, OTHER]},
                "ArnLike": {
                    "aws:PrincipalArn": [f"arn:aws:iam::{one}:role/x" for one in (OTHER, OWN)]
                },
            },
            (OTHER,),
        ),
        (
            "*",
            {
                "StringEquals": {"aws:SourceAccount": OTHER},
                "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/x"},
            },
            (STRANGER,),
        ),
        ("*", {"StringEquals": {"aws:SourceOrgID": FOREIGN_ORG}}, (FOREIGN_ORG,)),
        ("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, ()),
        ("*", {"StringEquals": {"aws:SourceVpce": "vpce-0a1b"}}, ()),
        ("*", {"StringEquals": {"s3:ResourceAccount": OWN}}, (EVERYBODY,)),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, (EVERYBODY,)),
    ],
    ids=str,
)
def test_who_is_let_in(to: object, when: Document | None, expected: tuple[str, ...]) -> None:
    (statement,) = a_policy(allow("s3:GetObject", to=to, when=when)).statements
    assert guests(statement, a_snapshot(organization=ORGANIZATION)) == expected


@pytest.mark.parametrize(
    ("to", "when", "expected"),
    [
        ("*", {"StringEquals": {"aws:SourceAccount": STRANGER}}, True),
        ("*", {"StringEquals": {"aws:SourceOrgID": FOREIGN_ORG}}, True),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": FOREIGN_ORG}}, False),
        ("*", {"StringEquals": {"aws:SourceAccount": OWN, "aws:PrincipalAccount": OWN}}, False),
        ({"AWS": STRANGER}, {"StringEquals": {"aws:SourceAccount": STRANGER}}, False),
        ("*", {"StringEqualsIfExists": {"aws:SourceAccount": STRANGER}}, False),
    ],
    ids=str,
)
def test_conditions_on_sources_leave_everybody_to_services(
    to: object, when: Document, *, expected: bool
) -> None:
    (statement,) = a_policy(allow("s3:GetObject", to=to, when=when)).statements
    assert is_left_to_services(statement) is expected


def test_guests_have_names() -> None:
    assert called(EVERYBODY) == "any AWS account"
    assert called(FOREIGN_ORG) == f"foreign organisation {FOREIGN_ORG}"
    assert called(STRANGER) == f"foreign account {STRANGER}"
    assert called(OTHER, approved=True) == f"approved account {OTHER}"


def test_an_organisation_is_foreign_to_an_account_without_one() -> None:
    when = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
    (statement,) = a_policy(allow("s3:GetObject", to="*", when=when)).statements
    assert guests(statement, a_snapshot()) == (ORGANIZATION.id,)


def test_nobody_can_tell_without_the_own_organisation() -> None:
    when = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
    (statement,) = a_policy(allow("s3:GetObject", to="*", when=when)).statements
    with pytest.raises(NotSeen):
        guests(statement, a_snapshot(organization=denied("organizations:DescribeOrganization")))


@pytest.mark.parametrize(
    ("denying", "expected"),
    [
        (deny("sns:*", to="*"), True),
        (deny("sns:Publish", to="*"), True),
        (deny("sns:Subscribe", to="*"), False),
        (deny("sns:*", to={"AWS": STRANGER}), False),
        (deny("sns:*", to="*", when={"Bool": {"aws:SecureTransport": "false"}}), False),
        (deny("sns:*", to="*", on="arn:aws:sns:us-east-1:1:other"), False),
        (allow("sns:*", to="*"), False),
    ],
)
def test_only_an_unconditional_deny_of_everybody_takes_away(
    denying: Document, *, expected: bool
) -> None:
    topic = f"arn:aws:sns:us-east-1:{OWN}:mp-reports"
    assert is_refused_to_all(a_policy(denying), "sns:Publish", topic) is expected
