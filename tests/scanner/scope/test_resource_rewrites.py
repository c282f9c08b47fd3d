"""Policies that remedies put on buckets, topics and keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.facts.account import Account
from scanner.policy import Policy, parse
from scanner.scope.guests import EVERYBODY
from scanner.scope.resource_rewrites import (
    SOURCE_ACCOUNT,
    Pin,
    key_policy,
    narrowed,
    tls_only,
    to_account,
    with_statements,
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
        ({"AWS": [OURS, OWN]}, {STRANGER}, {"AWS": [OURS, OWN]}),
        ({"AWS": [OURS, "*"]}, {EVERYBODY}, {"AWS": OURS}),
    ],
)
def test_unwanted_principals_go(to: Document, gone: set[str], principal: Document) -> None:
    policy = a_policy(allow("s3:GetObject", to=to, sid="S"))
    (stated,) = statements(narrowed(policy, {0: gone}))
    assert stated["Principal"] == principal
    assert stated["Sid"] == "S"


@pytest.mark.parametrize("to", ["*", {"AWS": "*"}, {"AWS": STRANGER}])
def test_a_statement_that_nobody_may_use_goes(to: object) -> None:
    policy = a_policy(allow("s3:GetObject", to=to), allow("s3:GetObject", to={"AWS": OURS}))
    (stated,) = statements(narrowed(policy, {0: {STRANGER}}))
    assert stated["Principal"] == {"AWS": OURS}


@pytest.mark.parametrize(
    ("when", "gone", "left"),
    [
        (
            {"StringEquals": {"AWS:PrincipalAccount": [OWN, STRANGER]}},
            STRANGER,
            {"StringEquals": {"AWS:PrincipalAccount": [OWN]}},
        ),
        (
            {
                "ArnLike": {
                    "aws:SourceArn": [f"arn:aws:sns:us-east-1:{one}:t" for one in (OWN, STRANGER)]
                }
            },
            STRANGER,
            {"ArnLike": {"aws:SourceArn": [f"arn:aws:sns:us-east-1:{OWN}:t"]}},
        ),
        (
            {
                "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-ours1/*", "o-other/*"]},
                "StringNotLike": {"aws:PrincipalOrgID": "o-other"},
            },
            "o-other",
            {
                "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-ours1/*"]},
                "StringNotLike": {"aws:PrincipalOrgID": "o-other"},
            },
        ),
        ({"StringEquals": {"aws:PrincipalAccount": STRANGER}}, STRANGER, None),
        ({"StringNotEquals": {"aws:PrincipalAccount": [OWN, STRANGER]}}, STRANGER, None),
    ],
)
def test_guests_go_out_of_conditions_on_everybody(
    when: Document, gone: str, left: Document | None
) -> None:
    text = narrowed(a_policy(allow("s3:GetObject", to="*", when=when)), {0: {gone}})
    expected = [] if left is None else [allow("s3:GetObject", to="*", when=left)]
    assert (statements(text) if text else []) == expected


def test_a_statement_for_all_but_some_goes_as_a_whole() -> None:
    everyone = {**allow("s3:PutObject"), "NotPrincipal": {"AWS": OWN}}
    assert narrowed(a_policy(everyone), {0: {EVERYBODY}}) == ""


def test_whom_a_pin_is_not_for_keeps_a_statement_without_it() -> None:
    when = {"StringLike": {"AWS:SourceArn": "*", "s3:x-amz-acl": "bucket-*"}}
    to = {"AWS": OURS, "Service": ["a.amazonaws.com", "b.amazonaws.com"]}
    policy = a_policy(allow("s3:PutObject", to=to, when=when, sid="S"))
    pin = Pin("aws:SourceArn", ("x", "y"), frozenset({"aws:sourcearn"}), "a.amazonaws.com")
    tied, rest = statements(narrowed(policy, {}, {0: pin}))
    assert tied["Principal"] == {"Service": "a.amazonaws.com"}
    assert tied["Condition"] == {
        "StringLike": {"s3:x-amz-acl": "bucket-*"},
        "StringEquals": {"aws:SourceArn": ["x", "y"]},
    }
    others = {"AWS": OURS, "Service": "b.amazonaws.com"}
    assert rest == allow("s3:PutObject", to=others, when=when)


def test_people_are_not_tied_with_the_services_beside_them() -> None:
    policy = a_policy(allow("s3:PutObject", to={"AWS": OURS, **REPORTS}))
    tied, rest = statements(narrowed(policy, {}, {0: to_account(OWN)}))
    assert tied["Condition"] == {"StringEquals": {SOURCE_ACCOUNT: OWN}}
    assert rest == allow("s3:PutObject", to={"AWS": OURS})


def test_nothing_may_be_left() -> None:
    policy = parse(
        json.dumps({"Statement": allow("s3:GetObject", to={"AWS": STRANGER})}), source=READ
    )
    assert isinstance(policy, Policy)
    assert narrowed(policy, {0: {STRANGER}}) == ""


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
    (stated,) = statements(narrowed(policy, {}, {0: to_account(OWN)}))
    assert stated["Condition"] == condition


def test_what_goes_is_not_tied() -> None:
    policy = a_policy(allow("s3:PutObject", to={"AWS": STRANGER}))
    assert narrowed(policy, {0: {STRANGER}}, {0: to_account(OWN)}) == ""


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
