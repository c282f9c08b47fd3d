"""Requests that nobody honest sends: refused with a reason, never answered as a fault of ours."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from posture.models import Finding, fingerprint
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company

BEYOND_THE_YEARS = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
CHARSETS = (
    "raw_unicode_escape", "utf-7", "idna", "rot13", "zlib", "undefined", "unheard-of", "latin-1",
)  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_charset_than_utf_8_is_refused(api: Api, charset: str, method: str) -> None:
    kind = f"application/json; charset={charset}"
    answer = api.client.generic(method, "/api/v1/scans", '{"a": 1}', kind)
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")
    body = answer.json()
    assert (body["code"], body["status"]) == ("unsupported_charset", 415)
    assert body["request_id"] == answer["X-Request-ID"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_named(api: Api, company: Company, charset: str) -> None:
    body = f'{{"account": "{company.account.pk}"}}'
    kind = f"application/json; charset={charset}"
    assert api.client.generic("POST", "/api/v1/scans", body, kind).status_code == 202


@pytest.mark.parametrize("moment", BEYOND_THE_YEARS)
@pytest.mark.parametrize("parameter", ["changed_since", "first_seen_since"])
def test_a_moment_beyond_the_years_is_refused_and_named(
    api: Api, parameter: str, moment: str
) -> None:
    answer = api.get("findings", **{parameter: moment})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{parameter}"


def test_a_moment_may_have_an_offset_that_postgresql_does_not_know(api: Api) -> None:
    count = {"2026-09-30T23:00:00-23:00": 0, "2026-10-02T05:00:00+23:00": 3}
    for moment, found in count.items():
        rows = api.get("findings", changed_since=moment).json()["results"]
        assert len(rows) == found, moment


def lists_of(company: Company) -> list[str]:
    return ["findings", "scans", "accounts", f"accounts/{company.account.pk}/scores"]


@pytest.mark.parametrize(
    "text",
    [
        *(f"p={quote(moment)}{more}" for moment in BEYOND_THE_YEARS for more in ("", "&r=1")),
        "p=0001-01-01T00:00:00",
        "p=2026-10-01",
        "p=2026-10-01T06:00:00",
        "p=infinity",
        "o=1000001",
        f"o={'9' * 30}&p=2026-10-01+06:00:00Z",
        f"o={'9' * 5000}",
    ],
    ids=lambda text: text[:40],
)
def test_a_cursor_with_an_impossible_place_is_refused(
    api: Api, company: Company, text: str
) -> None:
    for path in lists_of(company):
        answer = api.get(path, cursor=base64.b64encode(text.encode()).decode())
        assert answer.status_code == 400, path
        assert answer.json()["errors"][0]["pointer"] == "/cursor", path


def test_more_rows_of_one_moment_than_a_thousand_come_once_each(api: Api, company: Company) -> None:
    """One scan changes all findings of an account at the same moment."""
    one = company.findings[0]
    with within(company.organisation):
        values = Finding.objects.filter(pk=one.pk).values().get()
        Finding.objects.bulk_create(
            Finding(**{**values, "id": None, **_named(company, f"q{number}")})
            for number in range(1_250)
        )
    seen: list[str] = []
    answer: Any = api.get("findings", page_size=200).json()
    for _ in range(7):
        seen += [row["resource"] for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = api.client.get(answer["next"]).json()
    assert answer["next"] is None
    assert len(seen) == len(set(seen)) == 1_253


def _named(company: Company, resource: str) -> dict[str, str]:
    key = fingerprint(
        partition="aws",
        aws_account=company.account.aws_account,
        control="SQS-03",
        resource=resource,
    )
    return {"resource": resource, "fingerprint": key}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (r'{"a\ud800": 1}', r"/a\ud800"),
        (r'{"ticket": {"a\ud800": 1}}', r"/ticket/a\ud800"),
        (r'{"a\u0000": 1}', r"/a\u0000"),
    ],
)
def test_an_unknown_name_that_utf_8_cannot_spell_is_shown_escaped(
    api: Api, company: Company, body: str, pointer: str
) -> None:
    answer = api.send("PATCH", f"findings/{company.findings[0].pk}", body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": pointer, "code": "unknown", "detail": "This field is unknown or read-only."}
    ]


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 50_000], ids=["lists", "objects"])
def test_a_body_nested_without_end_is_refused(api: Api, company: Company, body: str) -> None:
    answer = api.send("PATCH", f"findings/{company.findings[0].pk}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_no_answer_may_be_kept_by_a_cache(api: Api) -> None:
    for answer in (
        api.get("findings"),
        api.get("nothing"),
        api.send("POST", "scans", "{"),
        Api(None).get("findings"),
        api.client.generic("POST", "/api/v1/scans", "{}", "application/json; charset=zlib"),
    ):
        assert answer["Cache-Control"] == "no-store", answer
