"""SELL-03 on publishing and finance in one hand."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from scanner.controls.sell.sell_03_finance_is_apart_from_publishing import CONTROL
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    an_arn,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, allow, allow_all_but, deny, trust

HIGH = Severity.HIGH
GAP = denied(AUTHORIZATION_DETAILS)
START = allow("aws-marketplace:StartChangeSet")
TAX = allow("tax:PutTaxInterview", "tax:GetTaxInterview")
FULL = a_managed_policy("AWSMarketplaceSellerFullAccess", START, TAX, aws=True)
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
DEPLOY = an_arn("user", "deploy")
BOTH = "can start change sets of any kind, and has"
SELLER = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/Seller/*"
CHANGE_SETS = "arn:aws:aws-marketplace:*:111122223333:AWSMarketplace/ChangeSet/*"


def holds(
    sentence: str, expected: Expected, *statements: Document, profile: Profile | None = None
) -> Case:
    inline = {f"p{number}": one for number, one in enumerate(statements)}
    return Case(sentence, a_snapshot(users=(a_user(inline=inline),), profile=profile), expected)


def typed(*types: str, operator: str = "StringEquals") -> Document:
    when = {operator: {"Catalog:changetype": list(types)}}
    return allow("aws-marketplace:StartChangeSet", when=when)


def on(*resources: str) -> Document:
    return allow("aws-marketplace:StartChangeSet", on=resources)


FAILS = (
    holds("Both in one hand fails", fails(HIGH, f"{BOTH} tax:PutTaxInterview."), START, TAX),
    holds(
        "So do wildcards",
        fails(HIGH, "payments:CreatePaymentInstrument, payments:Delete", shows="tax:*"),
        START,
        allow("tax:*", "payments:*"),
    ),
    holds("And the whole service", fails(HIGH, BOTH), allow("AWS-Marketplace:*")),
    holds("And NotAction", fails(HIGH, f"{BOTH} aws-market"), allow_all_but("iam:*")),
    holds("Another change type is no limit", fails(HIGH, BOTH), typed("UpdateOffer"), TAX),
    holds(
        "IfExists is no limit",
        fails(HIGH, BOTH),
        typed("UpdateInformation", operator="StringEqualsIfExists"),
        TAX,
    ),
    holds("Nor is the seller's entity beside all", fails(HIGH, BOTH), on(SELLER, "*"), TAX),
    holds(
        "A limit on one grant does not limit the other", fails(HIGH, BOTH), on(SELLER), START, TAX
    ),
    Case(
        "By a group too, in a role too, whatever stands behind it",
        a_snapshot(
            users=(a_user("eve", groups=["sellers"]),),
            groups=(a_group("sellers", managed=[FULL]),),
            roles=(a_role("cross", trusted=trust("111122223333"), managed=[FULL]),),
            policies=(FULL,),
        ),
        {
            "eve": fails(HIGH, "User eve can", shows="of group sellers"),
            "cross": fails(HIGH, "Role cross can"),
        },
    ),
    holds(
        "Finance in other hands than those named fails",
        fails(HIGH, "is not among the finance principals", shows="tax:PutTaxInterview"),
        TAX,
        profile=Profile(finance_principals=(an_arn("user", "cfo"),)),
    ),
    holds(
        "Who is named for finance must not publish",
        fails(HIGH, BOTH),
        START,
        TAX,
        profile=Profile(finance_principals=(DEPLOY,)),
    ),
    Case(
        "What was read proves it, whatever was not",
        a_snapshot(users=(a_user(inline={"a": START, "b": TAX, "c": a_malformed_policy()}),)),
        fails(HIGH, BOTH),
    ),
)

PASSES = (
    holds("Finance alone passes", passes("does not publish"), TAX),
    holds("Publishing alone passes with a remark", passes(shows="disbursement preferences"), START),
    holds("Reading passes", passes("neither"), allow("aws-marketplace:ListEntities", "tax:Get*")),
    holds(
        "Change sets of payouts and profile are finance",
        passes("does not publish"),
        typed("UpdateDisbursementPreferences", "UpdateInformation"),
        TAX,
    ),
    holds("So are those of the seller's entity", passes(), on(SELLER, CHANGE_SETS), TAX),
    holds("A Deny takes one away", passes("publishes and has no"), START, TAX, deny("tax:*")),
    holds(
        "Who is named for finance passes with it",
        passes(),
        TAX,
        profile=Profile(finance_principals=(DEPLOY,)),
    ),
    holds(
        "Approved administrators may",
        not_applicable("among the approved administrators"),
        START,
        TAX,
        profile=Profile(approved_admins=(DEPLOY,), finance_principals=(an_arn("user", "cfo"),)),
    ),
    Case(
        "Administrators are judged elsewhere",
        a_snapshot(users=(a_user(managed=[ADMIN]),), policies=(ADMIN,)),
        not_applicable("judged on its own"),
    ),
    Case("Nobody sells", a_snapshot(users=(a_user(),)), not_applicable("Nobody")),
)

UNSEEN = (
    Case(
        "A policy that was not read may bring the other half",
        a_snapshot(users=(a_user(inline={"a": START, "b": a_malformed_policy()}),)),
        not_assessed(AUTHORIZATION_DETAILS, "policy b"),
    ),
    Case("So may a boundary", a_snapshot(users=(a_user(boundary=an_arn("policy", "x")),)),
         not_assessed(AUTHORIZATION_DETAILS)),
    Case("Roles that were not listed", a_snapshot(roles=GAP), not_assessed(AUTHORIZATION_DETAILS)),
)  # fmt: skip

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_finance_is_apart_from_publishing(case: Case) -> None:
    case.holds_for(CONTROL)


def mended(statements: Sequence[Document], profile: Profile | None = None) -> Snapshot:
    """The account after the document of the remedy was put where it says."""
    inline = {f"p{number}": one for number, one in enumerate(statements)}
    before = a_snapshot(users=(a_user(inline=inline),), profile=profile)
    (outcome,) = judged(CONTROL, before).values()
    document = json.loads(outcome.values["document"])
    more = {
        f"{outcome.values['policy_name']}{number}": one
        for number, one in enumerate(document["Statement"])
    }
    kept = {k: v for k, v in inline.items() if k != outcome.values["policy_name"]}
    return a_snapshot(users=(a_user(inline=kept | more),), profile=profile)


@pytest.mark.parametrize(
    ("statements", "profile"),
    [
        ([allow("aws-marketplace:*")], None),
        ([START, allow("tax:*", "s3:*")], None),
        ([START, TAX, allow("payments:*")], None),
        ([allow_all_but("iam:*")], None),
        (
            [allow("aws-marketplace:StartChangeSet", "aws-marketplace:ListEntities"), TAX],
            Profile(finance_principals=(DEPLOY,)),
        ),
        ([allow("aws-marketplace:*")], Profile(finance_principals=(DEPLOY,))),
    ],
)
def test_the_document_of_the_remedy_parts_them(
    statements: list[Document], profile: Profile | None
) -> None:
    (outcome,) = judged(CONTROL, mended(statements, profile)).values()
    assert outcome.status == "pass", outcome.reason


@pytest.mark.parametrize(
    ("where", "command"),
    [
        (
            a_snapshot(roles=(a_role("ops", managed=[FULL]),), policies=(FULL,)),
            f"detach-role-policy --role-name ops --policy-arn {FULL.arn}",
        ),
        (
            a_snapshot(users=(a_user(inline={"a": START, "b": allow("tax:PutTaxInterview")}),)),
            "delete-user-policy --user-name deploy --policy-name b",
        ),
        (
            a_snapshot(
                users=(a_user(groups=["g"]),),
                groups=(a_group("g", inline={"a": START, "b": TAX}),),
            ),
            "put-group-policy --group-name g --policy-name b",
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(where: Snapshot, command: str) -> None:
    (outcome,) = judged(CONTROL, where).values()
    assert command in fill(CONTROL.remedy, outcome.values).cli
