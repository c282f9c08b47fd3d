"""SELL-05 on inline policies, dead names and documents that are no policy."""

from __future__ import annotations

import json

import pytest

from scanner.controls.sell.sell_05_own_policies_are_sound import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_WRITE
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
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
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but, deny

LOW = Severity.LOW
GAP = denied(AUTHORIZATION_DETAILS)
ENTITY = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/SaaSProduct/prod-1"
START = "aws-marketplace:StartChangeSet"
METER = "aws-marketplace:BatchMeterUsage"
TASKS = "aws-marketplace:ListTasks"
BROKEN = a_malformed_policy('{"Action": aws-marketplace:MeterUsage}')


def policy(sentence: str, expected: Expected, *statements: Document) -> Case:
    return Case(sentence, a_snapshot(policies=(a_managed_policy("p", *statements),)), expected)


def inline(sentence: str, expected: Expected, *statements: Document) -> Case:
    role = a_role(inline={"p": a_policy(*statements)})
    return Case(sentence, a_snapshot(roles=(role,)), expected)


FAILS = (
    inline("Portal rights inline fail", fails(LOW, "is inline and opens"), allow(START)),
    inline("Also by wildcard", fails(LOW, "is inline", shows="aws-m*:*"), allow("aws-m*:*")),
    inline(
        "And all of the portal's own",
        fails(LOW, "is inline"),
        allow("aws-marketplace-management:viewReports"),
    ),
    policy(
        "Retired actions fail", fails(LOW, f"retired: {TASKS}", shows=TASKS), allow(TASKS, METER)
    ),
    policy(
        "A typo of the guide's fails",
        fails(LOW, "do not exist: aws-marketplace:ListEntity."),
        allow("aws-marketplace:ListEntity", "aws-marketplace:ListEntities"),
    ),
    policy(
        "So do unknown actions of all three services, in any case",
        fails(LOW, "exist: AWS-Marketplace:Nope, aws-marketplace-management:x, market"),
        allow("AWS-Marketplace:Nope", "aws-marketplace-management:x"),
        deny("marketplacecommerceanalytics:GenerateDataSets"),
    ),
    policy("NotAction names too", fails(LOW, TASKS), allow_all_but("iam:*", TASKS)),
    policy(
        "An action without resources on one entity grants nothing",
        fails(LOW, f"grants nothing: aws-marketplace:ListEntities, {METER}."),
        allow("aws-marketplace:ListEntities", METER, START, on=ENTITY),
    ),
    policy(
        "Nor does it on a pattern",
        fails(LOW, "grants nothing"),
        allow(METER, on="arn:aws:aws-marketplace:*:*:*"),
    ),
    inline(
        "All reasons are told",
        fails(LOW, "is inline and opens the Management Portal. Policy p names actions that AWS"),
        allow(START, TASKS),
        allow(METER, on=ENTITY),
    ),
    policy(
        "Names that the guide left out are a remark",
        fails(LOW, TASKS, shows="by now: aws-marketplace-management:viewSettings"),
        allow("aws-marketplace-management:viewSettings", TASKS),
    ),
    Case(
        "A document that is no policy fails",
        a_snapshot(policies=(a_managed_policy("p", document=BROKEN),)),
        fails(LOW, "Policy p is no policy: the document is not JSON", shows="MeterUsage"),
    ),
    Case(
        "Inline policies of users and groups fail too",
        a_snapshot(
            users=(a_user(inline={"u": allow(START)}),),
            groups=(a_group(inline={"g": allow(START)}),),
        ),
        {"u": fails(LOW, "is inline"), "g": fails(LOW, "is inline")},
    ),
)

PASSES = (
    policy("A managed policy passes", passes("does something"), allow(*PORTAL_WRITE, *FINANCE_WRITE)),
    policy("Wildcards are not unknown", passes(), allow("aws-marketplace:Nope*")),
    policy("Legacy names are a remark", passes(shows="viewMarketing"),
           allow("aws-marketplace-management:viewMarketing")),
    policy("What takes resources may name one", passes(), allow(START, on=ENTITY)),
    policy("A Deny on one entity is no grant", passes(), deny("aws-marketplace:ListEntities", on=ENTITY)),
    inline("Metering inline passes", passes(), allow(METER)),
    inline("So does a Deny", passes(), deny(START)),
    policy("Unknown actions of others are theirs", not_applicable(), allow("s3:Nope")),
    policy("Everything names nothing", not_applicable("names Marketplace"), allow("*", "*:*")),
    Case("Of AWS's policies nothing is said",
         a_snapshot(policies=(a_managed_policy("x", allow(TASKS), aws=True),)), not_applicable()),
    Case("A broken policy that does not speak of Marketplace may still mean it",
         a_snapshot(policies=(a_managed_policy("p", document=a_malformed_policy()),)),
         {"p": not_assessed(AUTHORIZATION_DETAILS)}),
    Case("An account without own policies", a_snapshot(), not_applicable()),
)  # fmt: skip

UNSEEN = (
    Case(
        "A policy that was not read",
        a_snapshot(policies=(a_managed_policy("p", document=GAP),)),
        not_assessed(AUTHORIZATION_DETAILS),
    ),
    Case(
        "A list that was cut",
        a_snapshot(policies=Partial((a_managed_policy("p", allow(TASKS)),), (GAP,))),
        {
            "p": fails(LOW, "retired"),
            "Account 111122223333": not_assessed(AUTHORIZATION_DETAILS),
        },
    ),
)

CASES = (*FAILS, *PASSES, *UNSEEN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_own_policies_are_sound(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_document_of_the_remedy_is_sound(case: Case) -> None:
    for outcome in judged(CONTROL, case.snapshot).values():
        text = outcome.values["document"] or outcome.values["moved"]
        if text:
            mended = a_policy(*json.loads(text)["Statement"])
            snapshot = a_snapshot(policies=(a_managed_policy("p", document=mended),))
            (after,) = judged(CONTROL, snapshot).values()
            assert after.status in {"pass", "not_applicable"}, after.reason


@pytest.mark.parametrize(
    ("where", "commands"),
    [
        (
            a_snapshot(users=(a_user("eve", inline={"p": allow(START)}),)),
            [
                "create-policy --policy-name user-eve-p ",
                "attach-user-policy --user-name eve --policy-arn arn:aws:iam::111122223333:policy/user-eve-p",
                "delete-user-policy --user-name eve --policy-name p",
            ],
        ),
        (
            a_snapshot(groups=(a_group(inline={"p": allow(START)}),)),
            ["attach-group-policy --group-name people", "delete-group-policy --group-name people"],
        ),
        (
            a_snapshot(roles=(a_role(inline={"p": allow(METER, TASKS)}),)),
            ["put-role-policy --role-name worker --policy-name p"],
        ),
        (
            a_snapshot(roles=(a_role(inline={"p": allow(TASKS)}),)),
            ["delete-role-policy --role-name worker --policy-name p"],
        ),
        (
            a_snapshot(policies=(a_managed_policy("p", allow(TASKS, METER)),)),
            ["create-policy-version --policy-arn arn:aws:iam::111122223333:policy/p"],
        ),
        (
            a_snapshot(policies=(a_managed_policy("p", allow(TASKS)),)),
            ["delete-policy --policy-arn arn:aws:iam::111122223333:policy/p"],
        ),
    ],
)
def test_the_remedy_is_for_the_place_where_the_policy_stands(
    where: Snapshot, commands: list[str]
) -> None:
    (outcome,) = judged(CONTROL, where).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert [one for one in commands if one not in script] == [], script


def test_a_policy_of_a_permission_set_moves_there() -> None:
    path = "/aws-reserved/sso.amazonaws.com/"
    role = a_role("AWSReservedSSO_x", path=path, inline={"p": allow(START)})
    (outcome,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert "permission set behind AWSReservedSSO_x" in " ".join(filled.console)
    assert "delete-role-policy" not in filled.cli


def test_not_action_of_dead_names_alone_is_everything() -> None:
    case = policy("", passes(), allow_all_but(TASKS), allow(METER))
    (outcome,) = judged(CONTROL, case.snapshot).values()
    first, _ = json.loads(outcome.values["document"])["Statement"]
    assert first == {"Effect": "Allow", "Action": "*", "Resource": "*"}
