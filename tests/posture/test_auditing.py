"""The audit log: what is written, from where, and that the database keeps the chain."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils.safestring import mark_safe

from posture import auditing
from posture.auditing import coming_from, record
from posture.models import Account, AuditEvent, AuditHead, Organisation
from posture.models.audit import BEGINNING, Door, seal
from posture.models.tenancy import within
from posture.tokens import issue
from tests.posture.rows import a_member


def test_an_event_says_who_did_what_to_what_and_from_where(
    acme: Organisation, account: Account
) -> None:
    alice = a_member(acme)
    with (
        within(acme),
        coming_from(address="192.0.2.7", request_id="request-0001", door=Door.PAGE),
    ):
        event = record(
            organisation=acme.pk, by=alice, action="account.paused", target=account,
            before={"state": "connected", "label": "x"}, after={"state": "paused", "label": "x"},
        )  # fmt: skip
        event.refresh_from_db()
    said = {name: getattr(event, name) for name in ("actor_kind", "actor_id", "actor_label")}
    assert said == {"actor_kind": "person", "actor_id": alice.pk, "actor_label": alice.email}
    target = (event.target_kind, event.target_id, event.target_label)
    assert target == ("account", str(account.pk), str(account))
    assert (event.address, event.request_id, event.door) == ("192.0.2.7", "request-0001", "page")
    assert (event.before, event.after) == ({"state": "connected"}, {"state": "paused"})
    assert (event.number, event.previous_hash, event.hash) == (1, BEGINNING, seal(event))


def test_a_program_and_nobody_are_told_apart(acme: Organisation) -> None:
    with within(acme):
        token, _ = issue(organisation=acme, by=None, name="Jira", scopes=["admin"])
        program = record(organisation=acme.pk, by=token, action="token.issued")
        operator = record(organisation=acme.pk, by=None, action="token.issued")
        with coming_from(address="", request_id="task-0001", door=Door.TASK):
            task = record(organisation=acme.pk, by=None, action="token.issued")
    assert (program.actor_kind, program.actor_label) == ("program", f"Jira (spt_{token.key})")
    assert (operator.actor_kind, operator.actor_label) == ("system", "operator")
    assert (operator.door, bool(operator.request_id)) == ("command", True)
    assert (task.actor_label, task.door) == ("the installation itself", "task")


@pytest.mark.parametrize(
    ("address", "kept"),
    [("2001:DB8::1", "2001:db8::1"), ("=cmd|'/c calc'!A0", ""), ("", ""), ("unknown", "")],
)
def test_what_is_no_address_is_not_kept_as_one(acme: Organisation, address: str, kept: str) -> None:
    with within(acme), coming_from(address=address, request_id="r" * 8, door=Door.API):
        assert record(organisation=acme.pk, by=None, action="token.issued").address == kept


@pytest.mark.parametrize(
    "value",
    [1.5, b"bytes", {"a": 1}, [["a"]], mark_safe("x"), uuid.uuid4(), object(), [{"secret": "x"}]],
)
def test_values_of_other_types_are_refused(acme: Organisation, value: object) -> None:
    with within(acme):
        with pytest.raises(TypeError, match="which the audit log does not take"):
            record(organisation=acme.pk, by=None, action="token.issued", after={"it": value})
        assert not AuditEvent.objects.exists()


def test_values_are_kept_plain_and_short(acme: Organisation) -> None:
    given: dict[str, object] = {
        "at": datetime(2026, 11, 28, 3, tzinfo=UTC), "long": "x" * 5_000, "nul": "a\0b\ud800",
        "many": list(range(500)), "door": Door.API, "none": None, "yes": True, "big": 10**30,
    }  # fmt: skip
    with within(acme):
        event = record(organisation=acme.pk, by=None, action="token.issued", after=given)
        event.refresh_from_db()
    assert event.after == {
        "at": "2026-11-28T03:00:00+00:00", "long": "x" * 1_000 + "…", "nul": "a\\u0000b\\ud800",
        "many": [*range(200), "and 300 more"], "door": "api", "none": None, "yes": True,
        "big": 10**30,
    }  # fmt: skip
    assert event.hash == seal(event)


def test_an_action_that_nobody_defined_is_refused(acme: Organisation) -> None:
    with within(acme), pytest.raises(ValueError, match="no action"):
        record(organisation=acme.pk, by=None, action="token.borrowed")


def test_numbers_have_no_gaps_also_where_a_change_was_undone(
    acme: Organisation, rival: Organisation
) -> None:
    with within(acme):
        for _ in range(3):
            record(organisation=acme.pk, by=None, action="token.issued")
            with transaction.atomic():
                record(organisation=acme.pk, by=None, action="token.revoked")
                transaction.set_rollback(True)
        rows = list(AuditEvent.objects.order_by("number"))
        head = AuditHead.objects.get()
    with within(rival):
        first = record(organisation=rival.pk, by=None, action="token.issued")
    assert [row.number for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == [BEGINNING, rows[0].hash, rows[1].hash]
    assert (head.number, head.hash, first.number) == (3, rows[2].hash, 1)


def _delete() -> None:
    AuditEvent.objects.all().delete()


def _edit() -> None:
    AuditEvent.objects.update(action="token.issued")


def _move_head() -> None:
    AuditHead.objects.update(number=0)


def _truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE posture_auditevent")


@pytest.mark.parametrize("attempt", [_delete, _edit, _move_head, _truncate])
def test_the_application_can_neither_change_nor_delete_events(
    acme: Organisation, attempt: Callable[[], None]
) -> None:
    with within(acme):
        record(organisation=acme.pk, by=None, action="token.issued")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            attempt()


@pytest.mark.parametrize(
    "changed",
    [{"number": 3}, {"number": 1}, {"number": 2, "previous_hash": BEGINNING}],
    ids=["gap", "twice", "fork"],
)
def test_the_application_can_add_an_event_at_the_end_only(
    acme: Organisation, changed: dict[str, Any]
) -> None:
    with within(acme):
        first = record(organisation=acme.pk, by=None, action="token.issued")
        forged = {
            **{field.attname: getattr(first, field.attname) for field in first._meta.fields},
            "id": uuid.uuid4(), "number": 2, "previous_hash": first.hash, **changed,
        }  # fmt: skip
        with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
            AuditEvent.objects.create(**forged)


def test_another_organisations_chain_can_be_neither_locked_nor_lengthened(
    acme: Organisation, rival: Organisation
) -> None:
    with within(acme):
        with pytest.raises(ProgrammingError, match="not the organisation"), transaction.atomic():
            record(organisation=rival.pk, by=None, action="token.issued")
        own = auditing.record(organisation=acme.pk, by=None, action="token.issued")
    with within(rival):
        assert not AuditEvent.objects.filter(pk=own.pk).exists()
        assert not AuditHead.objects.exists()
