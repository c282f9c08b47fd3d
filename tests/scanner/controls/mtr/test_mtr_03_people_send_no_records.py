"""MTR-03 on people with and without the right to write usage."""

from __future__ import annotations

import json

import pytest

from scanner.controls.mtr.mtr_03_people_send_no_records import CONTROL
from scanner.facts.iam import CredentialReport, Group, ManagedPolicy
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Listed, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    Inline,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
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
    deny_all_but,
    trust,
)

MEDIUM = Severity.MEDIUM
GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
BATCH = "aws-marketplace:BatchMeterUsage"
PERSON = a_report(a_row("eve", password=True))
SAML = trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/okta"})
SSO = "/aws-reserved/sso.amazonaws.com/"
METERING = a_managed_policy(
    "AWSMarketplaceMeteringFullAccess", allow("aws-marketplace:MeterUsage"), aws=True
)
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def people(
    *,
    inline: Inline | None = None,
    groups: Listed[Group] = (),
    policies: tuple[ManagedPolicy, ...] = (),
    report: CredentialReport = PERSON,
    managed: tuple[ManagedPolicy, ...] = (),
) -> Snapshot:
    names = tuple(group.name for group in groups) if isinstance(groups, tuple) else ()
    user = a_user("eve", groups=names, inline=inline, managed=managed)
    return a_snapshot(users=(user,), groups=groups, policies=policies, report=report)


def eve(sentence: str, expected: Expected, *statements: Document) -> Case:
    return Case(sentence, people(inline={"p": a_policy(*statements)}), {"eve": expected})


def sends(*actions: str) -> Expected:
    return fails(
        MEDIUM, f"User eve is for people and can send metering records: {', '.join(actions)}."
    )


CASES = (
    eve("BatchMeterUsage fails", sends("BatchMeterUsage"), allow(BATCH)),
    eve(
        "So do MeterUsage and RegisterUsage",
        sends("MeterUsage", "RegisterUsage"),
        allow("aws-marketplace:MeterUsage", "aws-marketplace:RegisterUsage"),
    ),
    eve(
        "The whole service fails",
        sends("BatchMeterUsage", "MeterUsage", "RegisterUsage"),
        allow("aws-marketplace:*"),
    ),
    eve("NotAction fails", sends("BatchMeterUsage", "MeterUsage"), allow_all_but("*:Register*")),
    eve(
        "MFA does not change it",
        sends("BatchMeterUsage"),
        allow(BATCH),
        deny_all_but("iam:*", when=NO_MFA),
    ),
    eve("A Deny does", passes("User eve cannot send"), allow(BATCH), deny("*:*Meter*")),
    eve(
        "To read entitlements is a remark",
        passes(shows="it can use GetEntitlements, ResolveCustomer, which write no usage"),
        allow("aws-marketplace:GetEntitlements", "aws-marketplace:ResolveCustomer"),
    ),
    eve("Portal rights are no metering", passes(), allow("aws-marketplace:StartChangeSet")),
    Case(
        "A group brings it",
        people(groups=(a_group("staff", inline={"p": allow(BATCH)}),)),
        {"eve": fails(MEDIUM, "BatchMeterUsage", shows="Inline policy p of group staff")},
    ),
    Case(
        "Permission sets and SAML roles are for people, workloads are not",
        a_snapshot(
            roles=(
                a_role("AWSReservedSSO_Ops_1", path=SSO, inline={"p": allow(BATCH)}),
                a_role("okta", trusted=SAML, inline={"p": allow(BATCH)}),
                a_role("meter", inline={"p": allow(BATCH)}),
                a_role("cross", trusted=trust(OWN), inline={"p": allow(BATCH)}),
            ),
            users=(a_user("bot", inline={"p": allow(BATCH)}),),
            report=a_report(a_row("bot", keys=(a_key(),))),
        ),
        {
            "AWSReservedSSO_Ops_1": fails(MEDIUM, "Role AWSReservedSSO_Ops_1 is for people"),
            "okta": fails(MEDIUM, "Role okta"),
        },
    ),
    Case(
        "Administrators are judged on their own",
        people(inline={"p": allow("*")}),
        not_applicable("no users and roles for people"),
    ),
    Case("An account without people", a_snapshot(roles=(a_role(),)), not_applicable()),
    Case(
        "A policy that was not read may grant it",
        people(inline={"p": allow("aws-marketplace:GetEntitlements"), "q": a_malformed_policy()}),
        {"eve": not_assessed(AUTHORIZATION_DETAILS, "policy q")},
    ),
    Case(
        "What was read proves it",
        people(inline={"p": allow(BATCH), "q": GAP}),
        {"eve": sends("BatchMeterUsage")},
    ),
    Case(
        "Without its row a user with the right may be a person, one without it does not matter",
        a_snapshot(
            users=(a_user("eve", inline={"p": allow(BATCH)}), a_user("adam")), report=REPORT
        ),
        {"eve": not_assessed(REPORT.action)},
    ),
    Case(
        "A trust that was not read may be for people",
        a_snapshot(
            roles=(a_role("okta", trusted=a_malformed_policy(), inline={"p": allow(BATCH)}),)
        ),
        {"okta": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case("Users that were not listed", a_snapshot(users=GAP), not_assessed(GAP.action)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_people_send_no_records(case: Case) -> None:
    case.holds_for(CONTROL)


STAFF = a_group("staff", inline={"p": allow(BATCH)})
MIXED = a_group("staff", inline={"p": allow(BATCH), "q": allow("s3:*")})
SHARED = a_managed_policy("Shared", allow(BATCH, "s3:GetObject"), attachments=2)


@pytest.mark.parametrize(
    ("where", "command"),
    [
        (people(groups=(STAFF,)), "remove-user-from-group --user-name eve --group-name staff"),
        (people(groups=(MIXED,)), "put-user-policy --user-name eve --policy-name no-metering-records"),
        (people(inline={"p": allow(BATCH)}), "delete-user-policy --user-name eve --policy-name p"),
        (people(inline={"p": allow(BATCH, "s3:*")}), "put-user-policy --user-name eve --policy-name p"),
        (
            people(managed=(METERING,), policies=(METERING,)),
            f"detach-user-policy --user-name eve --policy-arn {METERING.arn}",
        ),
        (
            people(managed=(SHARED,), policies=(SHARED,)),
            "put-user-policy --user-name eve --policy-name no-metering-records",
        ),
    ],
)  # fmt: skip
def test_the_remedy_takes_it_where_it_comes_from(where: Snapshot, command: str) -> None:
    (outcome,) = judged(CONTROL, where).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert f"aws iam {command}" in script
    assert script.count("aws iam") == 1


@pytest.mark.parametrize(
    "statements",
    [[allow("aws-marketplace:*")], [allow_all_but("iam:*")], [allow(BATCH, "s3:*")]],
)
def test_the_document_of_the_remedy_passes(statements: list[Document]) -> None:
    (before,) = judged(CONTROL, people(inline={"p": a_policy(*statements)})).values()
    written = a_policy(*json.loads(before.values["document"])["Statement"])
    (after,) = judged(CONTROL, people(inline={"p": written})).values()
    assert after.status is Status.PASS, after.reason


def test_a_permission_set_is_changed_in_identity_center() -> None:
    snapshot = a_snapshot(roles=(a_role("sso", path=SSO, inline={"p": allow(BATCH)}),))
    (outcome,) = judged(CONTROL, snapshot).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert "aws iam" not in filled.cli
    assert "behind sso" in "\n".join(filled.console)
