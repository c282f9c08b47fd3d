"""Reading over the API: lists, filters, pages and details."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from posture.models import Finding, Ticket
from posture.models.tenancy import within
from tests.posture.api.conftest import LONG_AGO, Api, Company, a_finding, moments


def test_an_account_shows_score_bound_coverage_and_formula(api: Api, company: Company) -> None:
    answer = api.get(f"accounts/{company.account.pk}").json()
    assert answer["score"] == {"value": 65, "low": 40, "coverage": 93, "formula": "1"}
    assert answer["open"] == {"critical": 3, "high": 0, "medium": 0, "low": 0}
    assert answer["topics"] == {}


def test_the_external_id_never_leaves_over_the_api(api: Api, company: Company) -> None:
    for path in ("accounts", f"accounts/{company.account.pk}"):
        assert b"secret-of" not in api.get(path).content


def test_the_history_has_a_row_for_each_scan(api: Api, company: Company) -> None:
    (row,) = api.get(f"accounts/{company.account.pk}/scores").json()["results"]
    assert (row["value"], row["low"], row["coverage"]) == (65, 40, 93)


def test_a_finding_carries_evidence_why_and_a_filled_remedy(api: Api, company: Company) -> None:
    with within(company.organisation):
        finding = company.findings[0]
        finding.values = {"name": "queue-0"}
        finding.save(update_fields=["values"])
    answer = api.get(f"findings/{finding.pk}").json()
    assert answer["evidence"][0]["value"] == "queue-0"
    assert answer["why"]
    assert set(answer["remediation"]) == {
        "summary", "minutes", "console", "cli", "cloudformation", "terraform",
        "without", "breaks", "way_back",
    }  # fmt: skip
    assert answer["remediation"]["console"]
    assert [event["kind"] for event in answer["history"]] == ["opened"]
    assert answer["page"].endswith(f"/findings/{finding.pk}")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 4),
        ({"severity": "low"}, 1),
        ({"severity": "critical,low"}, 4),
        ({"state": "resolved"}, 0),
        ({"state": "open,in_progress"}, 4),
        ({"control": "SQS-08"}, 1),
        ({"topic": "ami"}, 0),
        ({"region": "us-east-1"}, 4),
        ({"aws_account": "111122223333"}, 4),
        ({"aws_account": "999900001111"}, 0),
        ({"resource": "arn:aws:sqs:us-east-1:111122223333:queue-1"}, 1),
        ({"q": "QUEUE-2"}, 1),
        ({"ticket": "any"}, 1),
        ({"ticket": "none"}, 3),
        ({"changed_since": "2026-10-02T00:00:00Z"}, 1),
        ({"changed_since": "2026-10-01T06:00:00+00:00"}, 4),
    ],
)
def test_filters_keep_what_they_say(
    api: Api, company: Company, stranger: Company, query: dict[str, str], expected: int
) -> None:
    with within(company.organisation):
        changed = a_finding(
            company.account, company.scan, "late", control="SQS-08", severity="low",
            last_changed=moments(3)[2],
        )  # fmt: skip
        Ticket.objects.create(
            organisation=company.organisation, finding=changed, system="jira", key="SEC-1"
        )
    assert len(api.get("findings", **query).json()["results"]) == expected


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("findings", {"sverity": "high"}, "/sverity"),
        ("findings", {"severity": "terrible"}, "/severity"),
        ("findings", {"state": "open,closed"}, "/state"),
        ("findings", {"changed_since": "yesterday"}, "/changed_since"),
        ("findings", {"account": "1"}, "/account"),
        ("findings", {"ticket": "maybe"}, "/ticket"),
        ("findings", {"q": "\0"}, "/q"),
        ("accounts", {"state": "connected"}, "/state"),
        ("scans", {"status": "done"}, "/status"),
        ("controls", {"topic": "sqs"}, "/topic"),
    ],
)
def test_a_filter_we_do_not_understand_is_refused_by_name(
    api: Api, path: str, query: dict[str, str], pointer: str
) -> None:
    answer = api.get(path, **query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["status"]) == ("invalid", 400)
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert body["request_id"] == answer["X-Request-ID"]


def test_pages_together_hold_every_finding_once(api: Api, company: Company) -> None:
    with within(company.organisation):
        for at, n in zip(moments(7), range(10, 17), strict=True):
            a_finding(company.account, company.scan, f"queue-{n}", last_changed=at)
    seen: list[str] = []
    answer = api.get("findings", page_size=3).json()
    while True:
        seen += [row["id"] for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = api.client.get(answer["next"]).json()
    with within(company.organisation):
        wanted = [str(row.pk) for row in Finding.objects.order_by("-last_changed", "id")]
    assert len(wanted) == 10
    assert seen == wanted


@pytest.mark.parametrize("cursor", [b"p=garbage", b"p=\0", b"o=-1&p=2026-13-45", b"\xff\xfe"])
def test_an_invented_cursor_is_refused(api: Api, cursor: bytes) -> None:
    answer = api.get("findings", cursor=base64.b64encode(cursor).decode())
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


@pytest.mark.parametrize("path", ["findings", "accounts", "scans"])
def test_lists_ask_the_database_a_fixed_number_of_times(
    api: Api,
    company: Company,
    path: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with CaptureQueriesContext(connection) as few:
        api.get(path)
    with within(company.organisation):
        for n in range(20, 50):
            a_finding(company.account, company.scan, f"queue-{n}")
    with django_assert_num_queries(len(few.captured_queries)):
        assert api.get(path, page_size=100).status_code == 200


def test_every_control_is_in_the_catalogue_and_has_an_address(api: Api) -> None:
    page = api.get("controls").json()
    ids = [control["id"] for control in page["results"]]
    assert "SQS-03" in ids
    assert len(set(ids)) == len(ids) >= 17
    for control in page["results"]:
        assert api.get(f"controls/{control['id']}").json() == control
    assert api.get("controls/SQS-99").status_code == 404


@pytest.mark.parametrize("path", ["nothing", "findings/", "findings/1", "accounts/x/scores"])
def test_a_path_that_does_not_exist_is_a_problem_not_a_page(api: Api, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    for answer in (api.get(path), strict.post(f"/api/v1/{path}"), strict.patch(f"/api/v1/{path}")):
        assert answer.status_code == 404
        body: dict[str, Any] = answer.json()
        assert body["code"] == "not_found"


def test_changed_since_is_inclusive_so_that_polling_loses_nothing(api: Api) -> None:
    answer = api.get("findings", changed_since=LONG_AGO.isoformat()).json()
    assert len(answer["results"]) == 3
