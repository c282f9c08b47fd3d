"""AMMP-05 on users with and without password, MFA and rights."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ammp.ammp_05_passwords_come_with_mfa import CONTROL
from scanner.evidence import Fact
from scanner.vocabulary import Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NOW,
    a_group,
    a_managed_policy,
    a_report,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, fails, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow, allow_all_but, deny, deny_all_but

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
NO_MFA = a_report(a_row("deploy", password=True))
GAP = denied(AUTHORIZATION_DETAILS)
SELLER = a_managed_policy("Seller", allow("aws-marketplace:StartChangeSet"))
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
INSISTS = deny_all_but("iam:*", "sts:GetSessionToken", when=WITHOUT_MFA)
PORTAL = "User deploy has a password and no MFA; it can use the Management Portal."

CASES = (
    Case(
        "A password with MFA passes",
        a_snapshot(users=(a_user(),), report=a_report(a_row(password=True, mfa=True))),
        {"deploy": passes("a password and MFA")},
    ),
    Case(
        "A portal user without MFA fails as high",
        a_snapshot(
            users=(a_user(inline={"p": allow("aws-marketplace:StartChangeSet")}),), report=NO_MFA
        ),
        {"deploy": fails(HIGH, PORTAL, shows="Inline policy p")},
    ),
    Case(
        "Rights that come from a group count",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(managed=[SELLER]),),
            policies=(SELLER,),
            report=NO_MFA,
        ),
        {"deploy": fails(HIGH, PORTAL, shows="Policy Seller of group people")},
    ),
    Case(
        "Payout settings are portal rights too",
        a_snapshot(
            users=(a_user(inline={"p": allow("payments:UpdatePaymentInstrument")}),), report=NO_MFA
        ),
        {"deploy": fails(HIGH, PORTAL)},
    ),
    Case(
        "An administrator fails as high",
        a_snapshot(users=(a_user(inline={"p": allow("*")}),), report=NO_MFA),
        {"deploy": fails(HIGH, PORTAL, shows=" more")},
    ),
    Case(
        "NotAction that forgets Marketplace fails as high",
        a_snapshot(users=(a_user(inline={"p": allow_all_but("iam:*")}),), report=NO_MFA),
        {"deploy": fails(HIGH, PORTAL)},
    ),
    Case(
        "A portal setting that AWS added later is portal use",
        a_snapshot(
            users=(a_user(inline={"p": allow("aws-marketplace-management:viewNews")}),),
            report=NO_MFA,
        ),
        {"deploy": fails(HIGH, PORTAL)},
    ),
    Case(
        "A boundary takes portal rights away",
        a_snapshot(
            users=(
                a_user(inline={"p": allow("*")}, boundary="arn:aws:iam::111122223333:policy/B"),
            ),
            policies=(a_managed_policy("B", allow("s3:*")),),
            report=NO_MFA,
        ),
        {"deploy": fails(MEDIUM, "User deploy has a password and no MFA.")},
    ),
    Case(
        "A boundary alone grants nothing",
        a_snapshot(
            users=(a_user(boundary="arn:aws:iam::111122223333:policy/B"),),
            policies=(a_managed_policy("B", allow("*")),),
            report=NO_MFA,
        ),
        {"deploy": fails(MEDIUM, "User deploy has a password and no MFA.")},
    ),
    Case(
        "A user without portal rights fails as medium",
        a_snapshot(users=(a_user(),), report=NO_MFA),
        {"deploy": fails(MEDIUM, "User deploy has a password and no MFA.")},
    ),
    Case(
        "A policy that insists on MFA lowers high to medium",
        a_snapshot(users=(a_user(inline={"p": allow("*"), "mfa": INSISTS}),), report=NO_MFA),
        {"deploy": fails(MEDIUM, PORTAL, shows="denies portal work to sessions without MFA")},
    ),
    Case(
        "A policy that insists on MFA lowers medium to low",
        a_snapshot(users=(a_user(inline={"mfa": INSISTS}),), report=NO_MFA),
        {"deploy": fails(LOW, "no MFA")},
    ),
    Case(
        "Bool without IfExists does not insist: keys carry no such key",
        a_snapshot(
            users=(
                a_user(
                    inline={
                        "p": allow("*"),
                        "mfa": deny("*", when={"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
                    }
                ),
            ),
            report=NO_MFA,
        ),
        {"deploy": fails(HIGH, PORTAL)},
    ),
    Case(
        "A policy that insists on MFA elsewhere lowers nothing",
        a_snapshot(
            users=(a_user(inline={"p": allow("*"), "mfa": deny("s3:*", when=WITHOUT_MFA)}),),
            report=NO_MFA,
        ),
        {"deploy": fails(HIGH, PORTAL)},
    ),
    Case(
        "A malformed policy leaves the rights unknown: the worst is assumed",
        a_snapshot(users=(a_user(inline={"p": a_malformed_policy()}),), report=NO_MFA),
        {
            "deploy": fails(
                HIGH, "could not be read", shows="policy p: the document has no Statement"
            )
        },
    ),
    Case(
        "With MFA unknown rights do not matter",
        a_snapshot(
            users=(a_user(inline={"p": a_malformed_policy()}),),
            report=a_report(a_row(password=True, mfa=True)),
        ),
        {"deploy": passes()},
    ),
    Case(
        "Users without a password are left out",
        a_snapshot(
            users=(a_user("robot"), a_user()),
            report=a_report(a_row("robot"), a_row(password=True, mfa=True)),
        ),
        {"deploy": passes()},
    ),
    Case(
        "Without any password the control is not applicable",
        a_snapshot(users=(a_user(),), report=a_report(a_row())),
        not_applicable("federation"),
    ),
    Case("Without users the control is not applicable", a_snapshot(), not_applicable("federation")),
    Case(
        "A user created after the report is not assessed",
        a_snapshot(users=(a_user("new", created=NOW),)),
        {"new": not_assessed("iam:GetCredentialReport", "user new is not in the")},
    ),
    Case(
        "A user created again under an old name is not judged by the old row",
        a_snapshot(users=(a_user(created=NOW),), report=a_report(a_row(password=True, mfa=True))),
        {"deploy": not_assessed("iam:GetCredentialReport", "NotInReport")},
    ),
    Case(
        "A row of a deleted user is left out",
        a_snapshot(report=NO_MFA),
        not_applicable(),
    ),
    Case(
        "A blank password column is not assessed",
        a_snapshot(users=(a_user(),), report=a_report(a_row(password=None))),
        {"deploy": not_assessed("iam:GetCredentialReport", "password_enabled of user deploy")},
    ),
    Case(
        "A blank MFA column is not assessed",
        a_snapshot(users=(a_user(),), report=a_report(a_row(password=True, mfa=None))),
        {"deploy": not_assessed("iam:GetCredentialReport", "mfa_active of user deploy")},
    ),
    Case(
        "Without the report nothing is assessed",
        a_snapshot(users=(a_user(),), report=denied("iam:GetCredentialReport")),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "Without the users the report still proves a fail, and the rest is not assessed",
        a_snapshot(users=GAP, report=NO_MFA),
        {
            "deploy": fails(HIGH, "could not be read"),
            "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "A cut list of users lets only those pass that were read",
        a_snapshot(
            users=Partial((a_user(),), (GAP,)),
            report=a_report(
                a_row(password=True, mfa=True), a_row("other", password=True, mfa=True)
            ),
        ),
        {
            "deploy": passes(),
            "other": not_assessed(AUTHORIZATION_DETAILS),
            "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "A hostile name stays a name",
        a_snapshot(
            users=(a_user("x+=,.@-_$(reboot)", created=days_ago(9)),),
            report=a_report(a_row("x+=,.@-_$(reboot)", created=days_ago(9), password=True)),
        ),
        {"x+=,.@-_$(reboot)": fails(MEDIUM, "User x+=,.@-_$(reboot) has a password and no MFA.")},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_passwords_come_with_mfa(case: Case) -> None:
    case.holds_for(CONTROL)


def test_five_of_many_actions_are_shown() -> None:
    everything = a_snapshot(users=(a_user(inline={"p": allow("*")}),), report=NO_MFA)
    (outcome,) = outcomes_of(CONTROL, everything)
    (told,) = [
        piece.value
        for piece in outcome.evidence
        if isinstance(piece, Fact) and piece.label == "Portal actions"
    ]
    shown, _, more = told.partition(" and ")
    assert len(shown.split(", ")) == 5
    assert more.endswith(" more")
