"""Narrowed starts of change sets are never wider than they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.facts.account import Account
from scanner.policy import granted
from scanner.scope.publishing import START, is_scoped, reaches_change_sets
from scanner.scope.publishing_rewrites import publishing_part, scoping
from scanner.scope.subtraction import without
from tests.builders import OWN
from tests.documents import Document, a_policy, allow, deny

TYPE = "catalog:ChangeType"
CATALOG = f"arn:aws:aws-marketplace:us-east-1:{OWN}:AWSMarketplace"
OFFERS = f"{CATALOG}/Offer/*"
OFFER = f"{CATALOG}/Offer/offer-1"
PRODUCT = f"{CATALOG}/SaaSProduct/prod-1"
SETS = f"arn:aws:aws-marketplace:*:{OWN}:AWSMarketplace*/ChangeSet/*"
SCOPING = scoping(Account(OWN))


def rewritten(statement: Document) -> list[dict[str, Any]]:
    policy = a_policy(statement)
    document: list[dict[str, Any]] = json.loads(without(policy, policy.statements, START, SCOPING))[
        "Statement"
    ]
    return document


@pytest.mark.parametrize(
    ("when", "operator", "types"),
    [
        (None, "StringEquals", ["AddDeliveryOptions", "UpdateDeliveryOptions"]),
        ({"StringEqualsIfExists": {TYPE: "AddVersion"}}, "StringEquals", ["AddVersion"]),
        ({"StringNotEquals": {TYPE: "AddDeliveryOptions"}}, "StringEquals", ["UpdateDeliveryOptions"]),
        ({"StringLike": {TYPE: "Add*"}}, "StringEquals", ["AddDeliveryOptions", "UpdateDeliveryOptions"]),
        ({"StringEquals": {TYPE: "${aws:PrincipalTag/x}"}}, "StringEqualsIgnoreCase",
         ["AddDeliveryOptions", "UpdateDeliveryOptions"]),
        ({"StringEquals": {"aws-marketplace:Intent": ["VALIDATE", "APPLY"]}}, "StringEquals",
         ["AddDeliveryOptions", "UpdateDeliveryOptions"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["*", OFFERS, [OFFER, OFFERS]])
def test_every_earlier_condition_and_place_stays(
    place: str | list[str], when: Document | None, operator: str, types: list[str]
) -> None:
    (after,) = rewritten(allow(*START, on=place, when=when))
    (parsed,) = a_policy(after).statements
    assert is_scoped(parsed)
    assert reaches_change_sets(parsed)
    assert after["Condition"][operator][TYPE] == types
    for name, tests in (when or {}).items():
        assert tests.items() <= after["Condition"][name].items()
    before = place if isinstance(place, list) else [place]
    assert set(after["Resource"]) <= {*before, SETS}


def test_types_that_were_left_out_stay_out() -> None:
    (after,) = rewritten(allow(*START, on=OFFERS))
    assert not granted([a_policy(after)], START, resource=PRODUCT)
    assert granted([a_policy(after)], START, resource=OFFER)


def test_named_entities_only_get_their_change_sets() -> None:
    (after,) = rewritten(allow(*START, on=OFFER))
    assert (after["Resource"], "Condition" in after) == ([OFFER, SETS], False)


def test_what_is_not_named_stays_so() -> None:
    (after,) = rewritten({"Effect": "Allow", "Action": list(START), "NotResource": OFFERS})
    assert after["NotResource"] == OFFERS
    assert not granted([a_policy(after)], START, resource=OFFER)


def test_of_a_policy_for_people_only_reading_and_starts_stay() -> None:
    policy = a_policy(
        allow("aws-marketplace:*", "s3:*", on=OFFERS),
        allow("iam:PassRole"),
        deny("aws-marketplace:StartChangeSet", on=OFFER),
    )
    part = json.loads(publishing_part(policy, policy.statements[:1], SCOPING))["Statement"]
    reading, starting, refusing = part
    assert reading["Resource"] == OFFERS
    assert all(name.startswith("aws-marketplace:") for name in reading["Action"])
    assert starting["Action"] == list(START)
    assert starting["Resource"] == [OFFERS, SETS]
    assert refusing["Effect"] == "Deny"
    only_starts = a_policy(allow(*START))
    (alone,) = json.loads(publishing_part(only_starts, only_starts.statements, SCOPING))[
        "Statement"
    ]
    assert alone["Action"] == list(START)
