"""SELL-08 on publishers that pass roles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from scanner.controls.sell.sell_08_passed_role_is_pinned import CONTROL
from scanner.remedy import fill
from scanner.vocabulary import Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import (
    Document,
    a_malformed_policy,
    a_policy,
    allow,
    allow_all_but,
    deny,
    trust,
)

HIGH = Severity.HIGH
GAP = denied(AUTHORIZATION_DETAILS)
START = allow("aws-marketplace:StartChangeSet")
PASS = "iam:PassRole"
ASSETS = "assets.marketplace.amazonaws.com"
EVERY = "arn:aws:iam::*:role/*"
INGESTION = "arn:aws:iam::111122223333:role/ingest"
ANY = "changes listings and can pass any role"
PRODUCTS = a_managed_policy(
    "AWSMarketplaceSellerProductsFullAccess",
    START,
    allow(PASS, on=EVERY, when={"StringEquals": {"iam:PassedToService": ASSETS}}),
    aws=True,
)
LAMBDA = a_managed_policy(
    "AWSLambda_FullAccess",
    allow(PASS, when={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    aws=True,
)
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)


def holds(sentence: str, expected: Expected, *statements: Document) -> Case:
    users = (a_user(inline={"publish": a_policy(START, *statements)}),)
    return Case(sentence, a_snapshot(users=users), expected)


def to(*services: str, operator: str = "StringEquals", on: Any = EVERY) -> Document:
    return allow(PASS, on=on, when={operator: {"iam:passedtoservice": list(services)}})


FAILS = (
    holds("Any role to any service fails", fails(HIGH, ANY, shows=PASS), allow(PASS)),
    holds("So does every role of the account", fails(HIGH, ANY),
          allow(PASS, on="arn:aws:iam::111122223333:role/*")),
    holds("And of any account", fails(HIGH, ANY), allow(PASS, on=EVERY)),
    holds("And what a variable names", fails(HIGH, ANY),
          allow(PASS, on="arn:aws:iam::111122223333:role/${aws:username}")),
    holds("And a question mark before the star", fails(HIGH, ANY),
          allow(PASS, on="arn:aws:iam::111122223333:role/?*")),
    holds("And several before it", fails(HIGH, ANY), allow(PASS, on="arn:aws:iam::*:role/??*")),
    holds("And question marks alone", fails(HIGH, ANY), allow(PASS, on="arn:aws:iam::111122223333:role/????????")),
    holds("And all roles with a path", fails(HIGH, ANY), allow(PASS, on="arn:aws:iam::111122223333:role/*/*")),
    holds("And any ARN", fails(HIGH, ANY), allow(PASS, on="arn:??*")),
    holds("And any text", fails(HIGH, ANY), allow(PASS, on="?*")),
    holds("And all but one", fails(HIGH, ANY),
          {"Effect": "Allow", "Action": PASS, "NotResource": "arn:aws:iam::111122223333:role/root"}),
    holds("And all of IAM", fails(HIGH, ANY), allow("iam:*")),
    holds("And NotAction", fails(HIGH, ANY), allow_all_but("s3:*")),
    holds("Another service fails", fails(HIGH, ANY), to("lambda.amazonaws.com")),
    holds("So do others beside it on every role", fails(HIGH, ANY), to(ASSETS, "ec2.amazonaws.com")),
    holds("IfExists fails", fails(HIGH, ANY), to(ASSETS, operator="StringEqualsIfExists")),
    holds("A pattern fails", fails(HIGH, ANY), to("*.amazonaws.com", operator="StringLike")),
    holds("A negative fails", fails(HIGH, ANY), to("ec2.amazonaws.com", operator="StringNotEquals")),
    holds("One open Allow is enough", fails(HIGH, ANY), to(ASSETS), allow(PASS)),
    Case(
        "By a group too, in a role too",
        a_snapshot(
            users=(a_user("eve", groups=["sellers"]),),
            groups=(a_group("sellers", inline={"a": START, "b": allow(PASS)}),),
            roles=(a_role("ops", inline={"a": START, "b": allow(PASS)}),),
        ),
        {"eve": fails(HIGH, "User eve", shows="of group sellers"), "ops": fails(HIGH, "Role ops")},
    ),
    Case(
        "What was read proves it, whatever was not",
        a_snapshot(
            users=(a_user(inline={"a": START, "b": allow(PASS), "c": a_malformed_policy()}),)
        ),
        fails(HIGH, ANY),
    ),
)  # fmt: skip

PASSES = (
    holds("To the asset service alone passes", passes("within limits"), to(ASSETS)),
    holds("Also letter by letter", passes(), to(ASSETS, operator="StringLike")),
    holds("One role passes", passes(), allow(PASS, on=INGESTION)),
    holds("Other services on one role pass", passes(), to(ASSETS, "ec2.amazonaws.com", on=INGESTION)),
    holds("The guide's broken ARN passes nothing", passes(), allow(PASS, on="arn:aws:iam:::role/")),
    holds("A family of roles passes with a remark", passes(shows="role/marketplace/*"),
          allow(PASS, on="arn:aws:iam::111122223333:role/marketplace/*")),
    holds("A Deny leaves none", not_applicable(), allow(PASS), deny(PASS)),
    Case("AWS's seller policies pass", a_snapshot(users=(a_user(managed=[PRODUCTS]),), policies=(PRODUCTS,)),
         passes()),
    Case(
        "Other policies of AWS are a remark",
        a_snapshot(users=(a_user(managed=[PRODUCTS, LAMBDA]),), policies=(PRODUCTS, LAMBDA)),
        passes(shows="AWSLambda_FullAccess"),
    ),
    Case("Administrators are judged elsewhere",
         a_snapshot(users=(a_user(managed=[ADMIN]),), policies=(ADMIN,)), not_applicable("on its own")),
    Case("Who does not publish is none of ours",
         a_snapshot(users=(a_user(inline={"p": allow(PASS)}),)), not_applicable("Nobody")),
    Case("Publishing without passing", a_snapshot(users=(a_user(inline={"p": START}),)), not_applicable()),
)  # fmt: skip

UNSEEN = (
    Case(
        "A policy that was not read may pass roles",
        a_snapshot(users=(a_user(inline={"a": START, "b": a_malformed_policy()}),)),
        not_assessed(AUTHORIZATION_DETAILS, "policy b"),
    ),
    Case("Users that were not listed", a_snapshot(users=GAP), not_assessed(AUTHORIZATION_DETAILS)),
)

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_passed_role_is_pinned(case: Case) -> None:
    case.holds_for(CONTROL)


INGESTING = a_role("ingest", trusted=trust({"Service": ASSETS}))


@pytest.mark.parametrize(
    "statements",
    [
        [allow(PASS)],
        [allow("iam:*")],
        [allow_all_but("s3:*")],
        [to("lambda.amazonaws.com"), allow(PASS, "s3:*")],
        [{"Effect": "Allow", "Action": PASS, "NotResource": INGESTION}],
    ],
)
@pytest.mark.parametrize("roles", [(), (INGESTING,)])
def test_the_document_of_the_remedy_is_pinned(
    statements: Sequence[Document], roles: tuple[Any, ...]
) -> None:
    users = (a_user(inline={"publish": a_policy(START, *statements)}),)
    (outcome,) = judged(CONTROL, a_snapshot(users=users, roles=roles)).values()
    document = json.loads(outcome.values["document"])
    mended = (a_user(inline={"publish": a_policy(*document["Statement"])}),)
    (after,) = judged(CONTROL, a_snapshot(users=mended, roles=roles)).values()
    assert after.status == "pass", after.reason
    wanted = [INGESTION] if roles else ["arn:aws:iam::111122223333:role/*"]
    assert document["Statement"][-1]["Resource"] == wanted


@pytest.mark.parametrize(
    ("policies", "more", "command"),
    [
        ({"a": START, "b": allow(PASS)}, "", "put-user-policy --user-name deploy --policy-name b"),
        (
            {"a": START, "b": allow(PASS), "c": allow("iam:*")},
            "Do the same with what brings it too: Inline policy c.",
            "put-user-policy --user-name deploy --policy-name b",
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(
    policies: dict[str, Document], more: str, command: str
) -> None:
    (outcome,) = judged(CONTROL, a_snapshot(users=(a_user(inline=policies),))).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert command in filled.cli
    assert more in " ".join(filled.console)
