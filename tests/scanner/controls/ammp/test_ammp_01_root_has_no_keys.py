"""AMMP-01 on every state of summary and report."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.ammp_01_root_has_no_keys import CONTROL
from scanner.facts.iam import CredentialReport
from scanner.vocabulary import Severity
from tests.builders import NOW, a_key, a_report, a_root_row, a_snapshot, a_summary, days_ago, denied
from tests.cases import Case, fails, not_assessed, passes

SUMMARY = denied("iam:GetAccountSummary")
REPORT = denied("iam:GetCredentialReport")
WITH_KEY = a_report(root=a_root_row(keys=(a_key(used=days_ago(3)),)))
CRITICAL = Severity.CRITICAL

CASES = (
    Case("No key and no certificate passes", a_snapshot(), passes("no access keys")),
    Case(
        "A member account without root credentials passes",
        a_snapshot(
            summary=a_summary(mfa=0, password=0), report=a_report(root=a_root_row(password=False))
        ),
        passes(),
    ),
    Case(
        "A key in the summary fails and the report tells its last use",
        a_snapshot(summary=a_summary(keys=1), report=WITH_KEY),
        fails(CRITICAL, "has access keys.", shows="last used 2026-11-21 for s3"),
    ),
    Case(
        "A signing certificate fails",
        a_snapshot(summary=a_summary(certificates=1)),
        fails(CRITICAL, "has signing certificates."),
    ),
    Case(
        "Both are named",
        a_snapshot(summary=a_summary(keys=2, certificates=1)),
        fails(CRITICAL, "has access keys and signing certificates."),
    ),
    Case(
        "A key of which the report does not know yet fails",
        a_snapshot(summary=a_summary(keys=1), report=a_report()),
        fails(CRITICAL, "has access keys."),
    ),
    Case(
        "A key that only the old report knows passes and the evidence says so",
        a_snapshot(report=WITH_KEY),
        passes(shows="Report lags"),
    ),
    Case("The summary alone is enough to pass", a_snapshot(report=REPORT), passes()),
    Case(
        "The summary alone is enough to fail",
        a_snapshot(summary=a_summary(keys=1), report=REPORT),
        fails(CRITICAL, "has access keys."),
    ),
    Case(
        "Without the summary a key in the report fails",
        a_snapshot(summary=SUMMARY, report=WITH_KEY),
        fails(CRITICAL, "access keys or certificates", shows="Access key 1: active"),
    ),
    Case(
        "Without the summary a certificate in the report fails",
        a_snapshot(summary=SUMMARY, report=a_report(root=a_root_row(certificates=2))),
        fails(CRITICAL, "access keys or certificates", shows="Signing certificate 2"),
    ),
    Case(
        "Without the summary an old report without keys proves nothing",
        a_snapshot(summary=SUMMARY),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Without the summary inactive keys in the report prove nothing",
        a_snapshot(summary=SUMMARY, report=a_report(root=a_root_row(keys=(a_key(active=False),)))),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Without the summary a report that does not list the root user proves nothing",
        a_snapshot(summary=SUMMARY, report=CredentialReport(NOW, ())),
        not_assessed("iam:GetAccountSummary"),
    ),
    Case(
        "Neither source is not assessed",
        a_snapshot(summary=SUMMARY, report=REPORT),
        not_assessed("iam:GetAccountSummary"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_root_user_has_no_keys(case: Case) -> None:
    case.holds_for(CONTROL)
