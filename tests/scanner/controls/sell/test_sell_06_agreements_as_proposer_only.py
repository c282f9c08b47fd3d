"""SELL-06 on the conditions of agreement rights."""

from __future__ import annotations

import json

import pytest

from scanner.controls.sell.sell_06_agreements_as_proposer_only import CONTROL
from scanner.policy import AGREEMENTS
from scanner.policy.catalogue import takes_resources
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

MEDIUM, LOW = Severity.MEDIUM, Severity.LOW
GAP = denied(AUTHORIZATION_DETAILS)
SEARCH = "aws-marketplace:SearchAgreements"
PARTY = "aws-marketplace:PartyType"
TYPE = "aws-marketplace:AgreementType"
PURCHASE = {"ForAllValues:StringEquals": {TYPE: ["PurchaseAgreement"]}}
PROPOSER = {"StringEquals": {PARTY: "Proposer"}}
ANY_SIDE = "reaches agreements of any side"


def policy(sentence: str, expected: Expected, *statements: Document) -> Case:
    return Case(sentence, a_snapshot(policies=(a_managed_policy("offers", *statements),)), expected)


def search(sentence: str, expected: Expected, when: Document) -> Case:
    return policy(sentence, expected, allow(SEARCH, when=when))


def party(operator: str, *values: str) -> Document:
    return {operator: {PARTY: list(values)}, **PURCHASE}


FAILS = (
    policy(
        "Without conditions it fails",
        fails(MEDIUM, f"Policy offers, statement 1, {ANY_SIDE}: no condition names the party.",
              shows=SEARCH),
        allow(SEARCH),
    ),
    *(
        policy(f"So does {name}", fails(MEDIUM, ANY_SIDE), allow(name))
        for name in sorted(AGREEMENTS - {SEARCH})
    ),
    policy("And the whole service", fails(MEDIUM, ANY_SIDE), allow("AWS-Marketplace:*")),
    policy("And a wildcard", fails(MEDIUM, ANY_SIDE), allow("aws-marketplace:*Agreement*")),
    policy("And NotAction", fails(MEDIUM, ANY_SIDE), allow_all_but("iam:*")),
    search("The other side fails", fails(MEDIUM, "is StringEquals Acc"), party("StringEquals", "Acceptor")),
    search("So do both", fails(MEDIUM, ANY_SIDE), party("StringEquals", "Proposer", "Acceptor")),
    search("IfExists fails", fails(MEDIUM, "StringEqualsIfExists"), party("StringEqualsIfExists", "Proposer")),
    search("A negative fails", fails(MEDIUM, "StringNotEq"), party("StringNotEquals", "Acceptor")),
    search("ForAllValues fails", fails(MEDIUM, ANY_SIDE), party("ForAllValues:StringEquals", "Proposer")),
    search("A wildcard in the value fails", fails(MEDIUM, ANY_SIDE), party("StringLike", "Prop*")),
    search("The case of the value counts", fails(MEDIUM, ANY_SIDE), party("StringEquals", "proposer")),
    search("The type missing is low", fails(LOW, "does not name the type"), PROPOSER),
    search("So is one that may be absent", fails(LOW, "does not name the type"),
           {**PROPOSER, "StringEqualsIfExists": {TYPE: "PurchaseAgreement"}}),
    search("And one that is any", fails(LOW, "the type"), {**PROPOSER, "StringLike": {TYPE: "*"}}),
    policy(
        "The worst statement counts, all are told",
        fails(MEDIUM, "Wide, reaches agreements of any side: no condition names the party."
              " Policy offers, statement 2, does not name the type"),
        allow(SEARCH, sid="Wide"),
        allow(SEARCH, when=PROPOSER),
    ),
    policy(
        "A Deny of the other side is no condition",
        fails(MEDIUM, ANY_SIDE),
        allow(SEARCH),
        deny(SEARCH, when={"StringNotEquals": {PARTY: "Proposer"}}),
    ),
    Case(
        "Inline policies fail too",
        a_snapshot(
            users=(a_user(inline={"u": allow(SEARCH)}),), roles=(a_role(inline={"r": allow(SEARCH)}),)
        ),
        {"u": fails(MEDIUM, "Policy u"), "r": fails(MEDIUM, "Policy r")},
    ),
)  # fmt: skip

PASSES = (
    search("As the guide has it", passes("that the account proposed"), {**PROPOSER, **PURCHASE}),
    search("Keys know no case", passes(),
           {"StringEquals": {PARTY.lower(): "Proposer", TYPE.upper(): "PurchaseAgreement"}}),
    search("StringLike without a wildcard is as good", passes(), party("StringLike", "Proposer")),
    Case(
        "Nobody holds an unattached policy",
        a_snapshot(policies=(a_managed_policy("old", allow(SEARCH), attachments=0),)),
        passes("attached to nobody", shows="attached, it would fail"),
    ),
    policy("A Deny leaves no right", not_applicable(), allow(SEARCH), deny(SEARCH)),
    policy("On one resource it grants nothing", not_applicable(),
           allow(SEARCH, on="arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/Offer/x")),
    policy("Buying is not about agreements here", not_applicable(), allow("aws-marketplace:Subscribe")),
    policy("Administrators are judged elsewhere", not_applicable("No policy"), allow("*")),
    Case("Policies of AWS are not judged",
         a_snapshot(policies=(a_managed_policy("x", allow(SEARCH), aws=True),)), not_applicable()),
    Case("An account without own policies", a_snapshot(), not_applicable()),
)  # fmt: skip

UNSEEN = (
    Case(
        "A malformed policy is not assessed",
        a_snapshot(policies=(a_managed_policy("p", document=a_malformed_policy()),)),
        not_assessed(AUTHORIZATION_DETAILS, "no Statement"),
    ),
    Case(
        "A list that was cut",
        a_snapshot(policies=Partial((a_managed_policy("p", allow(SEARCH)),), (GAP,))),
        {"p": fails(MEDIUM, ANY_SIDE), "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS)},
    ),
)

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agreements_are_the_proposers(case: Case) -> None:
    case.holds_for(CONTROL)


def test_agreement_actions_take_no_resources() -> None:
    assert {takes_resources(action) for action in AGREEMENTS} == {False}


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_document_of_the_remedy_has_the_conditions(case: Case) -> None:
    for outcome in judged(CONTROL, case.snapshot).values():
        mended = a_policy(*json.loads(outcome.values["document"])["Statement"])
        snapshot = a_snapshot(policies=(a_managed_policy("offers", document=mended),))
        (after,) = judged(CONTROL, snapshot).values()
        assert after.status == "pass", after.reason


def test_other_rights_and_conditions_stay_as_they_are() -> None:
    when = {
        "Bool": {"aws:SecureTransport": "true"},
        "StringEquals": {PARTY: "Acceptor", "x:y": "z"},
    }
    case = policy("", passes(), allow("s3:*", SEARCH, when=when))
    (outcome,) = judged(CONTROL, case.snapshot).values()
    first, second = json.loads(outcome.values["document"])["Statement"]
    assert first == {**allow("s3:*", when=when)}
    assert second["Action"] == [SEARCH]
    assert second["Condition"] == {
        "Bool": {"aws:SecureTransport": "true"},
        "StringEquals": {"x:y": "z", PARTY: "Proposer"},
        "ForAllValues:StringEquals": {TYPE: ["PurchaseAgreement"]},
    }


def test_the_remedy_is_for_the_place_where_the_policy_stands() -> None:
    snapshot = a_snapshot(roles=(a_role(inline={"r": allow(SEARCH)}),))
    (outcome,) = judged(CONTROL, snapshot).values()
    command = "put-role-policy --role-name worker --policy-name r"
    assert command in fill(CONTROL.remedy, outcome.values).cli
