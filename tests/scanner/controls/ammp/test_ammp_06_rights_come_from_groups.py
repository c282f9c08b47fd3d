"""AMMP-06 on rights by own policies, by groups and by roles."""

from __future__ import annotations

import json

import pytest

from scanner.controls.ammp.ammp_06_rights_come_from_groups import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    Inline,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import Case, fails, judged, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow, allow_all_but, deny, deny_all_but

MEDIUM = Severity.MEDIUM
GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = f"Account {OWN}"
LIST = allow("aws-marketplace:ListEntities")
SELLER = a_managed_policy("Seller", allow("aws-marketplace:StartChangeSet"))
READ_ONLY = a_managed_policy("AWSMarketplaceSellerProductsReadOnly", LIST, aws=True)
OWN_RIGHTS = "User deploy has portal rights of its own by "


def with_inline(inline: Inline) -> Snapshot:
    return a_snapshot(users=(a_user(inline=inline),))


CASES = (
    Case(
        "An inline policy of the user fails",
        with_inline({"p": LIST}),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}p.", shows="Inline policy p")},
    ),
    Case(
        "A policy attached to the user fails",
        a_snapshot(users=(a_user(managed=[SELLER]),), policies=(SELLER,)),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}Seller.", shows="aws-marketplace:StartChangeSet")},
    ),
    Case(
        "Reading is a portal right too",
        a_snapshot(users=(a_user(managed=[READ_ONLY]),), policies=(READ_ONLY,)),
        {"deploy": fails(MEDIUM, READ_ONLY.name)},
    ),
    Case(
        "Every own policy that grants something is named",
        a_snapshot(
            users=(a_user(inline={"b": LIST, "q": allow("sqs:*")}, managed=[SELLER]),),
            policies=(SELLER,),
        ),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}b, Seller.")},
    ),
    Case(
        "Payout settings are portal rights",
        with_inline({"p": allow("payments:UpdatePaymentInstrument")}),
        {"deploy": fails(MEDIUM, OWN_RIGHTS)},
    ),
    Case(
        "Agreement payments are portal rights",
        with_inline({"p": allow("aws-marketplace:SendAgreementPaymentRequest")}),
        {"deploy": fails(MEDIUM, OWN_RIGHTS)},
    ),
    Case(
        "An administrator by an own policy fails",
        with_inline({"p": allow("*")}),
        {"deploy": fails(MEDIUM, OWN_RIGHTS, shows=" more")},
    ),
    Case(
        "NotAction that forgets Marketplace fails",
        with_inline({"p": allow_all_but("iam:*")}),
        {"deploy": fails(MEDIUM, OWN_RIGHTS)},
    ),
    Case(
        "A product's ARN is enough",
        with_inline(
            {
                "p": allow(
                    "aws-marketplace:StartChangeSet",
                    on=f"arn:aws:aws-marketplace:us-east-1:{OWN}:AWSMarketplace/SaaSProduct/x",
                )
            }
        ),
        {"deploy": fails(MEDIUM, OWN_RIGHTS)},
    ),
    Case(
        "The same policy by group and by attachment fails",
        a_snapshot(
            users=(a_user(managed=[SELLER], groups=["people"]),),
            groups=(a_group(managed=[SELLER]),),
            policies=(SELLER,),
        ),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}Seller.")},
    ),
    Case(
        "Rights from a group pass",
        a_snapshot(
            users=(a_user(groups=["people", "empty"]),),
            groups=(a_group(managed=[SELLER]), a_group("empty")),
            policies=(SELLER,),
        ),
        {"deploy": passes("has its portal rights from groups", shows="Groups: people")},
    ),
    Case(
        "An own policy that a group's Deny takes back passes",
        a_snapshot(
            users=(a_user(inline={"p": LIST}, groups=["people", "barred"]),),
            groups=(
                a_group(inline={"g": allow("aws-marketplace:StartChangeSet")}),
                a_group("barred", inline={"d": deny("aws-marketplace:ListEntities")}),
            ),
        ),
        {"deploy": passes()},
    ),
    Case(
        "A Deny with conditions takes nothing back and is shown",
        with_inline(
            {
                "p": LIST,
                "mfa": deny_all_but(
                    "iam:*", when={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
                ),
            }
        ),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}p.")},
    ),
    Case(
        "A boundary is no grant",
        a_snapshot(
            users=(a_user(boundary=SELLER.arn),),
            policies=(SELLER,),
        ),
        not_applicable("No IAM user and no role"),
    ),
    Case(
        "Metering, data sets and queues belong to the workload's user",
        with_inline(
            {
                "p": allow("aws-marketplace:BatchMeterUsage"),
                "q": allow("sqs:ReceiveMessage"),
                "r": allow("marketplacecommerceanalytics:GenerateDataSet"),
            }
        ),
        not_applicable(),
    ),
    Case(
        "Users without portal rights are left out",
        a_snapshot(users=(a_user("robot"), a_user(inline={"p": LIST}))),
        {"deploy": fails(MEDIUM, OWN_RIGHTS)},
    ),
    Case("An account without identities", a_snapshot(), not_applicable()),
    Case(
        "An account where only roles have portal rights passes",
        a_snapshot(users=(a_user(),), roles=(a_role("seller", inline={"p": LIST}), a_role())),
        {ACCOUNT: passes("roles can", shows="Roles of the portal: seller")},
    ),
    Case(
        "A role that may have portal rights is not named among them",
        a_snapshot(
            roles=(
                a_role("maybe", inline={"p": a_malformed_policy()}),
                a_role("seller", inline={"p": LIST}),
            )
        ),
        {ACCOUNT: passes("roles can", shows="Roles of the portal: seller")},
    ),
    Case(
        "An unread own policy may grant something",
        with_inline({"p": a_malformed_policy()}),
        {"deploy": not_assessed(AUTHORIZATION_DETAILS, "policy p")},
    ),
    Case(
        "An unread own policy hides no fail",
        with_inline({"p": a_malformed_policy(), "q": LIST}),
        {"deploy": fails(MEDIUM, f"{OWN_RIGHTS}q.")},
    ),
    Case(
        "An unread group may be why",
        a_snapshot(users=(a_user(groups=["people"]),), groups=GAP),
        {"deploy": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case("Without users nothing is assessed", a_snapshot(users=GAP), not_assessed(GAP.action)),
    Case(
        "A cut list of users",
        a_snapshot(users=Partial((a_user(inline={"p": LIST}),), (GAP,))),
        {"deploy": fails(MEDIUM, OWN_RIGHTS), ACCOUNT: not_assessed(GAP.action)},
    ),
    Case(
        "Without roles nobody can say that only roles have rights",
        a_snapshot(roles=GAP),
        not_assessed(GAP.action),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rights_come_from_groups(case: Case) -> None:
    case.holds_for(CONTROL)


def values_of(snapshot: Snapshot) -> dict[str, str]:
    return dict(judged(CONTROL, snapshot)["deploy"].values)


def test_the_commands_move_seller_policies_and_leave_the_others() -> None:
    user = a_user(inline={"b": LIST, "q": allow("sqs:*")}, managed=[SELLER])
    values = values_of(a_snapshot(users=(user,), policies=(SELLER,)))
    assert values["managed"] == f"AttachedPolicies[?PolicyArn=='{SELLER.arn}'].PolicyArn"
    assert values["inline"] == "PolicyNames[?@=='b']"
    assert json.loads(values["arns"]) == [SELLER.arn]
    assert json.loads(values["document"])["Statement"] == [LIST]


def test_commands_for_a_kind_of_policy_that_the_user_has_not_are_left_out() -> None:
    filled = fill(CONTROL.remedy, values_of(with_inline({"p": LIST})))
    assert "attached-user-policies" not in filled.cli
    assert "create-policy" in filled.cli
    assert "add-user-to-group" in filled.cli


def test_a_user_with_the_groups_policies_passes() -> None:
    before = with_inline({"p": LIST})
    (statement,) = json.loads(values_of(before)["document"])["Statement"]
    group = a_group("g", inline={"p": statement})
    after = a_snapshot(users=(a_user(groups=["g"]),), groups=(group,))
    assert judged(CONTROL, after)["deploy"].status is Status.PASS


def test_users_with_the_same_policies_share_a_group_and_others_do_not() -> None:
    def group(inline: Inline) -> str:
        return values_of(with_inline(inline))["group"]

    assert group({"p": LIST}) == group({"p": LIST, "q": allow("sqs:*")})
    assert group({"p": LIST}) != group({"p": allow("aws-marketplace:*")})
