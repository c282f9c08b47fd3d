"""The OpenAPI document is valid, committed, and true of what the API answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from posture.models import ApiToken, Verification
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company

Issue = Callable[..., tuple[ApiToken, str]]

HOURLY = {"preset": "hourly", "zone": "Europe/Berlin"}
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    text: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    return text


def test_the_committed_document_is_a_valid_openapi_3_1_document(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.1"
    validate(document)


def test_the_committed_document_is_what_the_code_says(document: dict[str, Any]) -> None:
    generated = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    assert json.loads(json.dumps(generated, default=str)) == document


def paths_and_calls(company: Company) -> list[tuple[str, str, str, object, int]]:
    finding, account = company.findings[0].pk, company.account.pk
    with within(company.organisation):
        look = Verification.objects.create(
            organisation=company.organisation,
            account=company.account,
            finding=company.findings[1],
            state="done",
            seen="failing",
        )
    return [
        ("/accounts", "GET", "accounts", None, 200),
        ("/accounts/{id}", "GET", f"accounts/{account}", None, 200),
        ("/accounts/{id}/schedule", "GET", f"accounts/{account}/schedule", None, 200),
        ("/accounts/{id}/schedule", "PATCH", f"accounts/{account}/schedule", HOURLY, 200),
        ("/accounts/{id}/schedule", "PATCH", f"accounts/{account}/schedule", {"zone": "X"}, 400),
        ("/accounts/{id}/scores", "GET", f"accounts/{account}/scores", None, 200),
        ("/findings/{id}/verify", "POST", f"findings/{finding}/verify", {}, 202),
        ("/verifications/{id}", "GET", f"verifications/{look.pk}", None, 200),
        ("/scans", "GET", "scans", None, 200),
        ("/scans", "POST", "scans", {"account": str(account)}, 202),
        ("/scans/{id}", "GET", f"scans/{company.scan.pk}", None, 200),
        ("/scans/{id}/cancel", "POST", f"scans/{company.scan.pk}/cancel", {}, 409),
        ("/findings", "GET", "findings", None, 200),
        ("/findings", "GET", "findings?nonsense=1", None, 400),
        ("/findings/{id}", "GET", f"findings/{finding}", None, 200),
        ("/findings/{id}", "PATCH", f"findings/{finding}", {"ticket": None}, 200),
        ("/findings/{id}", "PATCH", f"findings/{finding}", {"ticket": 3}, 400),
        ("/audit-events", "GET", "audit-events", None, 200),
        ("/controls", "GET", "controls", None, 200),
        ("/controls/{control}", "GET", "controls/SQS-03", None, 200),
        ("/controls/{control}", "GET", "controls/SQS-99", None, 404),
    ]


def test_answers_look_as_the_document_says(
    token: Issue, company: Company, document: dict[str, Any]
) -> None:
    api = Api(token("admin")[1])
    checked = set()
    for path, method, target, body, status in paths_and_calls(company):
        answer = api.send(method, target, body) if body is not None else api.get(target)
        assert answer.status_code == status, target
        operation = document["paths"][f"/api/v1{path}"][method.lower()]
        content = operation["responses"][str(status)]["content"]
        media_type = answer["Content-Type"].split(";")[0]
        schema = {**content[media_type]["schema"], "components": document["components"]}
        errors = list(Draft202012Validator(schema).iter_errors(answer.json()))
        assert not errors, f"{method} {target}: {errors[0].message}"
        checked.add((path, method))
    documented = {
        (path.removeprefix("/api/v1"), method.upper())
        for path, operations in document["paths"].items()
        for method in operations
        if path != "/api/v1/schema"
    }
    assert documented == checked


@pytest.mark.django_db
def test_the_documents_page_is_served_under_our_own_policy() -> None:
    answer = Client().get("/api/v1/docs")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "img-src 'self' data:" in policy
    assert b"swagger-ui" in answer.content
