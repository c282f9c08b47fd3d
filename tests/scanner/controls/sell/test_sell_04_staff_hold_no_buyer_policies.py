"""SELL-04 on sellers that can buy."""

from __future__ import annotations

import pytest

from scanner.controls.sell.sell_04_staff_hold_no_buyer_policies import CONTROL
from scanner.facts.iam import ManagedPolicy
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
from tests.documents import Document, a_malformed_policy, allow, allow_all_but, deny

MEDIUM, LOW = Severity.MEDIUM, Severity.LOW
GAP = denied(AUTHORIZATION_DETAILS)
LIST = allow("aws-marketplace:ListEntities")
SUBSCRIBE = allow("aws-marketplace:Subscribe")


def of_aws(name: str, *statements: Document) -> ManagedPolicy:
    return a_managed_policy(name, *statements, aws=True)


PRODUCTS = of_aws("AWSMarketplaceSellerProductsFullAccess", LIST)
BUYER = of_aws("AWSMarketplaceFullAccess", allow("aws-marketplace:*", "ec2:RunInstances"))
SUBSCRIPTIONS = of_aws(
    "AWSMarketplaceManageSubscriptions", SUBSCRIBE, allow("aws-marketplace:ListEntities")
)
PRIVATE = of_aws("AWSPrivateMarketplaceAdminFullAccess", allow("aws-marketplace:ListEntities"))
PROCUREMENT = of_aws(
    "AWSMarketplaceProcurementSystemAdminFullAccess",
    allow("aws-marketplace:PutProcurementSystemConfiguration"),
)
BUILD = of_aws("AWSMarketplaceImageBuildFullAccess", allow("aws-marketplace:StartBuild"))
READ_ONLY = of_aws("AWSMarketplaceRead-only", allow("aws-marketplace:ViewSubscriptions"))
POWER = of_aws("PowerUserAccess", allow_all_but("iam:*"))
ADMIN = of_aws("AdministratorAccess", allow("*"))
POLICIES = (
    PRODUCTS, BUYER, SUBSCRIPTIONS, PRIVATE, PROCUREMENT, BUILD, READ_ONLY, POWER, ADMIN,
)  # fmt: skip


def attached(sentence: str, expected: Expected, *managed: ManagedPolicy) -> Case:
    users = (a_user(managed=managed),)
    return Case(sentence, a_snapshot(users=users, policies=POLICIES), expected)


def holds(sentence: str, expected: Expected, *statements: Document) -> Case:
    inline = {f"p{number}": one for number, one in enumerate(statements)}
    return Case(sentence, a_snapshot(users=(a_user(inline=inline),)), expected)


FAILS = (
    attached(
        "A seller with the buyers' full access fails",
        fails(MEDIUM, "holds AWSMarketplaceFullAccess, a buyer policy", shows="attached directly"),
        PRODUCTS,
        BUYER,
    ),
    attached("That policy is enough for the portal", fails(MEDIUM, "a buyer policy"), BUYER),
    attached(
        "Subscriptions fail",
        fails(MEDIUM, "holds AWSMarketplaceManageSubscriptions"),
        PRODUCTS,
        SUBSCRIPTIONS,
    ),
    attached("Private marketplaces fail", fails(MEDIUM, "PrivateMark"), PRODUCTS, PRIVATE),
    attached("Procurement fails", fails(MEDIUM, "holds AWSMarketplaceProc"), PRODUCTS, PROCUREMENT),
    attached("The old image build is low", fails(LOW, "AWS has withdrawn"), PRODUCTS, BUILD),
    attached("Beside another it is not", fails(MEDIUM, "withdrawn"), PRODUCTS, BUILD, BUYER),
    holds("Buying by an own policy fails", fails(MEDIUM, "can buy: Subscribe."), LIST, SUBSCRIBE),
    holds(
        "So does the whole service",
        fails(MEDIUM, "AcceptAgreementRequest", shows="Inline policy p0"),
        allow("aws-marketplace:*"),
    ),
    holds("And NotAction", fails(MEDIUM, "Unsubscribe"), allow_all_but("iam:*")),
    Case(
        "A group's policy fails its members, a role's the role",
        a_snapshot(
            users=(a_user("eve", groups=["sellers"]),),
            groups=(a_group("sellers", managed=[PRODUCTS, BUYER]),),
            roles=(a_role("ops", managed=[PRODUCTS, BUYER]),),
            policies=POLICIES,
        ),
        {
            "eve": fails(MEDIUM, "User eve", shows="by group sellers"),
            "ops": fails(MEDIUM, "Role ops"),
        },
    ),
    Case(
        "What was read proves it, whatever was not",
        a_snapshot(users=(a_user(inline={"a": LIST, "b": SUBSCRIBE, "c": a_malformed_policy()}),)),
        fails(MEDIUM, "can buy"),
    ),
)

PASSES = (
    attached("A seller policy passes", passes("holds no buyer policy"), PRODUCTS),
    attached("Reading what was bought passes", passes(), PRODUCTS, READ_ONLY),
    attached("Power users pass with a remark", passes(shows="PowerUserAccess"), PRODUCTS, POWER),
    attached(
        "A buyer who is no seller is none of the staff",
        not_applicable("by buyer policies alone"),
        SUBSCRIPTIONS,
    ),
    attached("Administrators are judged elsewhere", not_applicable("on its own"), ADMIN, BUYER),
    holds("A Deny takes it away", passes(), LIST, SUBSCRIBE, deny("aws-marketplace:Subscribe")),
    Case(
        "Approved administrators may",
        a_snapshot(
            users=(a_user(managed=[PRODUCTS, BUYER]),),
            policies=POLICIES,
            profile=Profile(approved_admins=(an_arn("user", "deploy"),)),
        ),
        not_applicable("approved"),
    ),
    Case(
        "Who only buys is none of ours",
        a_snapshot(users=(a_user(inline={"p": SUBSCRIBE}),)),
        not_applicable("Nobody"),
    ),
)

UNSEEN = (
    Case(
        "A policy that was not read may be a buyer's",
        a_snapshot(users=(a_user(managed=[PRODUCTS, BUYER]),), policies=(PRODUCTS,)),
        not_assessed(AUTHORIZATION_DETAILS, "policy AWSMarketplaceFullAccess"),
    ),
    Case("Users that were not listed", a_snapshot(users=GAP), not_assessed(AUTHORIZATION_DETAILS)),
)

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_staff_hold_no_buyer_policies(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("where", "command"),
    [
        (
            a_snapshot(users=(a_user(managed=[PRODUCTS, BUYER]),), policies=POLICIES),
            f"detach-user-policy --user-name deploy --policy-arn {BUYER.arn}",
        ),
        (
            a_snapshot(roles=(a_role("ops", managed=[PRODUCTS, BUYER]),), policies=POLICIES),
            f"detach-role-policy --role-name ops --policy-arn {BUYER.arn}",
        ),
        (
            a_snapshot(
                users=(a_user(groups=["g"]),),
                groups=(a_group("g", managed=[PRODUCTS, BUYER]),),
                policies=POLICIES,
            ),
            f"detach-group-policy --group-name g --policy-arn {BUYER.arn}",
        ),
        (
            a_snapshot(users=(a_user(inline={"a": LIST, "b": SUBSCRIBE}),)),
            "delete-user-policy --user-name deploy --policy-name b",
        ),
        (
            a_snapshot(roles=(a_role("ci", inline={"a": allow("aws-marketplace:*")}),)),
            "put-role-policy --role-name ci --policy-name a",
        ),
        (
            a_snapshot(users=(a_user(inline={"a": LIST, "b": SUBSCRIBE, "c": SUBSCRIBE}),)),
            "put-user-policy --user-name deploy --policy-name no-buying",
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(where: Snapshot, command: str) -> None:
    (outcome,) = judged(CONTROL, where).values()
    assert command in fill(CONTROL.remedy, outcome.values).cli


def test_what_brings_it_too_is_named() -> None:
    snapshot = a_snapshot(users=(a_user(managed=[PRODUCTS, BUYER, BUILD]),), policies=POLICIES)
    (outcome,) = judged(CONTROL, snapshot).values()
    assert "too: Policy AWSMarketplaceImageBuild" in " ".join(
        fill(CONTROL.remedy, outcome.values).console
    )
