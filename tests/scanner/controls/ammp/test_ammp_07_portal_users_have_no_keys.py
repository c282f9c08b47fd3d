"""AMMP-07 on active, inactive and hidden keys of people who can use the portal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from scanner.controls.ammp.ammp_07_portal_users_have_no_keys import CONTROL
from scanner.facts.iam import AccessKey, ReportKey
from scanner.remedy import fill
from scanner.vocabulary import Listed, Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    CREATED,
    NOW,
    OWN,
    Inline,
    a_key,
    a_report,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow

MEDIUM = Severity.MEDIUM
REPORT = "iam:GetCredentialReport"
KEYS = denied("iam:ListAccessKeys")
GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = f"Account {OWN}"
PORTAL = allow("aws-marketplace:ListEntities")
ONE_KEY = "User deploy signs in to the portal with a password and has an active access key."
MORE = "3 additional access keys"
HIDDEN_ACTIVE = AccessKey("AKIAEXAMPLE3", active=True, created=NOW)
HIDDEN_IDLE = AccessKey("AKIAEXAMPLE4", active=False, created=NOW)


def user(
    sentence: str,
    expected: Expected,
    *keys: ReportKey,
    password: bool | None = True,
    inline: Inline | None = None,
    more: str = "",
    access_keys: Mapping[str, Listed[AccessKey]] | None = None,
) -> Case:
    row = a_row(password=password, keys=keys, more=more)
    snapshot = a_snapshot(
        users=(a_user(inline={"p": PORTAL} if inline is None else inline),),
        report=a_report(row),
        access_keys=access_keys,
    )
    return Case(sentence, snapshot, {"deploy": expected})


CASES = (
    user("A portal user without keys passes", passes("no active access key")),
    user(
        "An active key fails",
        fails(MEDIUM, ONE_KEY, shows="Inline policy p"),
        a_key(rotated=days_ago(3)),
    ),
    user("Two active keys fail once", fails(MEDIUM, "has active access keys."), a_key(), a_key()),
    user(
        "A key that is a few minutes younger than the user came with it",
        fails(MEDIUM, ONE_KEY, shows="created with the user"),
        a_key(rotated=CREATED + timedelta(minutes=4, seconds=59)),
    ),
    user(
        "An inactive key passes with a note",
        passes(shows="Access key 1: inactive, made 2026-11-24"),
        a_key(active=False),
    ),
    user("A second key alone fails", fails(MEDIUM, ONE_KEY), a_key(active=False), a_key()),
    user("A key of unknown age fails", fails(MEDIUM, ONE_KEY), a_key(rotated=None)),
    user(
        "A key that the report hides and IAM names fails",
        fails(MEDIUM, ONE_KEY, shows="AKIAEXAMPLE3, active"),
        more=MORE,
        access_keys={"deploy": (HIDDEN_IDLE, HIDDEN_ACTIVE)},
    ),
    user(
        "Hidden keys that are all inactive pass with a note",
        passes(shows="AKIAEXAMPLE4, inactive"),
        more=MORE,
        access_keys={"deploy": (HIDDEN_IDLE,)},
    ),
    user(
        "Hidden keys that IAM would not name are not assessed",
        not_assessed(KEYS.action),
        more=MORE,
        access_keys={"deploy": KEYS},
    ),
    user(
        "Hidden keys of which some were named prove a fail",
        fails(MEDIUM, ONE_KEY),
        more=MORE,
        access_keys={"deploy": Partial((HIDDEN_ACTIVE,), (KEYS,))},
    ),
    user(
        "Hidden keys that nobody looked up are not assessed",
        not_assessed(KEYS.action, "mentions more"),
        more=MORE,
    ),
    user("Hidden keys hide no fail", fails(MEDIUM, ONE_KEY), a_key(), more=MORE),
    user(
        "Rights that were not read",
        not_assessed(GAP.action),
        a_key(),
        inline={"p": a_malformed_policy()},
    ),
    user("Without keys the rights do not matter", passes(), inline={"p": a_malformed_policy()}),
    user(
        "A blank password column is not assessed",
        not_assessed(REPORT, "password_enabled"),
        a_key(),
        password=None,
    ),
    Case(
        "Users without a password and people without the portal are left out",
        a_snapshot(
            users=(a_user("robot", inline={"p": PORTAL}), a_user(inline={"p": allow("s3:*")})),
            report=a_report(a_row("robot", keys=(a_key(),)), a_row(password=True, keys=(a_key(),))),
        ),
        not_applicable("has a password and can use"),
    ),
    Case("An account without users", a_snapshot(), not_applicable()),
    Case(
        "A user created after the report is not assessed",
        a_snapshot(users=(a_user("new", created=NOW, inline={"p": PORTAL}),)),
        {"new": not_assessed(REPORT, "NotInReport")},
    ),
    Case(
        "Without the report nothing is assessed",
        a_snapshot(users=(a_user(inline={"p": PORTAL}),), report=denied(REPORT)),
        not_assessed(REPORT),
    ),
    Case(
        "Without the users nobody knows who can use the portal",
        a_snapshot(
            users=GAP,
            report=a_report(a_row(password=True, keys=(a_key(),)), a_row("b", password=True)),
        ),
        {
            "deploy": not_assessed(GAP.action),
            "b": not_assessed(GAP.action),
            ACCOUNT: not_assessed(GAP.action),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_portal_users_have_no_keys(case: Case) -> None:
    case.holds_for(CONTROL)


def test_every_active_key_is_switched_off() -> None:
    values = judged(CONTROL, CASES[1].snapshot)["deploy"].values
    assert "'AccessKeyMetadata[?Status=='" in fill(CONTROL.remedy, values).cli
