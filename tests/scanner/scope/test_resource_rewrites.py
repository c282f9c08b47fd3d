"""Policies that remedies put on buckets, topics and keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.facts.account import Account
from scanner.policy import Policy, parse
from scanner.scope.resource_rewrites import (
    key_policy,
    tls_only,
    with_statements,
    without_guests,
)
from tests.builders import OWN, STRANGER
from tests.builders_cas import REPORTS
from tests.documents import Document, a_policy, allow

READ = "s3:GetBucketPolicy"
ROOT = f"arn:aws:iam::{STRANGER}:root"
OURS = f"arn:aws:iam::{OWN}:role/x"


def statements(text: str) -> list[Any]:
    assert isinstance(parse(text, source=READ), Policy), text
    found = json.loads(text)["Statement"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("to", "gone", "principal"),
    [
        ({"AWS": [OURS, STRANGER]}, {STRANGER}, {"AWS": OURS}),
        ({"AWS": [OURS, ROOT, f"arn:aws:iam::{STRANGER}:user/y"]}, {STRANGER}, {"AWS": OURS}),
        ({"AWS": ROOT, "Service": "x.amazonaws.com"}, {STRANGER}, {"Service": "x.amazonaws.com"}),
        ({"AWS": OURS, "CanonicalUser": ["79a59d"]}, {"79a59d"}, {"AWS": OURS}),
        ({"AWS": [OURS, OWN]}, {STRANGER}, {"AWS": [OURS, f"arn:aws:iam::{OWN}:root"]}),
    ],
)
def test_unwanted_principals_go(to: Document, gone: set[str], principal: Document) -> None:
    policy = a_policy(allow("s3:GetObject", to=to, sid="S"))
    (stated,) = statements(without_guests(policy, {0: gone}, (), OWN))
    assert stated["Principal"] == principal
    assert stated["Sid"] == "S"


@pytest.mark.parametrize("to", ["*", {"AWS": "*"}, {"AWS": STRANGER}])
def test_a_statement_that_nobody_may_use_goes(to: object) -> None:
    policy = a_policy(allow("s3:GetObject", to=to), allow("s3:GetObject", to={"AWS": OURS}))
    (stated,) = statements(without_guests(policy, {0: {STRANGER}}, (), OWN))
    assert stated["Principal"] == {"AWS": OURS}


def test_nothing_may_be_left() -> None:
    policy = parse(
        json.dumps({"Statement": allow("s3:GetObject", to={"AWS": STRANGER})}), source=READ
    )
    assert isinstance(policy, Policy)
    assert without_guests(policy, {0: {STRANGER}}, (), OWN) == ""


@pytest.mark.parametrize(
    ("when", "condition"),
    [
        (None, {"StringEquals": {"aws:SourceAccount": OWN}}),
        (
            {"StringEquals": {"AWS:sourceaccount": STRANGER, "s3:x-amz-acl": "private"}},
            {"StringEquals": {"s3:x-amz-acl": "private", "aws:SourceAccount": OWN}},
        ),
        (
            {"StringEqualsIfExists": {"aws:SourceAccount": OWN}},
            {"StringEquals": {"aws:SourceAccount": OWN}},
        ),
        (
            {"stringequals": {"s3:x-amz-acl": "private"}},
            {"stringequals": {"s3:x-amz-acl": "private", "aws:SourceAccount": OWN}},
        ),
    ],
)
def test_a_service_is_tied_to_the_account(when: Document | None, condition: Document) -> None:
    policy = a_policy(allow("s3:PutObject", to=REPORTS, when=when))
    (stated,) = statements(without_guests(policy, {}, {0}, OWN))
    assert stated["Condition"] == condition


def test_what_goes_is_not_tied() -> None:
    policy = a_policy(allow("s3:PutObject", to={"AWS": STRANGER}))
    assert without_guests(policy, {0: {STRANGER}}, {0}, OWN) == ""


def test_statements_are_added_at_the_end() -> None:
    deny = tls_only("arn:aws:s3:::b")
    before = allow("s3:GetObject", to={"AWS": OURS})
    assert statements(with_statements(None, deny)) == [deny]
    assert statements(with_statements(a_policy(before), deny)) == [before, deny]
    assert deny["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]


def test_a_new_key_is_the_accounts_and_lets_its_users_encrypt() -> None:
    service = REPORTS["Service"]
    root, role, reports = statements(
        key_policy(None, Account(OWN), roles=[OURS], services=[service])
    )
    assert root["Principal"] == {"AWS": f"arn:aws:iam::{OWN}:root"}
    assert (root["Action"], root["Resource"]) == ("kms:*", "*")
    assert role["Principal"] == {"AWS": [OURS]}
    for one in (role, reports):
        assert one["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
        assert (one["Effect"], one["Resource"]) == ("Allow", "*")
    assert reports["Principal"] == REPORTS
    assert reports["Condition"] == {"StringEquals": {"aws:SourceAccount": OWN}}


def test_the_statements_of_a_key_stay() -> None:
    before = allow("kms:*", to={"AWS": OWN})
    assert statements(key_policy(a_policy(before), Account(OWN))) == [before]
