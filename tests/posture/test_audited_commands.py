"""Every command and task that changes something leaves exactly one event; and how chains are locked."""

import contextvars
import io
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from posture import scans, tasks, tickets
from posture.auditing import record
from posture.models import Account, Attestation, AuditEvent, Organisation, Scan
from posture.models.crossing import all_organisations
from posture.models.installation import Lock
from posture.models.tenancy import within
from tests.posture.rejudging import visited
from tests.posture.reports import an_outcome
from tests.posture.rows import a_member, a_scan, an_account, an_organisation
from tests.posture.threads import in_its_own_connection
from tests.posture.web.rows import a_done_scan, a_finding, an_attestation

PASSWORD = "correct horse battery staple"


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip()


def events(organisation: uuid.UUID) -> list[AuditEvent]:
    with within(organisation):
        return list(AuditEvent.objects.order_by("number"))


def said(organisation: uuid.UUID) -> list[tuple[str, str, str]]:
    return [(one.action, one.actor_label, one.door) for one in events(organisation)]


def by_an_operator(*actions: str) -> list[tuple[str, str, str]]:
    return [(action, "operator", "command") for action in actions]


def test_commands_that_make_things(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    organisation = run("create_organisation", "Acme")
    who = ("ann@acme.example", "--organisation", organisation)
    run("create_user", *who, "--role", "viewer")
    run("create_user", *who, "--role", "admin", "--existing")
    text = run("create_token", "Jira", "--organisation", organisation, "--scope", "admin")
    run("limit_scans", organisation, "3")
    found = events(uuid.UUID(organisation))
    assert said(uuid.UUID(organisation)) == by_an_operator(
        "organisation.created", "member.added", "member.changed", "token.issued",
        "organisation.limited",
    )  # fmt: skip
    assert (found[2].before, found[2].after) == ({"role": "viewer"}, {"role": "admin"})
    assert (found[4].before, found[4].after) == ({"scans_at_once": None}, {"scans_at_once": 3})
    told = "".join(str(vars(event)) for event in found)
    assert text.partition(".")[2] not in told
    assert PASSWORD not in told


def test_commands_about_signing_in(acme: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = a_member(acme)
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    link = run("break_glass", alice.email)
    run("set_password", alice.email)
    assert said(acme.pk) == by_an_operator("person.break_glass_made", "person.password_changed")
    told = "".join(str(vars(event)) for event in events(acme.pk))
    assert link.rpartition("/")[2] not in told
    assert PASSWORD not in told


def test_what_a_command_refuses_is_no_event(acme: Organisation) -> None:
    viewer = a_member(acme, "bob", "viewer")
    for command in (("break_glass", viewer.email), ("setup_token",)):
        with pytest.raises(CommandError):
            run(*command)
    assert events(acme.pk) == []


def test_a_setup_link_is_made_while_there_is_no_organisation(db: None) -> None:
    """So no log could take it; the first owner's own log begins with who made the organisation."""
    assert "/setup/" in run("setup_token")
    assert all_organisations() == []


def test_a_decision_is_told_to_the_organisation_that_it_is_about(
    acme: Organisation, rival: Organisation
) -> None:
    account = an_account(acme, state="disputed")
    run("decide_account", account.aws_account, "--organisation", str(acme.pk), "--refuse",
        "--reason", "Unknown")  # fmt: skip
    assert said(acme.pk) == by_an_operator("account.decided")
    assert events(rival.pk) == []


def test_unlocking_is_told_to_every_organisation_once(
    acme: Organisation, rival: Organisation
) -> None:
    Lock.objects.create(reason="A copy.")
    for _ in range(2):
        run("unlock")
        run("unlock", "--apply")
    assert said(acme.pk) == said(rival.pk) == by_an_operator("installation.unlocked")


def test_requeueing_is_told_when_it_is_done(acme: Organisation, account: Account) -> None:
    waiting = a_scan(account)
    other = an_account(acme, "444455556666")
    failed = a_scan(other, state="failed", finished_at=timezone.now(), reason_code="internal")
    run("requeue", str(waiting.pk), str(failed.pk))
    assert events(acme.pk) == []
    run("requeue", str(waiting.pk), str(failed.pk), "--apply")
    assert said(acme.pk) == by_an_operator("scan.requeued", "scan.requested")


def test_judging_again_is_told_once(acme: Organisation, account: Account) -> None:
    visited(account, an_outcome())
    for _ in range(2):
        run("rejudge", "--all")
    assert said(acme.pk) == by_an_operator("rejudgement.requested")


def test_what_scans_and_schedules_do_is_no_event(acme: Organisation, account: Account) -> None:
    assert visited(account, an_outcome()).state == "done"
    with within(acme):
        scans.request_scan(account=account, by=None, trigger=Scan.Trigger.SCHEDULE)
    assert events(acme.pk) == []


def test_a_task_says_that_it_was_one(acme: Organisation, account: Account) -> None:
    answer = an_attestation(a_done_scan(account), a_member(acme))
    with within(acme):
        Account.objects.update(last_scan=answer.account.scans.first())
        past = timezone.now() - timedelta(hours=1)
        Attestation.objects.update(valid_until=past)
    contextvars.copy_context().run(tasks.tick.apply, task_id="task-0001")
    assert said(acme.pk) == [("attestation.expired", "the installation itself", "task")]
    assert events(acme.pk)[0].request_id == "task-0001"


@pytest.mark.django_db(transaction=True)
def test_who_holds_the_end_of_a_chain_waits_for_nobody() -> None:
    """A ticket's event names its account, which another transaction holds: the chain stays free."""
    acme = an_organisation()
    account = an_account(acme)
    finding = a_finding(a_done_scan(account))

    def link() -> None:
        with within(acme):
            tickets.link_ticket(finding=finding, system="jira", key="SEC-1")

    with within(acme):
        Account.objects.select_for_update().get(pk=account.pk)
        waiting = threading.Thread(target=in_its_own_connection, args=[link])
        waiting.start()
        _until(_somebody_waits)
        record(organisation=acme.pk, by=None, action="scan.requested", target=account)
    waiting.join(timeout=30)
    assert [event.action for event in events(acme.pk)] == ["scan.requested", "ticket.linked"]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def _until(holds: Callable[[], bool]) -> None:
    tries = 0
    while not holds():
        tries += 1
        assert tries < 1_000
        threading.Event().wait(0.01)


@pytest.mark.django_db(transaction=True)
def test_events_of_many_at_once_follow_one_another() -> None:
    acme = an_organisation()

    def write() -> None:
        for _ in range(10):
            with within(acme):
                record(organisation=acme.pk, by=None, action="scan.requested")
            with within(acme):
                record(organisation=acme.pk, by=None, action="scan.cancelled")
                transaction.set_rollback(True)

    threads = [threading.Thread(target=in_its_own_connection, args=[write]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    found = events(acme.pk)
    assert [event.number for event in found] == list(range(1, 41))
    assert [one.hash for one in found[:-1]] == [one.previous_hash for one in found[1:]]
    assert sorted(event.at for event in found) == [event.at for event in found]
