"""SELL-02 on who holds full seller access, how, and how many do."""

from __future__ import annotations

import pytest

from scanner.controls.sell.sell_02_few_hold_full_access import CONTROL
from scanner.facts.iam import User
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_WRITE
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
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

HIGH, MEDIUM = Severity.HIGH, Severity.MEDIUM
GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
FULL = a_managed_policy(
    "AWSMarketplaceSellerFullAccess",
    allow("aws-marketplace:StartChangeSet", "aws-marketplace:ListEntities"),
    allow("aws-marketplace-management:PutBankAccountVerificationDetails", "tax:PutTaxInterview"),
    aws=True,
)
READER = a_managed_policy("Reader", allow("aws-marketplace:ListEntities"))
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
NAMES = ("ada", "bo", "cy", "dee")
PEOPLE = tuple(a_user(name, managed=[FULL]) for name in NAMES)
PASSWORDS = a_report(*(a_row(name, password=True) for name in (*NAMES, "deploy")))
EVERYTHING = allow(*PORTAL_WRITE, *FINANCE_WRITE)
NO_FINANCE = a_managed_policy("NoFinance", allow("aws-marketplace:*"), deny(*FINANCE_WRITE))
CI = trust({"Service": "codebuild.amazonaws.com"})
SAML = allow("sts:AssumeRoleWithSAML", on=None, to={"Federated": "arn:aws:iam::1:saml-provider/x"})
OIDC = allow(
    "sts:AssumeRoleWithWebIdentity", on=None, to={"Federated": "arn:aws:iam::1:oidc-provider/ci"}
)
ONLY_ADA = Profile(approved_admins=(an_arn("user", "ada"),))


def snapshot(*users: User, profile: Profile | None = None) -> Snapshot:
    return a_snapshot(users=users, policies=(FULL, READER), report=PASSWORDS, profile=profile)


def person(sentence: str, expected: Expected, *statements: Document) -> Case:
    inline = {f"p{number}": one for number, one in enumerate(statements)}
    user = a_user(inline=inline)
    return Case(sentence, a_snapshot(users=(user,), report=PASSWORDS), expected)


def machine(sentence: str, expected: Expected, inline: Document, boundary: str = "") -> Case:
    role = a_role("ci", trusted=CI, inline={"p": inline}, boundary=boundary)
    return Case(sentence, a_snapshot(roles=(role,), policies=(NO_FINANCE,)), {"ci": expected})


def trusting(sentence: str, expected: Expected, *statements: Document) -> Case:
    """One role with full seller access, and who may assume it."""
    role = a_role("sellers", trusted=a_policy(*statements), managed=[FULL])
    return Case(sentence, a_snapshot(roles=(role,), policies=(FULL,)), expected)


TOO_MANY = fails(MEDIUM, "as do 4 in all; 3 may", shows="attached directly")
HOLDERS = (
    Case("Three people may hold it", snapshot(*PEOPLE[:3]), dict.fromkeys(NAMES[:3], passes())),
    Case("Four are too many, each of them", snapshot(*PEOPLE), dict.fromkeys(NAMES, TOO_MANY)),
    Case(
        "The limit is the profile's",
        snapshot(PEOPLE[0], profile=Profile(max_seller_admins=0)),
        fails(MEDIUM, "User ada holds full seller access, as do 1 in all; 0 may."),
    ),
    Case(
        "Who is not on the list fails",
        snapshot(*PEOPLE[:2], profile=ONLY_ADA),
        {"ada": passes(), "bo": fails(MEDIUM, "not among the approved")},
    ),
    Case(
        "Members of a group count, an empty group does not",
        a_snapshot(
            users=(*(a_user(name, groups=["sellers"]) for name in NAMES), a_user("eve")),
            groups=(a_group("sellers", managed=[FULL]), a_group("empty", managed=[FULL])),
            policies=(FULL,),
            report=PASSWORDS,
        ),
        dict.fromkeys(NAMES, fails(MEDIUM, "as do 4", shows="by group sellers")),
    ),
    Case(
        "A role counts as one, and says so",
        a_snapshot(
            roles=(a_role("sellers", trusted=trust("111122223333"), managed=[FULL]),),
            policies=(FULL,),
        ),
        passes("Role sellers is one of few", shows="however many may assume"),
    ),
    Case(
        "Administrators are not counted",
        a_snapshot(
            users=(*PEOPLE[:3], a_user("root-like", managed=[FULL, ADMIN])),
            policies=(FULL, ADMIN),
            report=PASSWORDS,
        ),
        {**dict.fromkeys(NAMES[:3], passes()), "root-like": not_applicable("judged on its own")},
    ),
    Case(
        "Who has part of the portal passes",
        snapshot(a_user("reader", managed=[READER])),
        passes("does not hold full seller access"),
    ),
    Case(
        "A boundary takes finance away",
        a_snapshot(
            users=(a_user(managed=[FULL], boundary=NO_FINANCE.arn),),
            policies=(FULL, NO_FINANCE),
            report=PASSWORDS,
            profile=ONLY_ADA,
        ),
        passes("does not hold"),
    ),
    Case("Nobody uses the portal", a_snapshot(users=(a_user(),)), not_applicable("Nobody")),
)

EQUIVALENTS = (
    machine("All by own policies in a workload is high", fails(HIGH, "is a workload"), EVERYTHING),
    machine("So is all by NotAction", fails(HIGH, "is a workload"), allow_all_but("iam:*")),
    machine("But not in bounds", passes("does not hold"), EVERYTHING, boundary=NO_FINANCE.arn),
    machine("One action less is less", passes(), allow(*sorted(PORTAL_WRITE), "tax:*")),
    person("A person with all by two policies passes alone", passes("one of few"), EVERYTHING),
    person("A Deny takes it away", passes("does not hold"), EVERYTHING, deny("tax:*")),
    Case(
        "A user with keys only is a workload",
        a_snapshot(
            users=(a_user(inline={"a": allow(*PORTAL_WRITE), "b": allow(*FINANCE_WRITE)}),),
            report=a_report(a_row(keys=(a_key(),))),
        ),
        fails(HIGH, "User deploy is a workload", shows="Inline policy b"),
    ),
)

IS_A_WORKLOAD = fails(HIGH, "Role sellers is a workload and holds full seller access.")
NATURES = (
    trusting("A role of a service is a workload", IS_A_WORKLOAD, CI),
    trusting("One of people and a service is one too", IS_A_WORKLOAD, SAML, CI),
    trusting("So is one of people and a pipeline", IS_A_WORKLOAD, SAML, OIDC),
    trusting("And one of an account and a service", IS_A_WORKLOAD, trust("111122223333"), CI),
    trusting("One of people alone is not", passes("one of few"), SAML),
    Case(
        "A role of Identity Center is for people, whatever its trust",
        a_snapshot(
            roles=(
                a_role(
                    "sellers",
                    path="/aws-reserved/sso.amazonaws.com/",
                    trusted=a_malformed_policy(),
                    managed=[FULL],
                ),
            ),
            policies=(FULL,),
        ),
        passes("one of few"),
    ),
)

UNSEEN = (
    Case(
        "A role whose trust was not read may be a workload",
        a_snapshot(roles=(a_role("sellers", trusted=GAP, managed=[FULL]),), policies=(FULL,)),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "And is held to be one where nobody approved it",
        a_snapshot(
            roles=(a_role("sellers", trusted=GAP, managed=[FULL]),),
            policies=(FULL,),
            profile=ONLY_ADA,
        ),
        fails(HIGH, "is not among the approved", shows="May be a workload"),
    ),
    Case(
        "What was not read may hold it",
        a_snapshot(users=(a_user(managed=[READER]),), policies=GAP),
        {
            "deploy": not_assessed(AUTHORIZATION_DETAILS, "policy Reader"),
        },
    ),
    Case(
        "Without all of the roles nobody is one of few",
        a_snapshot(users=PEOPLE[:1], roles=GAP, policies=(FULL,), report=PASSWORDS),
        {
            "ada": not_assessed(AUTHORIZATION_DETAILS),
            "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "Somebody's policy that was not read may make one more",
        a_snapshot(
            users=(PEOPLE[0], a_user("eve", inline={"p": a_malformed_policy()})),
            policies=(FULL,),
            report=PASSWORDS,
        ),
        {
            "ada": not_assessed(AUTHORIZATION_DETAILS, "policy p"),
            "eve": not_assessed(AUTHORIZATION_DETAILS, "policy p"),
        },
    ),
    Case(
        "But four are too many, whoever else was not read",
        a_snapshot(users=Partial(PEOPLE, (GAP,)), policies=(FULL,), report=PASSWORDS),
        {
            **dict.fromkeys(NAMES, fails(MEDIUM, "as do 4")),
            "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
    Case(
        "Without the report one of few may be a workload",
        a_snapshot(users=PEOPLE[:1], policies=(FULL,), report=REPORT),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "And one of too many is held to be one",
        a_snapshot(users=PEOPLE, policies=(FULL,), report=REPORT),
        dict.fromkeys(NAMES, fails(HIGH, "as do 4", shows="May be a workload")),
    ),
)

CASES = (*HOLDERS, *EQUIVALENTS, *NATURES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_few_hold_full_seller_access(case: Case) -> None:
    case.holds_for(CONTROL)


NOBODY = Profile(max_seller_admins=0)


@pytest.mark.parametrize(
    ("where", "commands"),
    [
        (
            a_snapshot(users=PEOPLE[:1], policies=(FULL,), profile=NOBODY),
            [
                "attach-user-policy --user-name ada --policy-arn"
                " arn:aws:iam::aws:policy/AWSMarketplaceSellerProductsFullAccess",
                f"detach-user-policy --user-name ada --policy-arn {FULL.arn}",
            ],
        ),
        (
            a_snapshot(
                users=(a_user("ada", groups=["sellers"]),),
                groups=(a_group("sellers", managed=[FULL]),),
                policies=(FULL,),
                profile=NOBODY,
            ),
            [f"detach-group-policy --group-name sellers --policy-arn {FULL.arn}"],
        ),
        (
            a_snapshot(roles=(a_role("ci", managed=[FULL]),), policies=(FULL,), profile=NOBODY),
            [f"detach-role-policy --role-name ci --policy-arn {FULL.arn}"],
        ),
        (
            a_snapshot(roles=(a_role("ci", inline={"p": EVERYTHING}),)),
            ["put-role-policy --role-name ci --policy-name p"],
        ),
        (
            a_snapshot(
                users=(a_user(inline={"a": EVERYTHING, "b": allow("tax:*")}),), profile=NOBODY
            ),
            ["put-user-policy --user-name deploy --policy-name no-seller-finance", '"Deny"'],
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(where: Snapshot, commands: list[str]) -> None:
    (outcome,) = judged(CONTROL, where).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert [one for one in commands if one not in script] == [], script
