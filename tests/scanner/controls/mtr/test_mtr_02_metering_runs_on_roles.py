"""MTR-02 on users with metering rights and keys of every age."""

from __future__ import annotations

import json

import pytest

from scanner.controls.mtr.mtr_02_metering_runs_on_roles import CONTROL
from scanner.facts.iam import ReportKey
from scanner.facts.profile import Profile
from scanner.remedy import fill
from scanner.vocabulary import Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NOW,
    Inline,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow, allow_all_but

HIGH, MEDIUM = Severity.HIGH, Severity.MEDIUM
REPORT = "iam:GetCredentialReport"
METERS = {"p": allow("aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer")}


def key(age: float, *, active: bool = True) -> ReportKey:
    return a_key(active=active, rotated=days_ago(age))


def user(
    sentence: str,
    expected: Expected,
    *keys: ReportKey,
    inline: Inline | None = None,
    more: str = "",
    profile: Profile | None = None,
) -> Case:
    snapshot = a_snapshot(
        users=(a_user(inline=METERS if inline is None else inline),),
        report=a_report(a_row(keys=keys, more=more)),
        profile=profile,
    )
    return Case(sentence, snapshot, {"deploy": expected})


FRESH = user(
    "A young key is medium",
    fails(
        MEDIUM,
        "User deploy can call BatchMeterUsage, ResolveCustomer with an access key made 3 days ago.",
        shows="Access key 1: active",
    ),
    key(3),
)

CASES = (
    FRESH,
    user("A key as old as the limit is medium", fails(MEDIUM, "90 days ago"), key(90)),
    user("A key older than the limit is high", fails(HIGH, "made 91 days ago"), key(91)),
    user(
        "The profile's limit counts",
        fails(HIGH, "31 days"),
        key(31),
        profile=Profile(key_max_age_days=30),
    ),
    user(
        "Two young keys are high",
        fails(HIGH, "with two access keys, the older made 4 days ago."),
        key(3),
        key(4),
    ),
    user(
        "One active of two is one key",
        fails(MEDIUM, "an access key"),
        key(900, active=False),
        key(3),
    ),
    user(
        "A key of unknown age is high",
        fails(HIGH, "of unknown age"),
        a_key(rotated=None),
    ),
    user(
        "Keys that the report does not show make it high",
        fails(HIGH, "an access key", shows="mentions more"),
        key(3),
        more="1 additional access key",
    ),
    user(
        "No active key passes with advice",
        passes(shows="take the metering rights"),
        key(9, active=False),
    ),
    user(
        "Keys that the report does not show may be active",
        not_assessed(REPORT, "mentions more"),
        more="1 additional access key",
    ),
    user(
        "Reading entitlements is metering",
        fails(MEDIUM, "GetEntitlements"),
        key(3),
        inline={"p": allow("aws-marketplace:GetEntitlements")},
    ),
    user(
        "A wildcard grants it",
        fails(MEDIUM, "MeterUsage"),
        key(3),
        inline={"p": allow("aws-marketplace:*Meter*")},
    ),
    user(
        "NotAction that forgets it grants it",
        fails(MEDIUM, "RegisterUsage"),
        key(3),
        inline={"p": allow_all_but("iam:*")},
    ),
    user(
        "An administrator's key can bill customers too",
        fails(HIGH, "BatchMeterUsage"),
        key(100),
        inline={"p": allow("*")},
    ),
    user(
        "A malformed policy leaves the rights of a key unknown",
        not_assessed(AUTHORIZATION_DETAILS, "policy p"),
        key(3),
        inline={"p": a_malformed_policy()},
    ),
    user(
        "A malformed policy does not hide what another grants",
        fails(MEDIUM, "BatchMeterUsage"),
        key(3),
        inline={**METERS, "q": a_malformed_policy()},
    ),
    user(
        "A malformed policy without a key does not matter",
        passes(),
        inline={"p": a_malformed_policy()},
    ),
    Case(
        "A named resource grants nothing, metering knows none",
        a_snapshot(
            users=(a_user(inline={"p": allow("aws-marketplace:MeterUsage", on="arn:aws:s3:::b")}),),
            report=a_report(a_row(keys=(key(3),))),
        ),
        not_applicable("No IAM user has metering"),
    ),
    Case(
        "A group's policy counts",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(inline=METERS),),
            report=a_report(a_row(keys=(key(3),))),
        ),
        {"deploy": fails(MEDIUM, "BatchMeterUsage", shows="Inline policy p of group people")},
    ),
    Case(
        "A boundary that was not returned proves nothing",
        a_snapshot(
            users=(a_user(inline=METERS, boundary="arn:aws:iam::aws:policy/PowerUserAccess"),),
            report=a_report(a_row(keys=(key(3),))),
        ),
        {"deploy": not_assessed(AUTHORIZATION_DETAILS, "boundary arn:aws:iam::aws:policy")},
    ),
    Case(
        "A boundary cuts the rights",
        a_snapshot(
            users=(a_user(inline=METERS, boundary="arn:aws:iam::111122223333:policy/B"),),
            policies=(a_managed_policy("B", allow("s3:*")),),
            report=a_report(a_row(keys=(key(3),))),
        ),
        not_applicable(),
    ),
    Case(
        "A role that meters is what we ask for",
        a_snapshot(roles=(a_role(inline=METERS),)),
        not_applicable(),
    ),
    Case(
        "A metering user created after the report is not assessed",
        a_snapshot(users=(a_user("new", created=NOW, inline=METERS),)),
        {"new": not_assessed(REPORT, "NotInReport")},
    ),
    Case(
        "Without the report nothing is assessed",
        a_snapshot(users=(a_user(inline=METERS),), report=denied(REPORT)),
        not_assessed(REPORT),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_metering_runs_on_roles(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_role_of_the_remedy_may_do_what_the_user_may_and_no_more() -> None:
    (outcome,) = judged(CONTROL, FRESH.snapshot).values()
    assert json.loads(outcome.values["document"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["aws-marketplace:BatchMeterUsage", "aws-marketplace:ResolveCustomer"],
            "Resource": "*",
        }
    ]
    assert "starts_with(CreateDate," in fill(CONTROL.remedy, outcome.values).cli
