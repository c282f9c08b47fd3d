"""CAS-05 on the rights that enrolling takes, together and apart."""

from __future__ import annotations

import json

import pytest

from scanner.controls.cas.cas_05_enrolment_rights_are_gone import CONTROL
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

GAP = denied(AUTHORIZATION_DETAILS)
ENROL = allow(
    "iam:ListRoles",
    "iam:CreateRole",
    "iam:CreatePolicy",
    "iam:AttachRolePolicy",
    "aws-marketplace-management:viewReports",
)
VIEW = allow("aws-marketplace-management:viewReports")
ROLES = f"arn:aws:iam::{OWN}:role/*"
LEFT = fails(
    Severity.HIGH,
    "may still create any role and attach any policy to it",
    shows="Inline policy p",
)


def holding(sentence: str, expected: Expected, *statements: Document) -> Case:
    user = a_user(inline={"p": a_policy(*statements)})
    return Case(sentence, a_snapshot(users=(user,)), {"deploy": expected})


def under(sentence: str, expected: Expected, when: Document) -> Case:
    making = allow("iam:CreateRole", "iam:AttachRolePolicy", when=when)
    return holding(sentence, expected, making, VIEW)


def none(sentence: str, *statements: Document) -> Case:
    user = a_user(inline={"p": a_policy(*statements)})
    return Case(sentence, a_snapshot(users=(user,)), not_applicable("Nobody but administrators"))


def bounded(sentence: str, expected: Expected, *statements: Document) -> Case:
    boundary = a_managed_policy("limit", *statements)
    user = a_user(inline={"p": ENROL}, boundary=boundary.arn)
    return Case(sentence, a_snapshot(users=(user,), policies=(boundary,)), {"deploy": expected})


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LEFT_BOUND = fails(Severity.HIGH, "may still create any role", shows="takes none of it away")
BOUNDARY = a_managed_policy("limit", allow("*"))
MALFORMED = a_malformed_policy()

CASES = (
    holding("The guide's enrolment policy fails", LEFT, ENROL),
    holding("So it does without CreatePolicy", LEFT, allow("iam:CreateRole", "iam:Attach*"), VIEW),
    holding("Patterns count", LEFT, allow("iam:*"), VIEW),
    holding("NotAction counts", LEFT, allow_all_but("s3:*")),
    holding(
        "Every role by its ARN is everything",
        LEFT,
        allow("iam:CreateRole", "iam:AttachRolePolicy", on=ROLES),
        VIEW,
    ),
    holding(
        "NotResource is everything but one",
        LEFT,
        {
            "Effect": "Allow",
            "Action": "iam:*",
            "NotResource": f"arn:aws:iam::{OWN}:role/x",
        },
        VIEW,
    ),
    holding(
        "One path of roles is not everything",
        passes("may not create any role and may not attach"),
        allow("iam:CreateRole", "iam:AttachRolePolicy", on=f"arn:aws:iam::{OWN}:role/app/*"),
        VIEW,
    ),
    holding(
        "Without viewReports it is SELL-09's",
        passes("may not view reports, so SELL-09"),
        allow("iam:CreateRole", "iam:AttachRolePolicy"),
    ),
    holding(
        "Without attaching it is not enrolment",
        passes("may not attach any policy"),
        allow("iam:CreateRole"),
        VIEW,
    ),
    holding("A Deny takes it away", passes(), ENROL, deny("iam:AttachRolePolicy")),
    under(
        "A named boundary accepts it",
        passes("may not create any role"),
        {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY.arn}},
    ),
    under(
        "Named policies accept it",
        passes(),
        {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AWSMarketplaceRead*"}},
    ),
    under(
        "Any policy of the account is no name",
        LEFT,
        {
            "ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{OWN}:policy/*"},
        },
    ),
    under("A star is no name", LEFT, {"StringLike": {"iam:PermissionsBoundary": "*"}}),
    under(
        "IfExists is no condition",
        LEFT,
        {
            "StringEqualsIfExists": {"iam:PermissionsBoundary": BOUNDARY.arn},
        },
    ),
    under(
        "Any but one is no condition",
        LEFT,
        {
            "ArnNotEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
        },
    ),
    under(
        "MFA is no condition on roles",
        LEFT,
        {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
        },
    ),
    under(
        "More wildcards are no name either",
        LEFT,
        {"ArnLike": {"iam:PolicyARN": f"arn:aws:iam::{OWN}:policy/??*"}},
    ),
    under(
        "A pattern that an administrator's policy fits is none",
        LEFT,
        {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/A*"}},
    ),
    under(
        "Nor is that policy as the boundary",
        LEFT,
        {"StringEquals": {"iam:PermissionsBoundary": ADMIN}},
    ),
    holding(
        "Every role by more wildcards",
        LEFT,
        allow("iam:CreateRole", "iam:AttachRolePolicy", on=f"arn:aws:iam::{OWN}:role/??*"),
        VIEW,
    ),
    bounded(
        "A boundary that limits it accepts it",
        passes("a permissions boundary that limits it"),
        allow("iam:*", when={"StringEquals": {"iam:PermissionsBoundary": BOUNDARY.arn}}),
        VIEW,
    ),
    bounded(
        "So does one with a path of roles",
        passes("a permissions boundary that limits it"),
        allow("iam:*", on=f"arn:aws:iam::{OWN}:role/app/*"),
        VIEW,
    ),
    bounded(
        "One that takes the reports leaves it to SELL-09", passes("so SELL-09"), allow("iam:*")
    ),
    bounded("One that lets all through is none", LEFT_BOUND, allow("*")),
    bounded("Nor is one that lets through what enrolling takes", LEFT_BOUND, ENROL),
    none("Administrators are left out", allow("*")),
    none("Nobody makes roles", VIEW),
    Case(
        "Roles and members of groups are judged",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(inline={"p": ENROL}),),
            roles=(a_role(inline={"p": ENROL}), a_role("other")),
        ),
        {"deploy": LEFT, "worker": LEFT},
    ),
    Case("Without principals nothing is assessed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A malformed policy may bring what is missing",
        a_snapshot(users=(a_user(inline={"p": allow("iam:CreateRole"), "q": MALFORMED}),)),
        {"deploy": not_assessed(GAP.action, "policy q")},
    ),
    Case(
        "It hides nothing of what is there",
        a_snapshot(users=(a_user(inline={"p": ENROL, "q": MALFORMED}),)),
        {"deploy": LEFT},
    ),
    Case(
        "A boundary that was not read may or may not limit",
        a_snapshot(users=(a_user(inline={"p": ENROL}, boundary=BOUNDARY.arn),), policies=GAP),
        {"deploy": not_assessed(GAP.action, "boundary")},
    ),
    Case(
        "AdministratorAccess as a boundary takes nothing away",
        a_snapshot(
            users=(a_user(inline={"p": ENROL}, boundary=ADMIN),),
            policies=(a_managed_policy("AdministratorAccess", allow("*"), aws=True),),
        ),
        {"deploy": LEFT_BOUND},
    ),
    Case(
        "A cut list may hide somebody",
        a_snapshot(users=Partial((a_user(inline={"p": ENROL}),), (GAP,))),
        {"deploy": LEFT, f"Account {OWN}": not_assessed(GAP.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_enrolment_rights_are_gone(case: Case) -> None:
    case.holds_for(CONTROL)


def remedied(*statements: Document, **more: object) -> dict[str, str]:
    user = a_user(inline={"p": a_policy(*statements)}, **more)  # type: ignore[arg-type]
    return dict(judged(CONTROL, a_snapshot(users=(user,)))["deploy"].values)


def test_a_policy_made_for_enrolling_is_deleted() -> None:
    filled = fill(CONTROL.remedy, remedied(ENROL))
    assert filled.cli == "aws iam delete-user-policy --user-name deploy --policy-name p"
    role = a_role(inline={"p": ENROL})
    outcome = judged(CONTROL, a_snapshot(roles=(role,)))["worker"]
    filled = fill(CONTROL.remedy, outcome.values)
    assert filled.cli == "aws iam delete-role-policy --role-name worker --policy-name p"


@pytest.mark.parametrize("more", [allow("s3:GetObject"), allow("iam:*"), allow_all_but("s3:*")])
def test_where_other_rights_stand_beside_a_deny_takes_them(more: Document) -> None:
    values = remedied(ENROL, more)
    assert "put-user-policy --user-name deploy" in fill(CONTROL.remedy, values).cli
    (refusal,) = json.loads(values["document"])["Statement"]
    user = a_user(inline={"p": a_policy(ENROL, more), "deny-enrolment": refusal})
    outcomes = judged(CONTROL, a_snapshot(users=(user,)))
    assert all(one.status == "not_applicable" for one in outcomes.values())


def test_a_group_keeps_its_policy() -> None:
    snapshot = a_snapshot(
        users=(a_user(groups=["people"]),), groups=(a_group(inline={"p": ENROL}),)
    )
    values = judged(CONTROL, snapshot)["deploy"].values
    assert (values["leftover"], values["user"]) == ("", "deploy")


def test_a_role_of_identity_center_is_changed_there() -> None:
    role = a_role("sso", path="/aws-reserved/sso.amazonaws.com/", inline={"p": ENROL})
    values = judged(CONTROL, a_snapshot(roles=(role,)))["sso"].values
    assert (values["leftover"], values["reserved_role"]) == ("", "sso")
