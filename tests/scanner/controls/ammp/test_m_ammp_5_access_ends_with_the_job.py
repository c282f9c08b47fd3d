"""M-AMMP-5 is asked of every seller; what AMMP-08 finds is a hint."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.m_ammp_5_access_ends_with_the_job import CONTROL
from scanner.vocabulary import Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NOW,
    a_key,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected
from tests.documents import allow

PORTAL = {"p": allow("aws-marketplace:ListEntities")}
OLD = (a_key(rotated=days_ago(99)),)


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="loses portal access the same day", shows=shows)


CASES = (
    Case("Without stale access", a_snapshot(), asked("Unused or old access (AMMP-08): none")),
    Case(
        "Stale users and idle portal roles are named",
        a_snapshot(
            users=(a_user("anna"), a_user("berta")),
            roles=(
                a_role("seller", inline=PORTAL, last_used=days_ago(90)),
                a_role("busy", inline=PORTAL),
                a_role("other", last_used=None),
            ),
            report=a_report(a_row("anna", keys=OLD), a_row("berta")),
        ),
        asked("(AMMP-08): role seller, user anna"),
    ),
    Case(
        "A user of whom the report knows nothing is told",
        a_snapshot(
            users=(a_user("anna"), a_user("new", created=NOW)),
            report=a_report(a_row("anna", keys=OLD)),
        ),
        asked("Not read: iam:GetCredentialReport"),
    ),
    Case(
        "Without the report roles are named",
        a_snapshot(
            roles=(a_role("seller", inline=PORTAL, last_used=None),),
            report=denied("iam:GetCredentialReport"),
        ),
        asked("(AMMP-08): role seller"),
    ),
    Case(
        "Without report and roles the gaps are told",
        a_snapshot(report=denied("iam:GetCredentialReport"), roles=denied(AUTHORIZATION_DETAILS)),
        asked("Not read: iam:GetAccountAuthorizationDetails"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_end_of_access_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
