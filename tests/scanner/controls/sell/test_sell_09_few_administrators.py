"""SELL-09 on administrators and on who can become one."""

from __future__ import annotations

import pytest

from scanner.controls.sell.sell_09_few_administrators import CONTROL
from scanner.facts.profile import Profile
from scanner.policy import ESCALATE
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
    an_arn,
    denied,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
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
REPORT = denied("iam:GetCredentialReport")
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
POWER = a_managed_policy(
    "PowerUserAccess", allow_all_but("iam:*"), allow("iam:ListRoles"), aws=True
)
WIDE = a_managed_policy("Wide", allow("*"), attachments=0)
NARROW = a_managed_policy("Narrow", allow("s3:*"), attachments=0)
SELF = "arn:aws:iam::111122223333:policy/Delegated"
DELEGATED = a_managed_policy(
    "Delegated",
    allow("iam:*", when={"StringEquals": {"iam:PermissionsBoundary": SELF}}),
    allow("s3:*"),
)
ONE_PATH = a_managed_policy("OnePath", allow("iam:*", on="arn:aws:iam::111122223333:role/app/*"))
NEARLY = a_managed_policy("Nearly", allow_all_but("billing:*"))
REFUSING = a_managed_policy("Refusing", allow("*"), deny(*sorted(ESCALATE)))
POLICIES = (ADMIN, POWER, WIDE, NARROW, DELEGATED, ONE_PATH, NEARLY, REFUSING)
APPROVED = Profile(approved_admins=(an_arn("user", "deploy"), an_arn("role", "ops")))
PERSON = a_report(a_row(password=True))
MACHINE = a_report(a_row(keys=(a_key(),)))
ANYTHING = "User deploy can grant itself anything"
PUT = "iam:PutUserPolicy"
ACCOUNT = "arn:aws:iam::111122223333"
PATH = "/aws-reserved/sso.amazonaws.com/"

SAML = {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}
PEOPLE = a_policy(allow("sts:AssumeRoleWithSAML", on=None, to=SAML))
MIXED = a_policy(
    allow("sts:AssumeRoleWithSAML", on=None, to=SAML),
    allow("sts:AssumeRole", on=None, to={"Service": "codebuild.amazonaws.com"}),
)

ENROLMENT = allow(
    "iam:ListRoles", "iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy",
    "aws-marketplace-management:viewReports",
)  # fmt: skip


def user(
    sentence: str,
    expected: Expected,
    *statements: Document,
    boundary: str = "",
    profile: Profile | None = None,
) -> Case:
    inline = {f"p{number}": one for number, one in enumerate(statements)}
    users = (a_user(inline=inline, boundary=boundary),)
    snapshot = a_snapshot(users=users, policies=POLICIES, report=PERSON, profile=profile)
    return Case(sentence, snapshot, expected)


def on(sentence: str, expected: Expected, action: str, *resources: str) -> Case:
    return user(sentence, expected, allow(action, on=resources))


def when(sentence: str, expected: Expected, operator: str, key: str, value: str) -> Case:
    return user(sentence, expected, allow("iam:AttachRolePolicy", when={operator: {key: value}}))


ADMINISTRATORS = (
    user("Everything on everything fails", fails(HIGH, "User deploy is an administrator, and nobody approved it.", shows="p0"), allow("*")),
    user("In another spelling too", fails(HIGH, "is an administrator"), allow("*:*")),
    user("And under conditions", fails(HIGH, "is an administrator"), allow("*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    user("A Deny of something ends nothing", fails(HIGH, "is an administrator"), allow("*"), deny("s3:*")),
    Case(
        "By a managed policy, a group or in a role",
        a_snapshot(
            users=(a_user(managed=[ADMIN]), a_user("eve", groups=["admins"])),
            groups=(a_group("admins", managed=[ADMIN]),),
            roles=(a_role("ops", managed=[ADMIN], trusted=trust("111122223333")),),
            policies=POLICIES,
            report=PERSON,
        ),
        {
            "deploy": fails(HIGH, "User deploy is an administrator", shows="AdministratorAccess"),
            "eve": fails(HIGH, "User eve is an administrator", shows="of group admins"),
            "ops": fails(HIGH, "Role ops is an administrator"),
        },
    ),
    user("An approved person may", passes("approved administrator"), allow("*"), profile=APPROVED),
    Case(
        "A workload may not, approved or not",
        a_snapshot(
            users=(a_user(managed=[ADMIN]),),
            roles=(a_role("ops", managed=[ADMIN]), a_role("other", managed=[ADMIN])),
            policies=POLICIES,
            report=MACHINE,
            profile=APPROVED,
        ),
        dict.fromkeys(("deploy", "ops", "other"), fails(HIGH, "is a workload and an administrator.")),
    ),
    user("AdministratorAccess bounds nothing", fails(HIGH, "is an administrator"), allow("*"), boundary=ADMIN.arn),
    Case(
        "People and a service in one role are a workload, approved or not",
        a_snapshot(roles=(a_role("ops", managed=[ADMIN], trusted=MIXED),), policies=POLICIES, profile=APPROVED),
        fails(HIGH, "Role ops is a workload and an administrator."),
    ),
    Case(
        "People alone in an approved role may",
        a_snapshot(roles=(a_role("ops", managed=[ADMIN], trusted=PEOPLE),), policies=POLICIES, profile=APPROVED),
        passes("approved administrator"),
    ),
    user("A boundary may end it", passes("is no administrator"), allow("*"), boundary=NARROW.arn),
    user("One as wide does not", fails(HIGH, "is an administrator"), allow("*"), boundary=WIDE.arn),
    Case(
        "A power user is none",
        a_snapshot(users=(a_user(managed=[POWER]),), policies=POLICIES),
        passes("is no administrator and cannot make one"),
    ),
)  # fmt: skip

ESCALATIONS = (
    *(user(f"{one} fails", fails(HIGH, ANYTHING, shows=one), allow(one)) for one in sorted(ESCALATE)),
    user("So does all of IAM", fails(HIGH, "AddUserToGroup, AttachGroupPolicy, AttachRolePolicy, AttachUserPolicy and 11 more."), allow("iam:*")),
    user("And a wildcard", fails(HIGH, "PutGroupPolicy, PutRolePolicy, PutUserPolicy."), allow("iam:Put*")),
    user("And NotAction", fails(HIGH, ANYTHING), allow_all_but("organizations:*")),
    on("On all users", fails(HIGH, ANYTHING), PUT, f"{ACCOUNT}:user/*"),
    on("On all roles", fails(HIGH, ANYTHING), "iam:PutRolePolicy", "arn:aws:iam::*:role/*"),
    on("On all groups", fails(HIGH, ANYTHING), "iam:AddUserToGroup", f"{ACCOUNT}:group/*"),
    on("On all policies", fails(HIGH, ANYTHING), "iam:CreatePolicyVersion", f"{ACCOUNT}:policy/*"),
    on("By any wildcards", fails(HIGH, ANYTHING), PUT, f"{ACCOUNT}:user/??*"),
    on("Also in two parts", fails(HIGH, ANYTHING), "iam:PutRolePolicy", f"{ACCOUNT}:role/?*/*"),
    on("Also without an account", fails(HIGH, ANYTHING), PUT, "?*"),
    on("Policies of one's own user", fails(HIGH, ANYTHING), PUT, f"{ACCOUNT}:user/${{aws:username}}"),
    on("Of one user only passes", passes(), PUT, f"{ACCOUNT}:user/robot"),
    on("On a path passes", passes(), "iam:PutRolePolicy", f"{ACCOUNT}:role/app/*"),
    on("Keys of one's own user pass", passes(), "iam:CreateAccessKey", f"{ACCOUNT}:user/${{aws:username}}"),
    on("Keys of all users do not", fails(HIGH, ANYTHING), "iam:CreateAccessKey", f"{ACCOUNT}:user/*", f"{ACCOUNT}:user/${{aws:username}}"),
    user("Other writes pass", passes(), allow("iam:CreateRole", "iam:PassRole", "iam:DeleteUser")),
    when("Only with a boundary passes", passes(), "StringEquals", "iam:PermissionsBoundary", f"{ACCOUNT}:policy/b"),
    when("Policies by name pass", passes(), "ArnEquals", "iam:policyarn", f"{ACCOUNT}:policy/b"),
    when("But not an administrator's", fails(HIGH, ANYTHING), "ArnEquals", "iam:PolicyARN", ADMIN.arn),
    when("Nor as the boundary", fails(HIGH, ANYTHING), "StringEquals", "iam:PermissionsBoundary", ADMIN.arn),
    when("By pattern they do not", fails(HIGH, ANYTHING), "ArnLike", "iam:PolicyARN", f"{ACCOUNT}:policy/*"),
    when("Nor if the key may be absent", fails(HIGH, ANYTHING), "ArnEqualsIfExists", "iam:PolicyARN", f"{ACCOUNT}:policy/b"),
    when("Nor all but one", fails(HIGH, ANYTHING), "ArnNotEquals", "iam:PolicyARN", ADMIN.arn),
    when("Nor under another condition", fails(HIGH, ANYTHING), "Bool", "aws:SecureTransport", "true"),
    user("A Deny takes it away", passes(), allow(PUT), deny("iam:*")),
    user("A boundary that leaves it is none", fails(HIGH, ANYTHING), allow(PUT), boundary=WIDE.arn),
    user("AdministratorAccess as a boundary is none", fails(HIGH, ANYTHING), allow("iam:*"), boundary=ADMIN.arn),
    user("Nor is all but something else", fails(HIGH, ANYTHING), allow("iam:*"), boundary=NEARLY.arn),
    user("One that asks for a boundary limits it", passes("within a permissions boundary", shows="limited"), allow("iam:*"), boundary=DELEGATED.arn),
    user("So does one with a path of roles", passes("within a permissions boundary"), allow("iam:*"), boundary=ONE_PATH.arn),
    user("One that refuses the writes passes", passes("cannot make one"), allow("iam:*"), boundary=REFUSING.arn),
    user("One that does not passes", passes("is no administrator"), allow(PUT), boundary=NARROW.arn),
    user("Who may administer may do this", passes("approved"), allow(PUT), profile=APPROVED),
    Case(
        "But not a role that a service may use, too",
        a_snapshot(roles=(a_role("ops", inline={"p": allow(PUT)}, trusted=MIXED),), profile=APPROVED),
        fails(HIGH, "Role ops can grant itself anything"),
    ),
    Case(
        "But an approved workload may not",
        a_snapshot(roles=(a_role("ops", inline={"p": allow(PUT)}),), profile=APPROVED),
        fails(HIGH, "Role ops can grant itself anything: PutUserPolicy."),
    ),
    Case(
        "What was read proves it, whatever was not",
        a_snapshot(users=(a_user(inline={"a": allow(PUT), "b": a_malformed_policy()}),)),
        fails(HIGH, ANYTHING),
    ),
    user("An enrolment left behind is CAS-05's", passes("judged by CAS-05"), ENROLMENT),
    user("Behind a boundary that takes nothing too", passes("judged by CAS-05"), ENROLMENT, boundary=ADMIN.arn),
    user("But not with more", fails(HIGH, "AttachRolePolicy, PutUserPolicy."), ENROLMENT, allow(PUT)),
    user("Nor without the reports", fails(HIGH, ANYTHING), allow("iam:CreateRole", "iam:AttachRolePolicy")),
    Case("Nobody at all", a_snapshot(), not_applicable("neither users nor roles")),
    Case("Who can do nothing passes", a_snapshot(users=(a_user(),)), passes()),
)  # fmt: skip

UNSEEN = (
    Case(
        "Beside an enrolment a policy that was not read may bring more",
        a_snapshot(users=(a_user(inline={"a": ENROLMENT, "b": a_malformed_policy()}),)),
        not_assessed(AUTHORIZATION_DETAILS, "policy b"),
    ),
    Case(
        "A policy that was not read may administer",
        a_snapshot(users=(a_user(managed=[ADMIN]),)),
        not_assessed(AUTHORIZATION_DETAILS, "policy AdministratorAccess"),
    ),
    Case(
        "A boundary that was not read leaves all open",
        a_snapshot(users=(a_user(inline={"p": allow("*")}, boundary=NARROW.arn),)),
        not_assessed(AUTHORIZATION_DETAILS, "boundary"),
    ),
    Case(
        "A boundary that was not read leaves identity writes open",
        a_snapshot(users=(a_user(inline={"p": allow(PUT)}, boundary=ADMIN.arn),)),
        not_assessed(AUTHORIZATION_DETAILS, "boundary"),
    ),
    Case(
        "Without the report an approved one may be a workload",
        a_snapshot(users=(a_user(inline={"p": allow("*")}),), report=REPORT, profile=APPROVED),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "And one that nobody approved fails all the same",
        a_snapshot(users=(a_user(inline={"p": allow("*")}),), report=REPORT),
        fails(HIGH, "nobody approved it"),
    ),
    Case("Roles that were not listed", a_snapshot(roles=GAP), not_assessed(AUTHORIZATION_DETAILS)),
)

CASES = (*ADMINISTRATORS, *ESCALATIONS, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_few_administer_and_nobody_can_become_one(case: Case) -> None:
    case.holds_for(CONTROL)
