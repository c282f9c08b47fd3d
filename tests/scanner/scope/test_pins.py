"""Conditions that tie a service to the account's own resources, and those that do not."""

from __future__ import annotations

import pytest

from scanner.scope.pins import is_pinned, pinned
from scanner.vocabulary import Unobserved
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.documents import Document, a_policy, allow

SERVICE = "reports.marketplace.amazonaws.com"
OWN_ARN = f"arn:aws:marketplace::{OWN}:AWSMarketplace/SellerDataSubscription/*"
ORG = {"StringEquals": {"aws:SourceOrgID": ORGANIZATION.id}}
GAP = denied("organizations:DescribeOrganization")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": OWN}}, True),
        ({"StringEquals": {"AWS:SOURCEACCOUNT": [OWN]}}, True),
        ({"StringEquals": {"AWS:SourceOwner": OWN}}, True),
        ({"ArnLike": {"aws:SourceArn": OWN_ARN}}, True),
        (ORG, True),
        ({**ORG, "ArnLike": {"aws:SourceArn": "arn:aws:s3:::some-bucket"}}, True),
        (None, False),
        ({"StringEquals": {"aws:SourceAccount": STRANGER}}, False),
        ({"StringEquals": {"aws:SourceAccount": [OWN, STRANGER]}}, False),
        ({"StringLike": {"aws:SourceAccount": "*"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": OWN}}, False),
        ({"ForAllValues:StringEquals": {"aws:SourceAccount": OWN}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": STRANGER}}, False),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:marketplace::{STRANGER}:x"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:marketplace:*:*:*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::some-bucket"}}, False),
        ({"StringEquals": {"aws:SourceOrgID": "o-foreign123"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ],
    ids=str,
)
def test_a_condition_pins_or_not(when: Document | None, *, expected: bool) -> None:
    statement = a_policy(allow("s3:PutObject", to={"Service": SERVICE}, when=when)).statements[0]
    snapshot = a_snapshot(organization=ORGANIZATION)
    assert pinned(statement, SERVICE, snapshot) is expected
    assert is_pinned(statement, SERVICE, snapshot) is expected


def test_another_service_is_not_the_question() -> None:
    (statement,) = a_policy(allow("s3:PutObject", to={"Service": "x.amazonaws.com"})).statements
    assert pinned(statement, SERVICE, a_snapshot()) is True


def test_everybody_includes_the_service() -> None:
    (statement,) = a_policy(allow("s3:PutObject", to="*")).statements
    assert pinned(statement, SERVICE, a_snapshot()) is False


def test_an_account_without_an_organisation_has_no_organisation_to_be_tied_to() -> None:
    (statement,) = a_policy(allow("s3:PutObject", to={"Service": SERVICE}, when=ORG)).statements
    assert pinned(statement, SERVICE, a_snapshot(organization=None)) is False


def test_an_organisation_that_was_not_read_leaves_it_open() -> None:
    (statement,) = a_policy(allow("s3:PutObject", to={"Service": SERVICE}, when=ORG)).statements
    snapshot = a_snapshot(organization=GAP)
    assert isinstance(pinned(statement, SERVICE, snapshot), Unobserved)
    assert not is_pinned(statement, SERVICE, snapshot)


def test_further_sources_may_be_as_good_as_our_own() -> None:
    trail = f"arn:aws:cloudtrail:us-east-1:{STRANGER}:trail/organisation"
    when = {"ArnEquals": {"aws:SourceArn": trail}}
    (statement,) = a_policy(allow("s3:PutObject", to={"Service": SERVICE}, when=when)).statements
    assert pinned(statement, SERVICE, a_snapshot()) is False
    assert pinned(statement, SERVICE, a_snapshot(), also=(trail,)) is True
    account = {"StringEquals": {"aws:SourceAccount": STRANGER}}
    (statement,) = a_policy(allow("s3:PutObject", to={"Service": SERVICE}, when=account)).statements
    assert pinned(statement, SERVICE, a_snapshot(), also=(STRANGER,)) is True
