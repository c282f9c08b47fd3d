"""Writing over the API: starting scans and setting the ticket of a finding."""

from __future__ import annotations

from typing import Any

import pytest

from posture.models import Account, FindingEvent, Scan, Ticket
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company

TICKET = {"system": "jira", "key": "SEC-1482", "url": "https://jira.example.com/browse/SEC-1482"}


def kinds(company: Company) -> list[str]:
    with within(company.organisation):
        events = FindingEvent.objects.filter(finding=company.findings[0]).order_by("sequence")
        return [event.kind for event in events]


def test_post_queues_a_scan_and_says_where_it_is(api: Api, company: Company) -> None:
    answer = api.send("POST", "scans", {"account": str(company.account.pk)})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["trigger"]) == ("queued", "api")
    assert api.client.get(answer["Location"]).json()["id"] == body["id"]


def test_a_scan_under_way_is_returned_instead_of_a_second_one(api: Api, company: Company) -> None:
    first = api.send("POST", "scans", {"account": str(company.account.pk)}).json()
    second = api.send("POST", "scans", {"account": str(company.account.pk)}).json()
    assert first["id"] == second["id"]
    with within(company.organisation):
        assert Scan.objects.filter(state="queued").count() == 1


def test_an_account_that_is_not_connected_cannot_be_scanned(api: Api, company: Company) -> None:
    with within(company.organisation):
        Account.objects.update(state="pending")
    answer = api.send("POST", "scans", {"account": str(company.account.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "account_not_connected")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"account": "x"}, 400),
        ({"account": "6c1d9d3e-0000-4000-8000-000000000000"}, 404),
        ({"acount": "6c1d9d3e-0000-4000-8000-000000000000"}, 400),
        ("{", 400),
        ("[]", 400),
        ('{"account": "\\ud800"}', 400),
    ],
)
def test_a_scan_asked_for_badly_starts_nothing(
    api: Api, company: Company, body: object, status: int
) -> None:
    answer = api.send("POST", "scans", body)
    assert answer.status_code == status
    assert answer.json()["detail"]
    with within(company.organisation):
        assert not Scan.objects.filter(state="queued").exists()


def test_a_ticket_is_linked_once_and_leaves_an_event(api: Api, company: Company) -> None:
    path = f"findings/{company.findings[0].pk}"
    for _ in range(2):
        answer = api.send("PATCH", path, {"ticket": TICKET})
        assert answer.status_code == 200
        assert answer.json()["ticket"]["key"] == "SEC-1482"
    assert kinds(company) == ["opened", "ticket_linked"]


def test_a_ticket_can_be_changed_and_unlinked(api: Api, company: Company) -> None:
    path = f"findings/{company.findings[0].pk}"
    api.send("PATCH", path, {"ticket": TICKET})
    changed = api.send("PATCH", path, {"ticket": {**TICKET, "status": "Done"}}).json()
    assert changed["ticket"]["status"] == "Done"
    assert changed["state"] == "open"
    assert api.send("PATCH", path, {"ticket": None}).json()["ticket"] is None
    assert kinds(company) == ["opened", "ticket_linked", "ticket_linked", "ticket_unlinked"]


def test_a_linked_ticket_makes_the_finding_changed(api: Api, company: Company) -> None:
    path = f"findings/{company.findings[0].pk}"
    before = api.get(path).json()["last_changed"]
    after = api.send("PATCH", path, {"ticket": TICKET}).json()["last_changed"]
    assert after > before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/ticket"),
        ({"ticket": "SEC-1"}, "/ticket"),
        ({"ticket": {}}, "/ticket/system"),
        ({"ticket": {**TICKET, "url": "javascript:alert(1)"}}, "/ticket/url"),
        ({"ticket": {**TICKET, "url": "ftp://example.com/a"}}, "/ticket/url"),
        ({"ticket": {**TICKET, "system": "Jira Cloud!"}}, "/ticket/system"),
        ({"ticket": {**TICKET, "key": "x" * 201}}, "/ticket/key"),
        ({"ticket": {**TICKET, "key": "a\0b"}}, "/ticket/key"),
        ({"ticket": {**TICKET, "state": "open"}}, "/ticket/state"),
        ({"ticket": None, "state": "resolved"}, "/state"),
        ({"ticket": None, "severity": "low"}, "/severity"),
    ],
)
def test_a_bad_change_names_its_field_and_changes_nothing(
    api: Api, company: Company, body: dict[str, Any], pointer: str
) -> None:
    answer = api.send("PATCH", f"findings/{company.findings[0].pk}", body)
    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    with within(company.organisation):
        assert not Ticket.objects.exists()
    assert kinds(company) == ["opened"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_other_methods_are_refused(api: Api, company: Company, method: str) -> None:
    answer = api.send(method, f"findings/{company.findings[0].pk}", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
