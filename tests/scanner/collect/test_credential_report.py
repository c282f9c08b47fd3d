"""The credential report is waited for, and its CSV is read in all its spellings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect.credential_report import read_report
from scanner.facts.iam import CredentialReport, ReportRow
from scanner.vocabulary import Observed, Unobserved
from tests.builders import NOW
from tests.fakes import DENIED, FakeAws, Reply, limited

GENERATE, GET = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
COMPLETE: Answer = {"State": "COMPLETE"}
STARTED: Answer = {"State": "STARTED"}
NOT_YET = Trouble("ReportInProgress", Kind.OTHER)
HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
ROOT = (
    "<root_account>,arn:aws:iam::111122223333:root,2020-01-02T03:04:05+00:00,not_supported,"
    "no_information,not_supported,not_supported,TRUE,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,"
    "true,N/A,false,N/A"
)
ANA = (
    '"ana, o\'brien",arn:aws:iam::111122223333:user/ana,2024-03-01T12:00:00Z,TRUE,'
    "2026-11-01T00:00:00+00:00,2026-01-01T00:00:00+00:00,N/A,false,true,"
    "2025-01-01T00:00:00+00:00,2026-11-20T00:00:00+00:00,us-east-1,sqs,false,N/A,N/A,N/A,N/A,"
    "false,N/A,false,N/A"
)


def content(*lines: str) -> Answer:
    return {"Content": "\n".join(lines).encode(), "GeneratedTime": NOW}


def read(generate: Reply | list[Reply], get: Reply | list[Reply], **limits: float) -> object:
    return read_report(FakeAws({GENERATE: generate, GET: get}, limits=limited(**limits)))


def rows(*lines: str) -> tuple[ReportRow, ...]:
    report = read(COMPLETE, content(HEAD, *lines))
    assert isinstance(report, CredentialReport)
    return report.rows


def test_the_root_row_is_read() -> None:
    report = read(COMPLETE, content(HEAD, ROOT, ANA))
    assert isinstance(report, CredentialReport)
    root = report.root
    assert root is not None
    assert report.generated == NOW
    assert (root.password_enabled, root.mfa_active, root.cert_1_active) == (None, True, True)
    assert (root.password_last_used, root.key_1.active, root.key_1.last_used) == (None, False, None)


def test_a_user_is_read() -> None:
    (ana,) = rows(ANA)
    assert (ana.user, ana.password_enabled, ana.mfa_active) == ("ana, o'brien", True, False)
    assert ana.password_last_used == datetime(2026, 11, 1, tzinfo=UTC)
    assert ana.key_1.active
    assert ana.key_1.last_rotated == datetime(2025, 1, 1, tzinfo=UTC)
    assert (ana.key_1.last_used_service, ana.key_2.last_used_service) == ("sqs", "")


def test_further_columns_do_no_harm() -> None:
    report = read(COMPLETE, content(f"{HEAD},additional_credentials_info", f"{ANA},2 more"))
    assert isinstance(report, CredentialReport)
    assert report.rows[0].additional_credentials == "2 more"


@pytest.mark.parametrize(
    "answer",
    [
        content(HEAD, ANA[:120]),
        content(HEAD.replace(",mfa_active", ""), ANA),
        content(HEAD, '"unclosed'),
        {"Content": "text", "GeneratedTime": NOW},
        {"Content": f"{HEAD}\n{ANA}".encode()},
        {"GeneratedTime": NOW},
    ],
    ids=["cut", "column", "quote", "type", "time", "nothing"],
)
def test_a_report_that_cannot_be_read_whole_is_unobserved(answer: Answer) -> None:
    found = read(COMPLETE, answer)
    assert isinstance(found, Unobserved)
    assert (found.action, found.error) == (GET, "BadAnswer")


def test_a_report_that_is_being_written_is_waited_for() -> None:
    aws = FakeAws(
        {GENERATE: [STARTED, COMPLETE], GET: content(HEAD, ROOT)}, limits=limited(report_wait=60.0)
    )
    assert isinstance(read_report(aws), CredentialReport)
    assert [action for action, _, _ in aws.asked] == [GENERATE, GENERATE, GET]


def test_a_report_that_expired_in_between_is_asked_for_again() -> None:
    found = read(COMPLETE, [NOT_YET, content(HEAD, ROOT)], report_wait=60.0)
    assert isinstance(found, CredentialReport)


@pytest.mark.parametrize(("generate", "get"), [(STARTED, NOT_YET), (COMPLETE, NOT_YET)])
def test_a_report_that_never_comes_is_unobserved(generate: Answer, get: Trouble) -> None:
    found: Observed[CredentialReport] | object = read(generate, get)
    assert isinstance(found, Unobserved)
    assert (found.action, found.error) == (GET, "ReportInProgress")


@pytest.mark.parametrize(
    ("generate", "get", "action"), [(DENIED, COMPLETE, GENERATE), (COMPLETE, DENIED, GET)]
)
def test_a_refusal_is_unobserved_and_names_its_action(
    generate: Reply, get: Reply, action: str
) -> None:
    found = read(generate, get)
    assert isinstance(found, Unobserved)
    assert (found.action, found.error, found.region) == (action, "AccessDenied", "")
