"""The credential report: asked for, waited for, and read from its CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from itertools import chain, repeat

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, moment
from scanner.facts.iam import CredentialReport, ReportKey, ReportRow
from scanner.vocabulary import Observed, Unobserved

GENERATE = "iam:GenerateCredentialReport"
GET = "iam:GetCredentialReport"
ACTIONS = (GENERATE, GET)

NOT_YET = ("ReportNotPresent", "ReportExpired", "ReportInProgress")
"""Codes that say "later" (controls.md 1.6); IAM spells them so and with Credential in front."""
ABSENT = (*NOT_YET, *(f"Credential{code}Exception" for code in NOT_YET))
WAITS = (0.2, 0.5, 1.0)
LAST_WAIT = 2.0


def read_report(aws: Aws) -> Observed[CredentialReport]:
    """Ask IAM to write the report and fetch it; gives up after `limits.report_wait` seconds."""
    waited = 0.0
    for wait in chain(WAITS, repeat(LAST_WAIT)):
        asked = aws.call("iam", "GenerateCredentialReport", region=aws.home)
        if isinstance(asked, Unobserved):
            return asked
        if asked.get("State") == "COMPLETE":
            answer = aws.find(
                "iam", "GetCredentialReport", region=aws.home, absent=ABSENT, must=("Content",)
            )
            if answer is not None:
                return answer if isinstance(answer, Unobserved) else _report(answer)
        if waited >= aws.limits.report_wait:
            break
        aws.pause(wait)
        waited += wait
    return Unobserved(GET, "ReportInProgress", detail=f"not ready after {waited:.0f} seconds")


def _report(answer: Answer) -> Observed[CredentialReport]:
    try:
        text = answer["Content"].decode("utf-8", "replace")
        generated = moment(answer["GeneratedTime"])
        if generated is None:
            raise ValueError("GeneratedTime is empty")
        rows = tuple(_row(row) for row in csv.DictReader(io.StringIO(text), strict=True))
        return CredentialReport(generated, rows)
    except (*MALFORMED, csv.Error) as fault:
        return bad_answer(GET, "", fault)


def _row(row: dict[str, str]) -> ReportRow:
    if None in row.values():
        raise ValueError("a row of the report is cut")
    return ReportRow(
        user=row["user"],
        arn=row["arn"],
        created=_when(row["user_creation_time"]),
        password_enabled=_flag(row["password_enabled"]),
        password_last_used=_when(row["password_last_used"]),
        password_last_changed=_when(row["password_last_changed"]),
        mfa_active=_flag(row["mfa_active"]),
        key_1=_key(row, 1),
        key_2=_key(row, 2),
        cert_1_active=bool(_flag(row["cert_1_active"])),
        cert_2_active=bool(_flag(row["cert_2_active"])),
        additional_credentials=row.get("additional_credentials_info", ""),
    )


def _key(row: dict[str, str], number: int) -> ReportKey:
    name = f"access_key_{number}"
    return ReportKey(
        active=bool(_flag(row[f"{name}_active"])),
        last_rotated=_when(row[f"{name}_last_rotated"]),
        last_used=_when(row[f"{name}_last_used_date"]),
        last_used_service=_text(row.get(f"{name}_last_used_service", "")),
    )


def _flag(text: str) -> bool | None:
    """TRUE and true are the same; not_supported and N/A are None."""
    return {"true": True, "false": False}.get(text.strip().lower())


def _when(text: str) -> datetime | None:
    try:
        return moment(text.strip())
    except ValueError:
        return None


def _text(text: str) -> str:
    return "" if text in {"N/A", "no_information"} else text
