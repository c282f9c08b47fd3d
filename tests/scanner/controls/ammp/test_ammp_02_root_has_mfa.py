"""AMMP-02 on every way in which the root user can, or cannot, sign in."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.ammp_02_root_has_mfa import CONTROL
from scanner.facts.iam import CredentialReport
from scanner.vocabulary import Severity
from tests.builders import NOW, a_key, a_report, a_root_row, a_snapshot, a_summary, denied
from tests.cases import Case, fails, not_applicable, not_assessed, passes

SUMMARY = denied("iam:GetAccountSummary")
REPORT = denied("iam:GetCredentialReport")
CRITICAL = Severity.CRITICAL
NO_PASSWORD = a_report(root=a_root_row(password=False, mfa=False))

CASES = (
    Case("MFA passes", a_snapshot(summary=a_summary(mfa=1)), passes("has MFA")),
    Case(
        "MFA passes whatever the report says",
        a_snapshot(report=a_report(root=a_root_row(mfa=False))),
        passes(),
    ),
    Case("MFA passes without a report", a_snapshot(report=REPORT), passes()),
    Case(
        "A password without MFA fails",
        a_snapshot(summary=a_summary(mfa=0)),
        fails(CRITICAL, "a password and no MFA", shows="MFA of the root user: off"),
    ),
    Case(
        "No password and no keys need no MFA",
        a_snapshot(summary=a_summary(mfa=0, password=0)),
        not_applicable("no password and no access keys"),
    ),
    Case(
        "An access key alone needs MFA",
        a_snapshot(summary=a_summary(mfa=0, password=0, keys=1)),
        fails(CRITICAL, "an access key and no MFA"),
    ),
    Case(
        "A missing counter is not zero: the report says there is no password",
        a_snapshot(summary=a_summary(mfa=0, password=None), report=NO_PASSWORD),
        not_applicable(shows="Password of the root user: none"),
    ),
    Case(
        "A missing counter is not zero: the report says there is a password",
        a_snapshot(summary=a_summary(mfa=0, password=None)),
        fails(CRITICAL, "a password and no MFA"),
    ),
    Case(
        "An older account whose report does not support the column has a password",
        a_snapshot(
            summary=a_summary(mfa=0, password=None),
            report=a_report(root=a_root_row(password=None)),
        ),
        fails(CRITICAL, "a password and no MFA"),
    ),
    Case(
        "A missing counter and no report are not assessed",
        a_snapshot(summary=a_summary(mfa=0, password=None), report=REPORT),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "A missing counter and a report without the root user are not assessed",
        a_snapshot(summary=a_summary(mfa=0, password=None), report=CredentialReport(NOW, ())),
        not_assessed("iam:GetCredentialReport", "NoRootRow"),
    ),
    Case(
        "Without the summary a report that shows a password and no MFA fails",
        a_snapshot(summary=SUMMARY, report=a_report(root=a_root_row(mfa=False))),
        fails(CRITICAL, "without MFA", shows="off in the credential report"),
    ),
    Case(
        "Without the summary a report that shows a key and no MFA fails",
        a_snapshot(
            summary=SUMMARY,
            report=a_report(root=a_root_row(password=False, mfa=False, keys=(a_key(),))),
        ),
        fails(CRITICAL, "without MFA"),
    ),
    Case(
        "Without the summary MFA in the old report proves nothing",
        a_snapshot(summary=SUMMARY),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Without the summary no credentials in the old report prove nothing",
        a_snapshot(summary=SUMMARY, report=NO_PASSWORD),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Without the summary an unknown MFA proves nothing",
        a_snapshot(summary=SUMMARY, report=a_report(root=a_root_row(mfa=None))),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Neither source is not assessed",
        a_snapshot(summary=SUMMARY, report=REPORT),
        not_assessed("iam:GetAccountSummary"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_root_user_has_mfa(case: Case) -> None:
    case.holds_for(CONTROL)
