"""Which statements pass any role."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.facts.account import Account
from scanner.scope.passing import ingestion_roles, is_open, names_a_group, pinned
from tests.builders import OWN, a_role, a_snapshot
from tests.documents import a_malformed_policy, a_policy, allow, trust

ACCOUNT = Account(OWN)
ASSETS = "assets.marketplace.amazonaws.com"
KEY = "iam:PassedToService"


@pytest.mark.parametrize(
    ("on", "when", "expected"),
    [
        ("*", None, True),
        ("arn:aws:iam::*:role/*", None, True),
        (f"arn:aws:iam::{OWN}:*", None, True),
        (f"arn:aws:iam::{OWN}:role/app/*", None, False),
        ("arn:aws:iam:::role/", None, False),
        ("*", {"StringEquals": {KEY: ASSETS}}, False),
        ("*", {"StringEquals": {KEY: [ASSETS, "ec2.amazonaws.com"]}}, True),
        (f"arn:aws:iam::{OWN}:role/a", {"StringEquals": {KEY: "ec2.amazonaws.com"}}, False),
    ],
)
def test_open_is_every_role_to_others_than_marketplace(
    on: str, when: dict[str, Any] | None, expected: bool
) -> None:
    (statement,) = a_policy(allow("iam:PassRole", on=on, when=when)).statements
    assert is_open(statement, ACCOUNT) is expected


@pytest.mark.parametrize(
    ("on", "services", "expected"),
    [
        (f"arn:aws:iam::{OWN}:role/app/*", None, True),
        (f"arn:aws:iam::{OWN}:role/app/*", ["ec2.amazonaws.com"], True),
        (f"arn:aws:iam::{OWN}:role/app/*", [ASSETS], False),
        (f"arn:aws:iam::{OWN}:role/app/*", [ASSETS, "ec2.amazonaws.com"], True),
        (f"arn:aws:iam::{OWN}:role/a", None, False),
        (f"arn:aws:iam::{OWN}:role/a", [ASSETS], False),
    ],
)
def test_a_group_of_roles_is_named_by_a_pattern_that_is_not_pinned(
    on: str, services: list[str] | None, expected: bool
) -> None:
    when = {"StringEquals": {KEY: services}} if services else None
    (statement,) = a_policy(allow("iam:PassRole", on=on, when=when)).statements
    assert names_a_group(statement) is expected


def test_a_pinned_statement_passes_the_ingestion_roles_only() -> None:
    roles = (
        a_role("ingest", trusted=trust({"Service": ASSETS})),
        a_role("other"),
        a_role("broken", trusted=a_malformed_policy()),
    )
    found = ingestion_roles(a_snapshot(roles=roles))
    assert found == [f"arn:aws:iam::{OWN}:role/ingest"]
    stated = {"Effect": "Allow", "Action": ["iam:PassRole"], "NotResource": "x"}
    assert pinned(stated, found, ACCOUNT) == {
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": found,
        "Condition": {"StringEquals": {KEY: ASSETS}},
    }
    assert pinned(stated, [], ACCOUNT)["Resource"] == [f"arn:aws:iam::{OWN}:role/*"]
