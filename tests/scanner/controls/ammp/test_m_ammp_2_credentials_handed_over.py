"""M-AMMP-2 is asked where IAM users have passwords, or may."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.m_ammp_2_credentials_handed_over import CONTROL
from scanner.vocabulary import Status
from tests.builders import NOW, a_report, a_row, a_snapshot, a_user, denied
from tests.cases import Case, Expected, not_applicable

ASKED = Expected(Status.MANUAL, says="must change the password when they first sign in")

CASES = (
    Case(
        "A user with a password",
        a_snapshot(users=(a_user(),), report=a_report(a_row(password=True))),
        ASKED,
    ),
    Case("A user of whom nobody knows", a_snapshot(users=(a_user(created=NOW),)), ASKED),
    Case("An account whose report was refused", a_snapshot(report=denied("iam:GetCredentialReport")), ASKED),
    Case(
        "Users without passwords",
        a_snapshot(users=(a_user(),), report=a_report(a_row())),
        not_applicable("No IAM user has a password."),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_handing_over_of_passwords_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
