"""The audit log over the API: one event for each change, and who may read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import URLPattern

from posture.api.urls import urlpatterns
from posture.auditing import record
from posture.models import ApiToken, AuditEvent
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company

Issue = Callable[..., tuple[ApiToken, str]]

CASES: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("api-schedule", "patch"): ({"preset": "weekly"}, "schedule.changed"),
    ("api-scans", "post"): ({}, "scan.requested"),
    ("api-scan-cancel", "post"): ({}, "scan.cancelled"),
    ("api-finding", "patch"): ({"ticket": {"system": "jira", "key": "S-1"}}, "ticket.linked"),
    ("api-finding-verify", "post"): ({}, "verification.requested"),
}
UNSAFE = ("post", "put", "patch", "delete")


def unsafe_operations() -> set[tuple[str, str]]:
    found = set()
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "view_class", None)
        found |= {(str(pattern.name), verb) for verb in UNSAFE if hasattr(view, verb)}
    return found


def events(company: Company, after: int = 0) -> list[AuditEvent]:
    with within(company.organisation):
        return list(AuditEvent.objects.filter(number__gt=after).order_by("number"))


def write(company: Company, *actions: str, **more: Any) -> None:
    with within(company.organisation):
        for action in actions:
            record(organisation=company.organisation.pk, by=None, action=action, **more)


def test_every_operation_that_changes_something_is_among_the_cases() -> None:
    assert unsafe_operations() == set(CASES)


@pytest.mark.parametrize(("name", "verb"), CASES)
def test_a_change_over_the_api_is_one_event(
    token: Issue, company: Company, name: str, verb: str
) -> None:
    row, text = token("admin")
    api = Api(text)
    body, action = CASES[name, verb]
    if name == "api-scan-cancel":
        made = api.send("POST", "scans", {"account": str(company.account.pk)}).json()["id"]
        path = f"scans/{made}/cancel"
    else:
        path = {
            "api-schedule": f"accounts/{company.account.pk}/schedule",
            "api-scans": "scans",
            "api-finding": f"findings/{company.findings[0].pk}",
            "api-finding-verify": f"findings/{company.findings[0].pk}/verify",
        }[name]
    before = len(events(company))
    body = {"account": str(company.account.pk)} if name == "api-scans" else body
    answer = api.send(verb.upper(), path, body)
    assert answer.status_code < 300
    new = events(company, before)
    assert [event.action for event in new] == [action]
    assert (new[0].actor_kind, new[0].actor_id, new[0].door) == ("program", row.pk, "api")
    assert (new[0].address, new[0].request_id) == ("127.0.0.1", answer["X-Request-ID"])
    again = api.send(verb.upper(), path, body)
    assert again.status_code < 500


def test_events_come_newest_first_with_all_that_a_verifier_needs(
    token: Issue, company: Company
) -> None:
    api = Api(token("admin")[1])
    write(company, "scan.requested", "scan.cancelled", after={"trigger": "manual"})
    rows = api.get("audit-events").json()["results"]
    assert [row["action"] for row in rows] == ["scan.cancelled", "scan.requested", "token.issued"]
    assert rows[0]["previous_hash"] == rows[1]["hash"]
    assert rows[0]["after"] == {"trigger": "manual"}


def test_events_are_filtered_and_paged(token: Issue, company: Company) -> None:
    api = Api(token("admin")[1])
    write(company, *["scan.requested"] * 5)
    write(company, "scan.cancelled", label="Larkfield seller")
    some = api.get("audit-events", action="scan.requested", page_size=2).json()
    assert len(some["results"]) == 2
    rest = api.client.get(some["next"]).json()["results"]
    assert {row["number"] for row in rest}.isdisjoint({one["number"] for one in some["results"]})
    assert len(api.get("audit-events", target="larkfield").json()["results"]) == 1
    assert len(api.get("audit-events", who="OPERATOR").json()["results"]) == 7
    assert api.get("audit-events", **{"from": "2100-01-01T00:00Z"}).json()["results"] == []
    assert len(api.get("audit-events", to="2100-01-01T00:00Z").json()["results"]) == 7


@pytest.mark.parametrize(
    "query",
    [{"action": "token.borrowed"}, {"from": "soon"}, {"actor": "x"}],
)
def test_filters_that_are_none_are_refused(
    token: Issue, company: Company, query: dict[str, str]
) -> None:
    assert Api(token("admin")[1]).get("audit-events", **query).status_code == 400


def test_others_see_no_event(token: Issue, company: Company, stranger: Company) -> None:
    write(stranger, "scan.requested")
    assert Api(None).get("audit-events").status_code == 401
    for scope in ("findings:read", "findings:triage", "scans:run"):
        assert Api(token(scope)[1]).get("audit-events").status_code == 403
    kept = Api(token("admin", accounts=[company.account])[1])
    assert kept.get("audit-events").json()["results"] == []
    own = Api(token("admin")[1]).get("audit-events").json()["results"]
    assert "scan.requested" not in {row["action"] for row in own}
