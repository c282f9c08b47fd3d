"""SELL-01 on every way to write a grant that is too wide."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from scanner.controls.sell.sell_01_no_wildcards_on_marketplace import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_WRITE, Policy, parse
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity, Status
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
from tests.documents import Document, a_malformed_policy, allow, allow_all_but, deny

HIGH = Severity.HIGH
GAP = denied(AUTHORIZATION_DETAILS)
ADMIN = "is judged on its own"
LISTINGS = "every change to listings"
MONEY = "every payout, tax and identity setting"
PAGES = "every page and setting of the portal"


def policy(sentence: str, expected: Expected, *statements: Document) -> Case:
    return Case(sentence, a_snapshot(policies=(a_managed_policy("seller", *statements),)), expected)


def wide(sentence: str, says: str, *statements: Document) -> Case:
    return policy(sentence, fails(HIGH, says, shows="Policy seller"), *statements)


FAILS = (
    wide(
        "The whole service fails",
        f"Policy seller, statement 1, grants {LISTINGS}",
        allow("aws-marketplace:*", "aws-marketplace-management:*"),
    ),
    wide("Kinds of one service are enough", "buying", allow("aws-marketplace:*")),
    wide("Case does not matter", "buying", allow("AWS-Marketplace:*")),
    wide("A question mark is a wildcard", "buying", allow("aws-marketplac?:*")),
    wide("A wildcard in the service counts", LISTINGS, allow("aws-market*:*")),
    wide(
        "Whatever has Meter, Usage or Agreement in its name is three kinds",
        "buying, SaaS metering, AMI metering and container metering through"
        " aws-marketplace:*Usage and aws-marketplace:*Agreement*",
        allow("aws-marketplace:*Usage", "aws-marketplace:*Agreement*", "s3:GetObject"),
    ),
    wide(
        "All settings of the portal fail",
        f"{PAGES} through aws-marketplace-management:*",
        allow("aws-marketplace-management:*"),
    ),
    wide(
        "All of finance by wildcards fails",
        MONEY,
        allow(
            "aws-marketplace-management:Put*",
            "payments:*",
            "tax:*",
            "aws-marketplace:*VerificationEvidence",
            "aws-marketplace:Start*",
        ),
    ),
    wide(
        "NotAction that forgets Marketplace fails",
        f"{LISTINGS}, {MONEY} and {PAGES} through NotAction",
        allow_all_but("iam:*", "organizations:*"),
    ),
    wide(
        "NotResource reaches nearly everything",
        LISTINGS,
        {
            "Effect": "Allow",
            "Action": ["aws-marketplace*:*"],
            "NotResource": "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/Offer/x",
        },
    ),
    wide(
        "The statement is named by its Sid",
        "Policy seller, Sell,",
        allow("aws-marketplace:*", sid="Sell"),
    ),
    wide(
        "An administrators' statement hides no other",
        "statement 2",
        allow("*"),
        allow("aws-marketplace:*"),
    ),
    wide(
        "A Deny with a condition takes nothing away",
        "buying",
        allow("aws-marketplace:*"),
        deny("aws-marketplace:*", when={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    ),
    wide(
        "An Allow with a condition counts",
        "buying",
        allow("aws-marketplace:*", when={"Bool": {"aws:SecureTransport": "true"}}),
    ),
)

PASSES = (
    policy("Named actions pass", passes("No statement"), allow("aws-marketplace:StartChangeSet")),
    policy(
        "All of the sets by name pass",
        passes(),
        allow(*PORTAL_WRITE, *FINANCE_WRITE),
    ),
    policy("A wildcard over reading passes", passes(), allow("aws-marketplace:List*")),
    policy("Two kinds pass", passes(), allow("aws-marketplace:*Agreement*")),
    policy(
        "A wildcard on one entity passes",
        passes(),
        allow("aws-marketplace:*", on="arn:aws:aws-marketplace:us-east-1:1:AWSMarketplace/Offer/x"),
    ),
    policy(
        "NotAction that names Marketplace passes",
        passes(),
        allow_all_but("aws-marketplace*:*", "payments:*", "tax:*"),
    ),
    policy(
        "A Deny of the rest leaves a narrow grant",
        passes(),
        allow("aws-marketplace:*"),
        deny("aws-marketplace:*Agreement*", "aws-marketplace:*Usage", "aws-marketplace:*ubscribe"),
        deny("aws-marketplace:Start*", "aws-marketplace:*PurchaseOrders"),
        deny("aws-marketplace:*Adjustment*", "aws-marketplace:Accept*", "aws-marketplace:Get*"),
        deny("aws-marketplace:ResolveCustomer", "aws-marketplace:*VerificationEvidence"),
    ),
    policy("Other services do not matter", passes(), allow("s3:*", "ec2:*")),
    policy("Administrators are judged elsewhere", not_applicable(ADMIN), allow("*")),
    policy("So are administrators by another spelling", not_applicable(ADMIN), allow("*:*")),
)

SCOPE = (
    Case(
        "A policy that is attached to nobody passes with a remark",
        a_snapshot(policies=(a_managed_policy("old", allow("aws-marketplace:*"), attachments=0),)),
        passes("attached to nobody", shows="attached, it would fail"),
    ),
    Case(
        "Policies of AWS are not judged",
        a_snapshot(policies=(a_managed_policy("AWSMarketplaceFullAccess", allow("*"), aws=True),)),
        not_applicable("no policies of its own"),
    ),
    Case(
        "Inline policies of users, groups and roles are judged",
        a_snapshot(
            users=(a_user(inline={"u": allow("aws-marketplace:*")}),),
            groups=(a_group(inline={"g": allow("aws-marketplace:*")}),),
            roles=(a_role(inline={"r": allow("aws-marketplace:List*")}),),
        ),
        {"u": fails(HIGH, "Policy u"), "g": fails(HIGH, "Policy g"), "r": passes()},
    ),
    Case(
        "Service-linked roles and our own are left out",
        a_snapshot(
            roles=(
                a_role("x", path="/aws-service-role/x/", inline={"r": allow("aws-marketplace:*")}),
                a_role("seller-posture", inline={"r": allow("aws-marketplace:*")}),
            ),
            scan_role="arn:aws:iam::111122223333:role/seller-posture",
        ),
        not_applicable(),
    ),
    Case(
        "A malformed policy is not assessed",
        a_snapshot(policies=(a_managed_policy("seller", document=a_malformed_policy()),)),
        not_assessed(AUTHORIZATION_DETAILS, "no Statement"),
    ),
    Case(
        "A refused list leaves the others judged",
        a_snapshot(policies=GAP, users=(a_user(inline={"u": allow("aws-marketplace:*")}),)),
        {"u": fails(HIGH, "Policy u"), "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case(
        "A cut list is not assessed for what was cut",
        a_snapshot(policies=Partial((a_managed_policy("p", allow("s3:*")),), (GAP,))),
        {"p": passes(), "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case("An account without own policies", a_snapshot(), not_applicable()),
)

CASES = (*FAILS, *PASSES, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_marketplace_actions_are_named(case: Case) -> None:
    case.holds_for(CONTROL)


def replacement(values: Mapping[str, str]) -> Policy:
    document = parse(values["document"], source=AUTHORIZATION_DETAILS)
    assert isinstance(document, Policy)
    return document


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_document_of_the_remedy_is_no_longer_too_wide(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    mended = a_managed_policy("seller", document=replacement(before.values))
    (after,) = judged(CONTROL, a_snapshot(policies=(mended,))).values()
    assert after.status in {Status.PASS, Status.NOT_APPLICABLE}, after.reason


def test_the_document_of_the_remedy_keeps_what_is_not_about_marketplace() -> None:
    grant = allow("aws-marketplace:*", "s3:Get*", when={"Bool": {"aws:SecureTransport": "true"}})
    case = policy("", passes(), deny("ec2:*"), grant)
    (outcome,) = judged(CONTROL, case.snapshot).values()
    denying, allowing = json.loads(outcome.values["document"])["Statement"]
    assert denying == deny("ec2:*")
    assert allowing["Condition"] == grant["Condition"]
    assert {"s3:Get*", "aws-marketplace:StartChangeSet"} <= set(allowing["Action"])
    assert "aws-marketplace:*" not in allowing["Action"]


@pytest.mark.parametrize(
    ("snapshot", "command", "kind"),
    [
        (
            a_snapshot(policies=(a_managed_policy("seller", allow("aws-marketplace:*")),)),
            "create-policy-version --policy-arn arn:aws:iam::111122223333:policy/seller",
            "AWS::IAM::ManagedPolicy",
        ),
        (
            a_snapshot(users=(a_user(path="/a/b/", inline={"p": allow("aws-marketplace:*")}),)),
            "put-user-policy --user-name deploy --policy-name p",
            "AWS::IAM::UserPolicy",
        ),
        (
            a_snapshot(groups=(a_group(inline={"p": allow("aws-marketplace:*")}),)),
            "put-group-policy --group-name people --policy-name p",
            "AWS::IAM::GroupPolicy",
        ),
        (
            a_snapshot(roles=(a_role(inline={"p": allow("aws-marketplace:*")}),)),
            "put-role-policy --role-name worker --policy-name p",
            "AWS::IAM::RolePolicy",
        ),
    ],
)
def test_the_remedy_is_for_the_place_where_the_policy_stands(
    snapshot: Snapshot, command: str, kind: str
) -> None:
    (outcome,) = judged(CONTROL, snapshot).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert command in filled.cli
    assert filled.cli.count("aws iam") == 1
    assert filled.cloudformation.count("AWS::IAM::") == 1
    assert kind in filled.cloudformation


def test_a_permission_set_is_changed_in_identity_center() -> None:
    role = a_role(
        "AWSReservedSSO_Seller_0a1b",
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
        inline={"p": allow("aws-marketplace:*")},
    )
    (outcome,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert "put-role-policy" not in filled.cli
    assert dict(filled.without).keys() == {"cloudformation", "terraform"}
    assert "behind AWSReservedSSO_Seller_0a1b" in filled.console[-1]
