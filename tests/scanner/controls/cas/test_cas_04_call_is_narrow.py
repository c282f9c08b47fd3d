"""CAS-04 on who may call GenerateDataSet, and by what."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scanner.controls.cas.cas_04_call_is_narrow import CONTROL
from scanner.facts.iam import Role, User
from scanner.facts.profile import Profile
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    an_arn,
    days_ago,
    denied,
)
from tests.cases import (
    Case,
    Expected,
    fails,
    judged,
    not_applicable,
    not_assessed,
    passes,
    text_of,
)
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
ACCOUNT = f"Account {OWN}"
CALL = allow("marketplacecommerceanalytics:GenerateDataSet")
ANY_CALL = allow("marketplacecommerceanalytics:*")
BY_WILDCARD = "may call GenerateDataSet by a wildcard, not by its name."
FRESH = a_key(rotated=days_ago(10))


def high(says: str) -> Expected:
    return fails(Severity.HIGH, says)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


def low(says: str) -> Expected:
    return fails(Severity.LOW, says)


def of_role(sentence: str, expected: Expected, *statements: Document) -> Case:
    role = a_role(inline={"p": a_policy(*statements)})
    return Case(sentence, a_snapshot(roles=(role,)), {"worker": expected})


def of_user(sentence: str, expected: Expected, *, call: Document = CALL, **row: object) -> Case:
    user = a_user(inline={"p": call})
    report = a_report(a_row(**row))  # type: ignore[arg-type]  # the builder's own keywords
    return Case(sentence, a_snapshot(users=(user,), report=report), {"deploy": expected})


def callers(count: int) -> tuple[Role, ...]:
    return tuple(a_role(f"job{n}", inline={"p": CALL}) for n in range(count))


def a_caller(name: str = "deploy") -> User:
    return a_user(name, inline={"p": CALL})


ADMIN = a_role("admin", inline={"p": allow("*")})
WILD = (
    of_role("The whole service", medium(BY_WILDCARD, shows="Inline policy p"), ANY_CALL),
    of_role("A part of the name", medium(BY_WILDCARD), allow("marketplacecommerceanalytics:Gen*")),
    of_role("Any service", medium(BY_WILDCARD), allow("*:GenerateDataSet")),
    of_role("NotAction", medium(BY_WILDCARD), allow_all_but("iam:*")),
    of_role("A wildcard beside the name", medium(BY_WILDCARD), CALL, ANY_CALL),
)
USERS = (
    of_user("A user without password and keys passes", passes("User deploy may call")),
    of_user("A password is medium", medium("signs in with a password"), password=True),
    of_user("A fresh key is low", low("access key 1, 10 days old"), keys=[FRESH]),
    of_user(
        "An old key is high",
        high("access key 1, 91 days old"),
        keys=[a_key(rotated=days_ago(91))],
    ),
    of_user(
        "A key of the limit's age is not older",
        low("90 days old"),
        keys=[a_key(rotated=days_ago(90))],
    ),
    of_user("A key of unknown age is high", high("unknown date"), keys=[a_key(rotated=None)]),
    of_user("An inactive key is none", passes(), keys=[a_key(active=False)]),
    of_user(
        "All is told and the worst counts",
        high("with a password and may call GenerateDataSet. User deploy may call"),
        call=ANY_CALL,
        password=True,
        keys=[a_key(rotated=days_ago(200))],
    ),
    of_user(
        "Keys that the report hides may be old",
        not_assessed(REPORT.action),
        keys=[FRESH],
        more="and more",
    ),
    of_user(
        "An old key is high whatever is hidden",
        high("200 days"),
        keys=[a_key(rotated=days_ago(200))],
        more="and more",
    ),
    of_user("A password that the report does not tell", not_assessed(REPORT.action), password=None),
)

CASES = (
    of_role("By its name passes", passes("Role worker may call GenerateDataSet by its name"), CALL),
    *WILD,
    *USERS,
    Case(
        "A named resource grants nothing",
        a_snapshot(roles=(a_role(inline={"p": {**CALL, "Resource": "x"}}),)),
        not_applicable("Nobody but administrators"),
    ),
    Case(
        "Administrators are left out, also of the count",
        a_snapshot(roles=(ADMIN, *callers(3))),
        {f"job{n}": passes() for n in range(3)},
    ),
    Case(
        "Four are a crowd",
        a_snapshot(roles=callers(4)),
        {f"job{n}": medium("4 principals beside", shows="job0, job1, job2") for n in range(4)},
    ),
    Case(
        "A crowd is medium for a user with a fresh key too",
        a_snapshot(users=(a_caller(),), roles=callers(3), report=a_report(a_row(keys=[FRESH]))),
        {
            "deploy": medium("10 days old. 4 principals beside"),
            **{f"job{n}": medium("4 principals") for n in range(3)},
        },
    ),
    Case(
        "The profile says when a key is old",
        a_snapshot(
            users=(a_caller(),),
            report=a_report(a_row(keys=[FRESH])),
            profile=Profile(key_max_age_days=5),
        ),
        {"deploy": high("10 days old")},
    ),
    Case(
        "Groups and managed policies bring it too",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(managed=(a_managed_policy("reports", ANY_CALL),)),),
            policies=(a_managed_policy("reports", ANY_CALL),),
            report=a_report(a_row()),
        ),
        {"deploy": medium(BY_WILDCARD, shows="Policy reports of group people")},
    ),
    Case(
        "A Deny takes it away",
        a_snapshot(roles=(a_role(inline={"p": a_policy(CALL, deny(ANY_CALL["Action"][0]))}),)),
        not_applicable(),
    ),
    Case("Without principals nothing is assessed", a_snapshot(users=GAP), not_assessed(GAP.action)),
    Case(
        "Without the report users are not assessed",
        a_snapshot(users=(a_caller(),), roles=callers(1), report=REPORT),
        {"deploy": not_assessed(REPORT.action), "job0": passes()},
    ),
    Case(
        "A user that the report does not know yet",
        a_snapshot(users=(a_caller(),)),
        {"deploy": not_assessed(REPORT.action, "not in the credential report")},
    ),
    Case(
        "Others may call it too when a policy is malformed",
        a_snapshot(roles=(*callers(1), a_role("x", inline={"p": a_malformed_policy()}))),
        {"job0": not_assessed(GAP.action), "x": not_assessed(GAP.action, "policy p")},
    ),
    Case(
        "A wildcard is medium whoever else may call it",
        a_snapshot(roles=Partial((a_role(inline={"p": ANY_CALL}),), (GAP,))),
        {"worker": medium(BY_WILDCARD), ACCOUNT: not_assessed(GAP.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_call_is_narrow(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("case", [WILD[0], WILD[1], WILD[3], WILD[4]], ids=str)
def test_a_wildcard_is_spelled_out_where_it_stands(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    assert (before.values["role"], before.values["policy_name"]) == ("worker", "p")
    assert before.values["job_role"] == ""
    statements = json.loads(before.values["document"])["Statement"]
    role = a_role(inline={"p": a_policy(*statements)})
    (after,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    assert after.status is Status.PASS, after.reason


def test_a_statement_may_stand_alone() -> None:
    document = replace(a_policy(ANY_CALL), text=json.dumps({"Statement": ANY_CALL}))
    (outcome,) = judged(CONTROL, a_snapshot(roles=(a_role(inline={"p": document}),))).values()
    (statement,) = json.loads(outcome.values["document"])["Statement"]
    assert statement["Action"] == CALL["Action"]


@pytest.mark.parametrize("case", [WILD[2], USERS[1], USERS[2], USERS[7]], ids=str)
def test_else_the_call_moves_to_a_role_and_is_refused_here(case: Case) -> None:
    (outcome,) = judged(CONTROL, case.snapshot).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert "create-role --role-name commerce-analytics-reports" in filled.cli
    assert "--policy-name deny-commerce-analytics" in filled.cli
    refusal = json.loads(outcome.values["document"])["Statement"]
    assert refusal == [
        {"Effect": "Deny", "Action": "marketplacecommerceanalytics:*", "Resource": "*"}
    ]


def test_one_of_a_crowd_just_loses_the_call() -> None:
    outcome = judged(CONTROL, a_snapshot(roles=callers(4)))["job0"]
    filled = fill(CONTROL.remedy, outcome.values)
    assert "create-role" not in filled.cli
    assert "put-role-policy --role-name job0" in filled.cli


def test_each_of_many_callers_names_a_few_of_the_others() -> None:
    alone = judged(CONTROL, a_snapshot(roles=callers(1)))["job0"]
    outcomes = judged(CONTROL, a_snapshot(roles=callers(200)))
    for outcome in outcomes.values():
        assert outcome.reason.startswith("200 principals beside administrators")
        names, *own = outcome.evidence
        assert text_of(names) == "May call it: job0, job1, job10, job100, job101 and 195 more"
        assert own == list(alone.evidence)


def test_a_role_of_identity_center_is_changed_there() -> None:
    path = "/aws-reserved/sso.amazonaws.com/"
    roles = (a_role("sso", path=path, inline={"p": CALL}), *callers(3))
    outcome = judged(CONTROL, a_snapshot(roles=roles))["sso"]
    assert outcome.resource == an_arn("role", "sso", path)
    filled = fill(CONTROL.remedy, outcome.values)
    assert "put-role-policy" not in filled.cli
    assert filled.cloudformation == filled.terraform == ""
    assert any("permission set" in step for step in filled.console)


def test_a_policy_of_aws_cannot_be_rewritten() -> None:
    policy = a_managed_policy("AWSReports", ANY_CALL, aws=True)
    role = a_role(managed=(policy,))
    (outcome,) = judged(CONTROL, a_snapshot(roles=(role,), policies=(policy,))).values()
    assert outcome.values["policy_name"] == "deny-commerce-analytics"
