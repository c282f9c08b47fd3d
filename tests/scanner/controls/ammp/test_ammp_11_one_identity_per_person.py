"""AMMP-11 on names of teams, names of people, and accounts without passwords."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from scanner.controls.ammp.ammp_11_one_identity_per_person import CONTROL, SHARED
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    NOW,
    OWN,
    a_report,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

LOW = Severity.LOW
REPORT = denied("iam:GetCredentialReport")
GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = f"Account {OWN}"
LOOKS_SHARED = "looks shared: it is named after a team or job and has a password."


def people(*names: str, without: Sequence[str] = ()) -> Snapshot:
    rows = [a_row(name, password=True, password_used=days_ago(2)) for name in names]
    rows += [a_row(name) for name in without]
    return a_snapshot(
        users=tuple(a_user(name) for name in (*names, *without)), report=a_report(*rows)
    )


def asked(*, shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="belongs to one person", shows=shows)


CASES = (
    Case(
        "A team's name with a password looks shared",
        people("support"),
        {"support": fails(LOW, f"User support {LOOKS_SHARED}", shows="last used 2026-11-22")},
    ),
    Case(
        "Only such names are listed where there is one, and one without a password passes",
        people("Team-2", "anna", without=["sales", "berta"]),
        {"Team-2": fails(LOW, LOOKS_SHARED), "sales": passes("nobody can share its login")},
    ),
    Case(
        "Names of people prove nothing: somebody has to say it",
        people("anna", "berta", "sales-anna"),
        {ACCOUNT: asked(shows="anna, berta, sales-anna")},
    ),
    Case(
        "Of many people some are named",
        people(*(f"person{n}" for n in range(7))),
        {ACCOUNT: asked(shows="person4 and 2 more")},
    ),
    Case(
        "A team's name without a password leaves the question about the others",
        people("anna", without=["support"]),
        {ACCOUNT: asked()},
    ),
    Case(
        "Without any password the control is not applicable",
        people(without=["support", "anna"]),
        not_applicable("No IAM user has a password."),
    ),
    Case("An account without users", a_snapshot(), not_applicable()),
    Case(
        "A blank password column of a team's user is not assessed",
        a_snapshot(users=(a_user("team"),), report=a_report(a_row("team", password=None))),
        {"team": not_assessed(REPORT.action, "password_enabled")},
    ),
    Case(
        "A team's user created after the report is not assessed",
        a_snapshot(users=(a_user("team", created=NOW),)),
        {"team": not_assessed(REPORT.action, "NotInReport")},
    ),
    Case(
        "A password that was never used is one",
        a_snapshot(users=(a_user("demo"),), report=a_report(a_row("demo", password=True))),
        {"demo": fails(LOW, LOOKS_SHARED, shows="never used")},
    ),
    Case(
        "Without the report nothing is assessed",
        a_snapshot(users=(a_user("team"),), report=REPORT),
        not_assessed(REPORT.action),
    ),
    Case(
        "Without the users the report proves a fail and the rest is open",
        a_snapshot(users=GAP, report=a_report(a_row("team", password=True), a_row("sales"))),
        {
            "team": fails(LOW, LOOKS_SHARED),
            "sales": not_assessed(GAP.action),
            ACCOUNT: not_assessed(GAP.action),
        },
    ),
    Case(
        "A cut list of users may hide a team's name",
        a_snapshot(
            users=Partial((a_user("anna"),), (GAP,)), report=a_report(a_row("anna", password=True))
        ),
        {ACCOUNT: not_assessed(GAP.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_person_has_an_own_identity(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("name", ["admin", "ADMIN-01", "Marketplace", "info.", "root_1", "test-"])
def test_names_of_teams_and_jobs_look_shared(name: str) -> None:
    assert SHARED.fullmatch(name)


@pytest.mark.parametrize("name", ["administrator", "anna.admin", "seller2b", "contest", ""])
def test_other_names_do_not(name: str) -> None:
    assert not SHARED.fullmatch(name)


def test_people_are_asked_for_one_sentence_a_year() -> None:
    assert CONTROL.attestation is not None
    assert CONTROL.attestation.valid_days == 365
