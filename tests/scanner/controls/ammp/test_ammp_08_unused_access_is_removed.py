"""AMMP-08 on passwords, keys and roles of every age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from scanner.controls.ammp.ammp_08_unused_access_is_removed import CONTROL
from scanner.facts.iam import ReportKey, Role
from scanner.facts.profile import CAS_ACCOUNT, Profile
from scanner.remedy import fill
from scanner.scope.cas import ASSET_SERVICE
from scanner.vocabulary import Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NOW,
    Inline,
    a_key,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, allow, trust

MEDIUM, LOW = Severity.MEDIUM, Severity.LOW
REPORT = "iam:GetCredentialReport"
PORTAL = allow("aws-marketplace:ListEntities")


def key(age: float, used: float | None = None, *, active: bool = True) -> ReportKey:
    return a_key(
        active=active, rotated=days_ago(age), used=None if used is None else days_ago(used)
    )


def user(
    sentence: str,
    expected: Expected,
    *keys: ReportKey,
    password: bool | None = False,
    used: datetime | None = None,
    changed: datetime | None = None,
    more: str = "",
    profile: Profile | None = None,
) -> Case:
    row = a_row(
        password=password, password_used=used, password_changed=changed, keys=keys, more=more
    )
    snapshot = a_snapshot(users=(a_user(),), report=a_report(row), profile=profile)
    return Case(sentence, snapshot, {"deploy": expected})


def role(
    sentence: str,
    expected: Expected,
    *,
    used: float | None = None,
    created: float = 500,
    inline: Inline | None = None,
    trusted: Document | None = None,
    path: str = "/",
    name: str = "seller",
) -> Case:
    one = a_role(
        name,
        path=path,
        trusted=trusted,
        created=days_ago(created),
        last_used=None if used is None else days_ago(used),
        inline={"p": PORTAL} if inline is None else inline,
    )
    return Case(sentence, a_snapshot(roles=(one,)), {name: expected})


USERS = (
    user("A user without credentials passes", passes()),
    user(
        "A password used 44 days ago passes",
        passes("no unused or old"),
        password=True,
        used=days_ago(44.9),
        changed=days_ago(400),
    ),
    user(
        "A password used 45 days ago fails",
        fails(MEDIUM, "The password of user deploy was last used 45 days ago.", shows="2026-10-10"),
        password=True,
        used=days_ago(45),
        changed=days_ago(1),
    ),
    user(
        "A password that was never used counts from its last change",
        fails(MEDIUM, "was never used since it was made 50 days ago", shows="never used"),
        password=True,
        changed=days_ago(50),
    ),
    user(
        "A password that was set lately and never used passes",
        passes(),
        password=True,
        changed=days_ago(3),
    ),
    user(
        "A password without any date is not assessed",
        not_assessed(REPORT, "password_last_changed of user deploy"),
        password=True,
    ),
    user("A disabled password does not matter", passes(), used=days_ago(400)),
    user(
        "A blank password column is not assessed",
        not_assessed(REPORT, "password_enabled"),
        password=None,
    ),
    user(
        "A stale key fails although the password column is blank",
        fails(MEDIUM, "Access key 1"),
        key(50),
        password=None,
    ),
    user("A young key in use passes", passes(), key(89.9, 1)),
    user(
        "A key used 45 days ago fails",
        fails(MEDIUM, "Access key 1 of user deploy was last used 45 days ago."),
        key(50, 45),
    ),
    user(
        "A key that was never used counts from the day it was made",
        fails(MEDIUM, "was never used since it was made 46 days ago"),
        key(46),
    ),
    user(
        "A key in use fails when it is 90 days old",
        fails(MEDIUM, "Access key 2 of user deploy is 90 days old."),
        key(1, 1),
        key(90, 0),
    ),
    user("A new key that was never used passes", passes(), key(2)),
    user("An inactive old key passes", passes(), key(900, active=False)),
    user(
        "A key of unknown age is not assessed",
        not_assessed(REPORT, "access_key_1_last_rotated of user deploy"),
        a_key(rotated=None, used=NOW),
    ),
    user(
        "A key of unknown age that nobody uses fails",
        fails(MEDIUM, "was last used 60 days ago"),
        a_key(rotated=None, used=days_ago(60)),
    ),
    user(
        "Keys that the report does not show are not assessed",
        not_assessed(REPORT, "mentions more"),
        more="1 additional access key",
    ),
    user(
        "Keys that the report does not show hide no fail",
        fails(MEDIUM, "60 days old"),
        key(60, 1),
        more="1 additional access key",
        profile=Profile(key_max_age_days=60),
    ),
    user(
        "The profile's limits count",
        passes(),
        key(300, 100),
        profile=Profile(unused_days=200, key_max_age_days=365),
    ),
    Case(
        "A user created after the report is not assessed",
        a_snapshot(users=(a_user("new", created=NOW),)),
        {"new": not_assessed(REPORT, "NotInReport")},
    ),
)

ROLES = (
    role("A role used 89 days ago passes", passes("used or made lately"), used=89.9),
    role(
        "A portal role used 90 days ago fails as low",
        fails(LOW, "Role seller can use the Management Portal and was last used 90 days ago."),
        used=90,
    ),
    role(
        "A portal role that was never used counts from its creation",
        fails(LOW, "has no use on record since it was made 500 days ago", shows="Inline policy p"),
    ),
    role("A new portal role passes", passes(), created=20),
    role(
        "A permission set's role says where to change it",
        fails(LOW, "It belongs to a permission set."),
        path="/aws-reserved/sso.amazonaws.com/eu-west-1/",
        name="AWSReservedSSO_Seller_0a1b",
    ),
    role(
        "The role of Commerce Analytics passes with a remark",
        passes(shows="used only when data or images are asked for"),
        trusted=trust(f"arn:aws:iam::{CAS_ACCOUNT}:root"),
    ),
    role(
        "The ingestion role passes with a remark",
        passes(shows="Marketplace service role"),
        trusted=trust({"Service": ASSET_SERVICE}),
    ),
    role(
        "An unread policy of an unused role is not assessed",
        not_assessed(AUTHORIZATION_DETAILS, "policy p"),
        inline={"p": a_malformed_policy()},
    ),
    role(
        "An unread policy of a role in use does not matter",
        passes(),
        inline={"p": a_malformed_policy()},
        used=1,
    ),
    Case(
        "An unread trust may be that of a service role",
        a_snapshot(
            roles=(
                a_role(
                    "seller",
                    trusted=a_malformed_policy(),
                    inline={"p": PORTAL},
                    last_used=days_ago(99),
                ),
            )
        ),
        {"seller": not_assessed(AUTHORIZATION_DETAILS)},
    ),
)

GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = "Account 111122223333"


def idle(name: str, path: str = "/") -> Role:
    return a_role(name, path=path, inline={"p": PORTAL}, last_used=None)


SCOPE = (
    Case("An account without users and portal roles", a_snapshot(), not_applicable("no IAM users")),
    Case(
        "Other roles, service-linked roles and our own role are left out",
        a_snapshot(
            roles=(
                a_role(last_used=None),
                idle("linked", "/aws-service-role/x.amazonaws.com/"),
                idle("seller-posture"),
            ),
            scan_role="arn:aws:iam::111122223333:role/seller-posture",
        ),
        not_applicable(),
    ),
    Case(
        "Without the report roles are judged and users are not",
        a_snapshot(users=(a_user(),), roles=(idle("seller"),), report=denied(REPORT)),
        {"seller": fails(LOW, "Role seller"), ACCOUNT: not_assessed(REPORT)},
    ),
    Case(
        "Without the roles users are judged",
        a_snapshot(users=(a_user(),), roles=GAP, report=a_report(a_row())),
        {"deploy": passes(), ACCOUNT: not_assessed(AUTHORIZATION_DETAILS)},
    ),
)

CASES = (*USERS, *ROLES, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_unused_access_is_removed(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize(
    ("case", "present", "absent"),
    [
        (USERS[2], ["delete-login-profile --user-name deploy"], ["update-access-key", "put-role"]),
        (
            user("", passes(), key(100, 1), key(200, 1)),
            ["starts_with(CreateDate,", "2026-08-16T08:40", "2026-05-08T08:40"],
            ["delete-login-profile", "put-role-policy"],
        ),
        (
            user("", passes(), a_key(rotated=None, used=days_ago(60))),
            ["[?Status=="],
            ["starts_with"],
        ),
        (ROLES[1], ["put-role-policy --role-name seller"], ["delete-login-profile", "list-access"]),
        (ROLES[4], [], ["aws iam"]),
    ],
)
def test_the_commands_are_about_what_was_found(
    case: Case, present: Sequence[str], absent: Sequence[str]
) -> None:
    (outcome,) = judged(CONTROL, case.snapshot).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert [text for text in present if text not in filled.cli] == []
    assert [text for text in absent if text in filled.cli] == []


def test_only_the_password_is_told_when_only_the_password_is_stale() -> None:
    case = user("", passes(), key(1, 1), password=True, changed=days_ago(99))
    assert judged(CONTROL, case.snapshot)["deploy"].reasons == (
        "The password of user deploy was never used since it was made 99 days ago.",
    )
