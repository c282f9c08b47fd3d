"""The page of the audit log and its export: filters, pages, hostile names, strangers."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from posture.audit_export import AT_A_TIME, COLUMNS
from posture.auditing import record
from posture.models import AuditEvent, Organisation, User
from posture.models.tenancy import within
from tests.posture.web.test_hostile import NAMES, Tags

MANY = 60


def write(organisation: Organisation, *actions: str, **more: Any) -> None:
    with within(organisation):
        for action in actions:
            record(organisation=organisation.pk, **{"by": None, "action": action, **more})


def shown(client: Client, **query: str) -> str:
    response = client.get(reverse("audit"), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def exported(client: Client, form: str, **said: str) -> str:
    response = client.post(reverse("audit_export"), {"format": form, **said})
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="audit-log.{form}"'
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # it streams


def test_an_event_says_who_what_and_what_changed(
    owner: Client, acme: Organisation, alice: User
) -> None:
    write(
        acme, "profile.changed", by=alice, label="Larkfield",
        before={"unused_days": 90}, after={"unused_days": 30, "queues": []},
    )  # fmt: skip
    page = shown(owner)
    row = page.partition("<tbody")[2].partition("</tr>")[0]
    assert "<b>alice@acme.example</b> changed the profile of an account: Larkfield" in row
    assert "unused days: <del>90</del> <ins>30</ins>" in row
    assert "queues: <ins>none</ins>" in row


def test_pages_follow_one_another_also_beyond_small_numbers(
    owner: Client, acme: Organisation
) -> None:
    write(acme, *["scan.requested"] * MANY)
    first = shown(owner, action="scan.requested")
    after = first.partition("after=")[2].partition('"')[0]
    second = shown(owner, action="scan.requested", after=after)
    assert first.count('<th scope="row"') == 50
    assert second.count('<th scope="row"') == MANY - 50
    assert "First page" in second


def test_filters_narrow_the_list(owner: Client, acme: Organisation, alice: User) -> None:
    write(acme, "scan.requested", by=alice, label="Larkfield seller")
    write(acme, "scan.cancelled", label="Other")
    asked = {
        "who": "ALICE@", "action": "scan.requested", "target": "larkfield",
        "from": "2020-01-01", "to": "2999-12-31",
    }  # fmt: skip
    page = shown(owner, **asked)
    assert page.count('<th scope="row"') == 1
    assert 'value="ALICE@"' in page
    assert 'value="2999-12-31"' in page
    assert shown(owner, who=str(alice.pk), target="Larkfield").count('<th scope="row"') == 1
    for nothing in ({"who": "bob"}, {"target": "bob"}, {"to": "2020-01-01"}, {"who": "%"}):
        assert "No event matches these filters." in shown(owner, **nothing)


def test_a_filter_that_names_nothing_is_said(owner: Client) -> None:
    page = shown(owner, **{"from": "2026-02-31", "to": "soon", "action": "token.borrowed"})
    assert "Left out, because there is no such value: from, to, action." in page
    answer = owner.post(reverse("audit_export"), {"format": "csv", "from": "soon"})
    assert answer.status_code == 400
    assert owner.post(reverse("audit_export"), {"format": "exe"}).status_code == 400


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_name_is_text(owner: Client, acme: Organisation, kind: str) -> None:
    name = NAMES[kind]
    write(acme, "scan.requested", label=name, before={name[:50]: name}, after={name[:50]: [name]})
    page = shown(owner, who=name[:200], target=name[:200]) + shown(owner)
    tags = Tags()
    tags.feed(page)
    assert "__pwn()" not in tags.found
    assert not [tag for tag in tags.found if tag.startswith("on")]
    assert "\u202e" not in page


def test_strangers_and_members_without_the_right_see_nothing(
    stranger: Client, acme: Organisation, member: Any
) -> None:
    write(acme, "scan.requested", label="Larkfield seller")
    assert "Larkfield seller" not in shown(stranger)
    assert "Larkfield seller" not in exported(stranger, "csv")
    analyst = member("analyst")
    assert analyst.get(reverse("audit")).status_code == 403
    assert analyst.post(reverse("audit_export"), {"format": "csv"}).status_code == 403


def test_the_export_holds_exactly_the_filtered_list_and_is_an_event(
    owner: Client, acme: Organisation
) -> None:
    write(acme, *["scan.requested"] * (AT_A_TIME + 1), after={"n": 1})
    write(acme, "scan.cancelled")
    lines = exported(owner, "ndjson", action="scan.requested").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["action"] for row in rows] == ["scan.requested"] * (AT_A_TIME + 1)
    assert rows[1]["previous_hash"] == rows[0]["hash"]
    assert set(rows[0]) == set(COLUMNS)
    with within(acme):
        last = AuditEvent.objects.order_by("-number").first()
    assert last is not None
    assert (last.action, last.actor_label) == ("audit.exported", "alice@acme.example")
    assert last.after == {"format": "ndjson", "action": "scan.requested"}
    assert "audit.exported" in exported(owner, "csv")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_csv_begins_a_formula(
    owner: Client, acme: Organisation, begins: str
) -> None:
    write(acme, "scan.requested", label=f"{begins}cmd|'/c calc'!A0,\"\n")
    text = exported(owner, "csv", action="scan.requested")
    names, row = csv.reader(io.StringIO(text, newline=""))
    assert names == list(COLUMNS)
    assert row[names.index("target_label")] == f"'{begins}cmd|'/c calc'!A0,\"\n"
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_log_that_is_empty_for_now_says_so(stranger: Client, rival: Organisation) -> None:
    page = shown(stranger, action="token.issued")
    assert "No event matches these filters." in page
    assert "Clear all filters" in page
