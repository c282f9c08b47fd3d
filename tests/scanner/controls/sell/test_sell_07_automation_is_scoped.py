"""SELL-07 on what workloads may start."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scanner.controls.sell.sell_07_automation_is_scoped import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
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

MEDIUM = Severity.MEDIUM
GAP = denied(AUTHORIZATION_DETAILS)
START = "aws-marketplace:StartChangeSet"
CATALOG = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace"
PRODUCT = f"{CATALOG}/SaaSProduct/prod-1"
SETS = "arn:aws:aws-marketplace:*:111122223333:AWSMarketplace*/ChangeSet/*"
ANY = "Role ci is a workload and can start change sets of any kind on any entity."
PRODUCTS = a_managed_policy("AWSMarketplaceSellerProductsFullAccess", allow(START), aws=True)
OFFERS = a_managed_policy(
    "AWSMarketplaceSellerOfferManagement",
    allow(START, on=("arn:aws:aws-marketplace:*:*:AWSMarketplace/Offer/*", SETS)),
    aws=True,
)


def ci(sentence: str, expected: Expected, *statements: Document) -> Case:
    role = a_role("ci", inline={"publish": a_policy(*statements)})
    return Case(sentence, a_snapshot(roles=(role,)), expected)


def when(sentence: str, expected: Expected, operator: str, tests: Mapping[str, Any]) -> Case:
    return ci(sentence, expected, allow(START, when={operator: tests}))


def on(sentence: str, expected: Expected, *resources: str) -> Case:
    return ci(sentence, expected, allow(START, on=resources))


SAML = allow("sts:AssumeRoleWithSAML", on=None, to={"Federated": "arn:aws:iam::1:saml-provider/x"})
OIDC = allow(
    "sts:AssumeRoleWithWebIdentity", on=None, to={"Federated": "arn:aws:iam::1:oidc-provider/ci"}
)
SERVICE = allow("sts:AssumeRole", on=None, to={"Service": "codebuild.amazonaws.com"})
TYPE, INTENT = "catalog:ChangeType", "aws-marketplace:Intent"
FAILS = (
    ci("Anything fails", fails(MEDIUM, ANY, shows=START), allow(START)),
    ci("So does the whole service", fails(MEDIUM, ANY), allow("AWS-Marketplace:*")),
    ci("And NotAction", fails(MEDIUM, ANY), allow_all_but("iam:*")),
    on("All products of a type fail", fails(MEDIUM, ANY), f"{CATALOG}/SaaSProduct/*", SETS),
    on("So does any entity beside a named one", fails(MEDIUM, ANY), PRODUCT, SETS, "*"),
    on("And question marks", fails(MEDIUM, ANY), f"{CATALOG}/SaaSProduct/??*", SETS),
    on("And one that a variable names", fails(MEDIUM, ANY),
       f"{CATALOG}/SaaSProduct/${{aws:PrincipalTag/product}}", SETS),
    when("Types that may be absent fail", fails(MEDIUM, ANY), "StringEqualsIfExists", {TYPE: "AddVersion"}),
    when("So do all but some", fails(MEDIUM, ANY), "StringNotEquals", {TYPE: "CreateOffer"}),
    when("And a pattern", fails(MEDIUM, ANY), "StringLike", {TYPE: "*"}),
    when("And ForAllValues", fails(MEDIUM, ANY), "ForAllValues:StringEquals", {TYPE: "AddVersion"}),
    when("Applying fails", fails(MEDIUM, ANY), "StringEquals", {INTENT: ["VALIDATE", "APPLY"]}),
    when("Another condition fails", fails(MEDIUM, ANY), "Bool", {"aws:SecureTransport": "true"}),
    ci(
        "One loose Allow is enough",
        fails(MEDIUM, ANY),
        allow(START, when={"StringEquals": {TYPE: "AddVersion"}}),
        allow(START),
    ),
    ci(
        "Nor do all offers reach any",
        fails(MEDIUM, "its calls fail"),
        allow(START, on=f"{CATALOG}/Offer/*", when={"StringEquals": {TYPE: "CreateOffer"}}),
    ),
    on("Without change sets nothing works", fails(MEDIUM, "its calls fail", shows="missing"), PRODUCT),
    Case(
        "A user with keys only, and a role of an OIDC issuer, are workloads",
        a_snapshot(
            users=(a_user("bot", groups=["people"]),),
            groups=(a_group("people", managed=[PRODUCTS]),),
            roles=(
                a_role("ci", trusted=trust({"Federated": "arn:aws:iam::1:oidc-provider/ci"}),
                       inline={"p": allow(START)}),
            ),
            policies=(PRODUCTS,),
            report=a_report(a_row("bot", keys=(a_key(),))),
        ),
        {"bot": fails(MEDIUM, "User bot is a workload", shows="of group people"), "ci": fails(MEDIUM, ANY)},
    ),
    Case(
        "AWS's policies for people are too wide for machines",
        a_snapshot(
            roles=(a_role("ci", managed=[PRODUCTS]), a_role("offers", managed=[OFFERS])),
            policies=(PRODUCTS, OFFERS),
        ),
        {"ci": fails(MEDIUM, ANY), "offers": fails(MEDIUM, "Role offers is a workload")},
    ),
    Case(
        "A role of a service or an issuer is a workload where people assume it as well",
        a_snapshot(
            roles=(
                a_role("ci", trusted=a_policy(SAML, SERVICE), inline={"p": allow(START)}),
                a_role("oidc", trusted=a_policy(OIDC, SAML), inline={"p": allow(START)}),
            )
        ),
        {"ci": fails(MEDIUM, ANY), "oidc": fails(MEDIUM, "Role oidc is a workload")},
    ),
    Case(
        "What was read proves it, whatever was not",
        a_snapshot(roles=(a_role("ci", inline={"a": allow(START), "b": a_malformed_policy()}),)),
        fails(MEDIUM, ANY),
    ),
)  # fmt: skip

PASSES = (
    on("Named entities with change sets pass", passes("only change sets that"), PRODUCT, SETS),
    ci("Also in two statements", passes(), allow(START, on=PRODUCT), allow(START, on=SETS)),
    when("Change types pass", passes(), "StringEquals", {TYPE.lower(): ["AddVersion", "CreateOffer"]}),
    when("Also letter by letter", passes(), "StringLike", {TYPE: "AddVersion"}),
    when("Validation passes", passes(), "StringEquals", {INTENT: "VALIDATE"}),
    ci("A Deny leaves nothing", not_applicable("No workload"), allow(START), deny(START)),
    Case(
        "People work in the portal, where no scope works",
        a_snapshot(
            users=(a_user("eve", inline={"p": allow(START)}),),
            roles=(
                a_role("sso", path="/aws-reserved/sso.amazonaws.com/", inline={"p": allow(START)}),
                a_role("people", trusted=a_policy(SAML), inline={"p": allow(START)}),
                a_role("cross", trusted=trust("111122223333"), inline={"p": allow(START)}),
            ),
            report=a_report(a_row("eve", password=True, keys=(a_key(),))),
        ),
        not_applicable("No workload"),
    ),
    Case("Nobody publishes", a_snapshot(roles=(a_role(),)), not_applicable()),
)  # fmt: skip

UNSEEN = (
    Case(
        "A trust that was not read may be a service's",
        a_snapshot(
            roles=(a_role("ci", trusted=a_malformed_policy(), inline={"p": allow(START)}),)
        ),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "A user without a row may be a workload",
        a_snapshot(users=(a_user(inline={"p": allow(START)}),)),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "A policy that was not read may be loose",
        a_snapshot(
            roles=(
                a_role("ci", inline={"a": allow(START, on=[PRODUCT, SETS]), "b": a_malformed_policy()}),
                a_role("b", inline={"b": a_malformed_policy()}),
            )
        ),
        dict.fromkeys(("ci", "b"), not_assessed(AUTHORIZATION_DETAILS, "policy b")),
    ),
    Case("Roles that were not listed", a_snapshot(roles=GAP), not_assessed(AUTHORIZATION_DETAILS)),
)  # fmt: skip

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_automation_is_scoped(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    "statements",
    [
        [allow(START)],
        [allow("aws-marketplace:*")],
        [allow_all_but("iam:*")],
        [allow(START, on=PRODUCT)],
        [
            allow(
                START, on=f"{CATALOG}/Offer/*", when={"StringEqualsIfExists": {TYPE: "AddVersion"}}
            )
        ],
        [allow(START, "s3:*"), allow(START, when={"StringEquals": {TYPE: "AddVersion"}})],
    ],
)
def test_the_document_of_the_remedy_is_scoped(statements: Sequence[Document]) -> None:
    case = ci("", passes(), *statements)
    (outcome,) = judged(CONTROL, case.snapshot).values()
    mended = a_policy(*json.loads(outcome.values["document"])["Statement"])
    roles = (a_role("ci", inline={"publish": mended}),)
    (after,) = judged(CONTROL, a_snapshot(roles=roles)).values()
    assert after.status == "pass", after.reason
    if "IfExists" in str(statements):
        assert '["AddVersion"]' in outcome.values["document"]


SHARED = a_managed_policy("Team", allow(START, "s3:GetObject"), attachments=2)
BOT = a_report(a_row("bot", keys=(a_key(),)))


@pytest.mark.parametrize(
    ("where", "commands"),
    [
        (
            a_snapshot(roles=(a_role("ci", inline={"p": allow(START)}),)),
            ["put-role-policy --role-name ci --policy-name p"],
        ),
        (
            a_snapshot(roles=(a_role("ci", managed=[PRODUCTS]),), policies=(PRODUCTS,)),
            [
                "create-policy --policy-name role-ci-change-sets",
                "attach-role-policy --role-name ci --policy-arn"
                " arn:aws:iam::111122223333:policy/role-ci-change-sets",
                f"detach-role-policy --role-name ci --policy-arn {PRODUCTS.arn}",
            ],
        ),
        (
            a_snapshot(
                users=(a_user("bot", groups=["people"]),),
                groups=(a_group("people", managed=[PRODUCTS]),),
                policies=(PRODUCTS,),
                report=BOT,
            ),
            [
                "create-group --group-name automation-bot",
                "attach-group-policy --group-name automation-bot",
                "add-user-to-group --user-name bot --group-name automation-bot",
                "remove-user-from-group --user-name bot --group-name people",
            ],
        ),
        (
            a_snapshot(roles=(a_role("ci", managed=[SHARED]),), policies=(SHARED,)),
            ["create-policy --policy-name role-ci-change-sets", "s3:GetObject", "detach-role-pol"],
        ),
        (
            a_snapshot(users=(a_user("bot", inline={"p": allow(START)}),), report=BOT),
            ["put-user-policy --user-name bot --policy-name p"],
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(where: Snapshot, commands: list[str]) -> None:
    (outcome,) = judged(CONTROL, where).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert [one for one in commands if one not in script] == [], script
