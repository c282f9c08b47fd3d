"""Documents that remedies put in place grant less than before and stay policies."""

from __future__ import annotations

import json

import pytest

from scanner.policy import PORTAL_WRITE, Policy, granted, parse
from scanner.scope.rewrites import (
    CAS_ROOT,
    PRODUCT_ACTIONS,
    trusting_only_cas,
    without_wildcards,
)
from tests.builders import STRANGER
from tests.documents import Document, a_policy, allow, allow_all_but, trust

ACTIONS = PORTAL_WRITE | {"aws-marketplace:MeterUsage", "aws-marketplace:RegisterUsage"}


def rewritten(policy: Policy) -> Policy:
    document = parse(without_wildcards(policy, policy.allows(), ACTIONS), source="iam:GetPolicy")
    assert isinstance(document, Policy), document
    return document


@pytest.mark.parametrize(
    "statement",
    [
        allow("aws-marketplace:*"),
        allow("*Marketplace*:*", "s3:GetObject"),
        allow_all_but("iam:*"),
        allow_all_but("aws-marketplace:*"),
        allow("aws-marketplace:*Usage"),
        allow("aws-marketplace:*", on=["arn:aws:aws-marketplace:us-east-1:1:x", "*"]),
    ],
)
def test_nothing_is_granted_that_was_not(statement: Document) -> None:
    before = a_policy(statement)
    after = rewritten(before)
    every = ACTIONS | set(PRODUCT_ACTIONS) | {"s3:GetObject", "ec2:RunInstances", "iam:PassRole"}
    assert granted((after,), every).actions <= granted((before,), every).actions


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        (allow("aws-marketplace:*", "s3:Get*"), {"s3:GetObject", "aws-marketplace:StartChangeSet"}),
        (allow_all_but("iam:*"), {"s3:GetObject", "aws-marketplace:StartChangeSet"}),
        (allow("aws-marketplace:*Usage"), {"aws-marketplace:MeterUsage"}),
    ],
)
def test_products_and_other_services_stay(statement: Document, kept: set[str]) -> None:
    after = rewritten(a_policy(statement))
    assert granted((after,), kept).actions == kept


def test_a_single_statement_may_stand_without_a_list() -> None:
    single = parse(
        '{"Statement": {"Effect": "Allow", "Action": "aws-marketplace:*", "Resource": "*"}}',
        source="iam:GetPolicy",
    )
    assert isinstance(single, Policy)
    (statement,) = rewritten(single).statements
    assert "aws-marketplace:StartChangeSet" in statement.actions


def test_a_trust_without_anybody_left_gets_the_plain_statement() -> None:
    document = json.loads(trusting_only_cas(a_policy(trust(STRANGER))))
    assert document["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": CAS_ROOT}}
    ]
