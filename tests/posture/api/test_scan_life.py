"""Scans that wait, are tried again or cancelled, and schedules, as programs see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posture.models import Account, ApiToken, Organisation, Scan, Schedule
from posture.models.tenancy import within
from tests.posture.api.conftest import Api, Company
from tests.posture.rows import a_scan, an_account

Issue = Callable[..., tuple[ApiToken, str]]


def test_a_queued_scan_is_cancelled_and_says_by_whom(api: Api, company: Company) -> None:
    scan = a_scan(company.account)
    answer = api.send("POST", f"scans/{scan.pk}/cancel", {})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["state"], body["reason_code"]) == ("cancelled", "cancelled")
    assert body["cancelled_by"] == "the token tickets"
    again = api.send("POST", f"scans/{scan.pk}/cancel", {})
    assert (again.status_code, again.json()["code"]) == (409, "scan_over")


def test_a_running_scan_is_told_to_end(api: Api, company: Company) -> None:
    scan = a_scan(company.account, state="running")
    for _ in range(2):
        answer = api.send("POST", f"scans/{scan.pk}/cancel", {})
        assert (answer.status_code, answer.json()["state"]) == (202, "running")
    row = api.get(f"scans/{scan.pk}").json()
    assert row["cancel_requested_at"] is not None
    assert row["cancelled_by"] == "the token tickets"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "worker"),
        ({"retry_at": timezone.now() + timedelta(hours=9)}, "retry"),
        ({"retry_at": timezone.now() - timedelta(hours=9)}, "worker"),
        ({"state": "running"}, None),
        ({"state": "done"}, None),
    ],
)
def test_a_scan_says_what_it_waits_for(
    api: Api, company: Company, fields: dict[str, Any], expected: str | None
) -> None:
    scan = a_scan(company.account, **fields)
    assert api.get(f"scans/{scan.pk}").json()["waiting_for"] == expected


def test_a_scan_without_a_free_slot_waits_for_one(api: Api, company: Company) -> None:
    with within(company.organisation):
        Organisation.objects.update(scans_at_once=1)
    other = an_account(company.organisation, "222233334444")
    lease = timezone.now() + timedelta(minutes=1)
    a_scan(other, state="running", lease_until=lease)
    scan = a_scan(company.account)
    assert api.get(f"scans/{scan.pk}").json()["waiting_for"] == "slot"


def test_a_long_list_of_scans_takes_no_more_queries(api: Api, company: Company) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get("scans").status_code == 200
        return len(captured)

    def cancelled(number: int) -> None:
        for _ in range(number):
            scan = a_scan(company.account)
            api.send("POST", f"scans/{scan.pk}/cancel", {})

    cancelled(2)
    few = queries()
    cancelled(10)
    assert queries() == few


@pytest.fixture
def admin(token: Issue) -> Api:
    return Api(token("admin")[1])


def test_a_schedule_is_read_and_changed_in_part(admin: Api, company: Company) -> None:
    path = f"accounts/{company.account.pk}/schedule"
    answer = admin.send("PATCH", path, {"zone": "Australia/Lord_Howe", "quiet_from": "22:00",
                                        "quiet_until": "06:30:00"})  # fmt: skip
    assert answer.status_code == 200
    body = admin.get(path).json()
    assert body == answer.json()
    assert (body["preset"], body["zone"]) == ("daily", "Australia/Lord_Howe")
    assert (body["quiet_from"], body["quiet_until"]) == ("22:00:00", "06:30:00")
    assert len(body["next_runs"]) == 3
    assert body["next_run"] == body["next_runs"][0] == min(body["next_runs"])
    account = admin.get(f"accounts/{company.account.pk}").json()
    assert account["next_scan"] == body["next_run"]
    off = admin.send("PATCH", path, {"preset": "off"}).json()
    assert (off["next_run"], off["next_runs"]) == (None, [])


def test_an_account_without_a_schedule_is_off(admin: Api, company: Company) -> None:
    other = an_account(company.organisation, "222233334444")
    body = admin.get(f"accounts/{other.pk}/schedule").json()
    assert (body["preset"], body["next_runs"]) == ("off", [])
    admin.send("PATCH", f"accounts/{other.pk}/schedule", {"preset": "weekly"})
    with within(company.organisation):
        assert Account.objects.get(pk=other.pk).schedule.preset == "weekly"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"preset": "often"}, "/preset"),
        ({"zone": "Mars/Base"}, "/zone"),
        ({"zone": "a\x00b"}, "/zone"),
        ({"preset": "custom"}, "/cron"),
        ({"preset": "custom", "cron": "0 25 * * *"}, "/cron"),
        ({"preset": "custom", "cron": "0 0 31 2 *"}, "/cron"),
        ({"preset": "custom", "cron": "*/5 * * * *"}, "/cron"),
        ({"preset": "custom", "cron": "\ud800"}, "/cron"),
        ({"quiet_from": "22:00"}, "/quiet_until"),
        ({"quiet_from": "late"}, "/quiet_from"),
        ({"next_run": "2030-01-01T00:00:00Z"}, "/next_run"),
    ],
)
def test_a_bad_schedule_names_its_field_and_changes_nothing(
    admin: Api, company: Company, body: dict[str, Any], pointer: str
) -> None:
    answer = admin.send("PATCH", f"accounts/{company.account.pk}/schedule", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    with within(company.organisation):
        assert Schedule.objects.get().preset == "daily"
        assert Scan.objects.count() == 1
