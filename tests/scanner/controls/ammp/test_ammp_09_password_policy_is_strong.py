"""AMMP-09 on lengths, memories and accounts without passwords."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.ammp_09_password_policy_is_strong import CONTROL
from scanner.facts.iam import PasswordPolicy
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Observed, Severity
from tests.builders import a_report, a_root_row, a_row, a_snapshot, denied
from tests.cases import Case, fails, judged, not_applicable, not_assessed, passes

MEDIUM = Severity.MEDIUM
READ = denied("iam:GetAccountPasswordPolicy")
REPORT = denied("iam:GetCredentialReport")
SHORT = "A password may have 13 characters, less than 14."
FORGETFUL = "A password may come back after 23 others, not 24."
AT_ONCE = "The last password may be used again at once."


def policy(length: int = 14, remembered: int | None = 24) -> Snapshot:
    return with_password(PasswordPolicy(length, remembered))


def with_password(said: Observed[PasswordPolicy | None]) -> Snapshot:
    return a_snapshot(report=a_report(a_row(password=True)), password_policy=said)


CASES = (
    Case("14 characters and 24 passwords pass", policy(), passes(shows="a password: 1")),
    Case("More passes too", policy(64, 24), passes()),
    Case(
        "13 characters fail",
        policy(13),
        fails(MEDIUM, SHORT, shows="MinimumPasswordLength: 13"),
    ),
    Case(
        "23 passwords fail",
        policy(remembered=23),
        fails(MEDIUM, FORGETFUL, shows="PasswordReusePrevention: 23"),
    ),
    Case(
        "No memory fails",
        policy(remembered=None),
        fails(MEDIUM, AT_ONCE, shows="PasswordReusePrevention: off"),
    ),
    Case("Both are told", policy(13, None), fails(MEDIUM, f"{SHORT} {AT_ONCE}")),
    Case(
        "No policy at all fails",
        with_password(None),
        fails(MEDIUM, "no password policy of its own", shows="none of the account's own"),
    ),
    Case(
        "Without any password the control is not applicable",
        a_snapshot(report=a_report(a_row("a"), a_row("b")), password_policy=None),
        not_applicable("No IAM user has a password."),
    ),
    Case(
        "The root user's password is not of the policy",
        a_snapshot(report=a_report(root=a_root_row(password=True)), password_policy=None),
        not_applicable(),
    ),
    Case(
        "Where nobody has one the policy need not be read",
        a_snapshot(report=a_report(a_row()), password_policy=READ),
        not_applicable(),
    ),
    Case(
        "A blank column is not assessed",
        a_snapshot(report=a_report(a_row("a", password=None)), password_policy=None),
        not_assessed(REPORT.action, "password_enabled of a"),
    ),
    Case(
        "A blank column beside a password does not matter",
        a_snapshot(
            report=a_report(a_row("a", password=None), a_row("b", password=True)),
            password_policy=None,
        ),
        fails(MEDIUM, "no password policy"),
    ),
    Case("Without the policy nothing is assessed", with_password(READ), not_assessed(READ.action)),
    Case(
        "Without the report nothing is assessed",
        a_snapshot(report=REPORT, password_policy=None),
        not_assessed(REPORT.action),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_password_policy_is_strong(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_command_never_makes_a_long_minimum_shorter() -> None:
    (outcome,) = judged(CONTROL, policy(20, None)).values()
    cli = fill(CONTROL.remedy, outcome.values).cli
    assert "--minimum-password-length 20" in cli
    assert "--password-reuse-prevention 24" in cli
