"""Documents with actions taken out grant those no more, all others as before, and nothing new."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from scanner.policy import BUYER_SPEND, FINANCE_WRITE, PORTAL_WRITE, Policy, granted, parse
from scanner.policy.catalogue import actions_of
from scanner.scope.subtraction import ALL, on_condition, refusing, without
from tests.documents import Document, a_policy, allow, allow_all_but, deny

START = frozenset({"aws-marketplace:StartChangeSet"})
EVERY = frozenset().union(
    *(actions_of(one) for one in ("aws-marketplace", "aws-marketplace-management", "tax", "iam"))
)


def read(text: str) -> Policy:
    policy = parse(text, source="iam:GetAccountAuthorizationDetails")
    assert isinstance(policy, Policy)
    return policy


@pytest.mark.parametrize("taken", [START, FINANCE_WRITE, BUYER_SPEND, frozenset({"iam:PassRole"})])
@pytest.mark.parametrize(
    "statements",
    [
        [allow("aws-marketplace:*", "tax:*")],
        [allow("AWS-Marketplace:St*", "aws-marketplace:StartChangeSet", "iam:*")],
        [allow("aws-market*:*Agreement*", "tax:?ut*", "iam:p*")],
        [allow("*", on="arn:aws:s3:::b")],
        [allow("*:*")],
        [allow_all_but("s3:*", "tax:Get*")],
        [deny("aws-marketplace:ListEntities"), allow("aws-marketplace*:*"), allow("tax:Get*")],
    ],
)
def test_the_actions_go_and_all_others_stay(
    statements: Sequence[Document], taken: frozenset[str]
) -> None:
    before = a_policy(*statements)
    text = without(before, [one for one in before.statements if one.allows], taken)
    had = granted((before,), EVERY).actions
    left = granted((read(text),), EVERY).actions if text else frozenset()
    assert left == had - taken


def test_other_statements_and_elements_stay_as_they_are() -> None:
    kept = allow("s3:*", on="arn:aws:s3:::b/*", when={"Bool": {"a:b": "true"}}, sid="Kept")
    cut = allow("aws-marketplace:StartChangeSet", "s3:GetObject", sid="Cut")
    before = a_policy(kept, cut)
    document = json.loads(without(before, before.statements[1:], START))
    assert document["Statement"] == [kept, {**cut, "Action": ["s3:GetObject"]}]
    assert document["Version"] == "2012-10-17"


def test_what_is_left_of_a_wildcard_is_told_by_verbs_where_they_stand_for_several() -> None:
    before = a_policy(allow("tax:*"))
    kept = {
        "tax:DeleteSupplementalTaxRegistration",
        "tax:DeleteTaxRegistration",
        "tax:GetTaxInterview",
    }
    (left,) = json.loads(without(before, before.statements, actions_of("tax") - kept))["Statement"]
    assert left["Action"] == ["tax:Delete*", "tax:GetTaxInterview"]


def test_one_statement_may_stand_alone_in_the_document() -> None:
    before = read(json.dumps({"Statement": allow("tax:*", "s3:GetObject")}))
    document = json.loads(without(before, before.statements, actions_of("tax")))
    assert document["Statement"] == [allow("s3:GetObject")]


def test_nothing_is_left_of_a_policy_that_granted_nothing_else() -> None:
    before = a_policy(allow(*PORTAL_WRITE))
    assert not without(before, before.statements, PORTAL_WRITE)


def test_a_statement_may_go_whole() -> None:
    before = a_policy(allow("*"), allow("s3:*"))
    document = json.loads(without(before, before.statements[:1], ALL))
    assert document["Statement"] == [allow("s3:*")]


def test_something_may_come_in_their_place() -> None:
    before = a_policy(allow("aws-marketplace:Start*", on="x", when={"Bool": {"a:b": "true"}}))
    text = without(before, before.statements, START, lambda _one, stated: stated | {"Sid": "New"})
    *_, added = json.loads(text)["Statement"]
    assert added == {
        "Effect": "Allow",
        "Action": ["aws-marketplace:StartChangeSet"],
        "Resource": "x",
        "Condition": {"Bool": {"a:b": "true"}},
        "Sid": "New",
    }


def test_conditions_replace_those_on_the_same_keys() -> None:
    stated = allow(
        "x:y", when={"StringLike": {"A:B": "1"}, "StringEquals": {"c:d": "2", "a:b": "3"}}
    )
    wanted = {"StringEquals": {"a:b": "new"}}
    assert on_condition(dict(stated), wanted)["Condition"] == {
        "StringEquals": {"c:d": "2", "a:b": "new"}
    }


def test_a_refusal_beats_every_grant() -> None:
    policies = (a_policy(allow("*")), read(refusing(BUYER_SPEND)))
    assert not granted(policies, BUYER_SPEND)
