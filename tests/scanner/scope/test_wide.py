"""Patterns that names fit which nobody chose."""

from __future__ import annotations

import pytest

from scanner.facts.account import Account
from scanner.scope.wide import is_all_of, names_power
from tests.builders import OWN, STRANGER

ACCOUNT = Account(OWN)
IAM = f"arn:aws:iam::{OWN}"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", True),
        ("?*", True),
        ("arn:aws:iam::*", True),
        ("arn:aws:iam", True),
        (f"{IAM}:role/*", True),
        (f"{IAM}:role/?*", True),
        (f"{IAM}:role/??*", True),
        (f"{IAM}:role/*?", True),
        (f"{IAM}:role/????", True),
        (f"{IAM}:role/*/*", True),
        (f"{IAM}:*/??*", True),
        (f"{IAM}:role/${{aws:username}}", True),
        (f"{IAM}:role/app-?*", False),
        (f"{IAM}:role/*-deploy", False),
        (f"{IAM}:role/team/??*", False),
        (f"{IAM}:user/*", False),
        (f"arn:aws:iam::{STRANGER}:role/*", False),
    ],
)
def test_wildcards_alone_are_all_of_a_kind(resource: str, *, expected: bool) -> None:
    assert is_all_of(resource, "role", ACCOUNT) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("arn:aws:iam::aws:policy/AdministratorAccess", True),
        ("arn:aws:iam::aws:policy/IAM*", True),
        ("arn:aws:iam::aws:policy/??*", True),
        (f"{IAM}:policy/??*", True),
        ("arn:aws:iam::*:policy/*", True),
        ("*", True),
        (f"{IAM}:policy/limit", False),
        (f"{IAM}:policy/team/*", False),
        ("arn:aws:iam::aws:policy/AWSMarketplaceRead*", False),
    ],
)
def test_some_policies_limit_nobody(value: str, *, expected: bool) -> None:
    assert names_power(value, ACCOUNT) is expected
