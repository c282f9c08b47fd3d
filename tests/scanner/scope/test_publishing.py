"""How far a statement lets somebody start change sets."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.policy import Statement
from scanner.scope.publishing import (
    is_about_settings,
    is_scoped,
    names_an_entity,
    reaches_change_sets,
)
from tests.documents import a_policy, allow

CATALOG = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace"
TYPE = "catalog:ChangeType"


def statement(*on: str, when: dict[str, Any] | None = None) -> Statement:
    (one,) = a_policy(allow("aws-marketplace:StartChangeSet", on=on or "*", when=when)).statements
    return one


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"{CATALOG}/SaaSProduct/prod-1", True),
        ("arn:aws:aws-marketplace:*:*:AWSMarketplace/AmiProduct/prod-1", True),
        ("arn:aws:aws-marketplace:*:*:AWSMarketplace*/AmiProduct/prod-1", True),
        (f"{CATALOG}/SaaSProduct/*", False),
        (f"{CATALOG}/*/prod-1", False),
        (f"{CATALOG}/SaaSProduct/prod-${{aws:username}}", False),
        (f"{CATALOG}/*", False),
        ("*", False),
    ],
)
def test_an_entity_is_named_by_type_and_id(resource: str, expected: bool) -> None:
    assert names_an_entity(resource) is expected


def test_settings_are_payouts_and_the_profile() -> None:
    assert is_about_settings(statement(when={"StringEquals": {TYPE: "UpdateInformation"}}))
    assert is_about_settings(statement(f"{CATALOG}/Seller/*", f"{CATALOG}/ChangeSet/*"))
    assert not is_about_settings(statement(f"{CATALOG}/*"))
    assert not is_about_settings(statement(when={"StringEquals": {TYPE: "CreateProduct"}}))


def test_a_scope_is_entities_types_or_validation() -> None:
    assert is_scoped(statement(f"{CATALOG}/SaaSProduct/prod-1"))
    assert is_scoped(statement(when={"StringEquals": {TYPE: "CreateProduct"}}))
    assert is_scoped(statement(when={"StringEquals": {"aws-marketplace:Intent": "VALIDATE"}}))
    assert not is_scoped(statement(when={"StringEquals": {"aws-marketplace:Intent": "APPLY"}}))
    assert not is_scoped(statement())


def test_calls_need_change_sets_too() -> None:
    assert reaches_change_sets(statement())
    assert reaches_change_sets(statement("arn:aws:aws-marketplace:*:1:AWSMarketplace/ChangeSet/*"))
    assert not reaches_change_sets(statement(f"{CATALOG}/SaaSProduct/prod-1"))
