"""The life of a scan in the database: asked for once, claimed once, taken back, given up."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db.models import F

from posture.celery import app
from posture.models import Account, Organisation, Scan, Schedule, database_now
from posture.models.tenancy import within
from posture.scans import (
    NotConnectedError,
    claim,
    request_scan,
    run,
    start_due,
    take_back_overdue,
)
from posture.tasks import run_scan
from tests.posture.reports import a_claimed_scan
from tests.posture.rows import a_member, a_scan, an_account
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    """The real broker, emptied."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


def published(broker: "redis.Redis") -> int:
    return int(broker.llen("scan"))


def ask(account: Account, trigger: str = "manual") -> tuple[Scan, bool]:
    with within(account.organisation_id):
        return request_scan(account=account, by=None, trigger=trigger)


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def age(scan: Scan, **fields: timedelta) -> None:
    """Move moments of a scan into the past."""
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(
            **{name: database_now() - by for name, by in fields.items()}
        )


def test_a_request_queues_a_scan_and_publishes_its_id_when_it_commits(
    account: Account, broker: "redis.Redis"
) -> None:
    alice = a_member(account.organisation)
    with within(account.organisation_id):
        scan, created = request_scan(account=account, by=alice, trigger="manual")
        assert published(broker) == 0
    assert (created, scan.state, scan.requested_by) == (True, "queued", alice)
    assert published(broker) == 1
    assert str(scan.pk) in str(broker.lindex("scan", 0))


def test_asking_again_gives_the_scan_that_is_on_its_way(
    account: Account, broker: "redis.Redis"
) -> None:
    first, _ = ask(account)
    second, created = ask(account)
    assert (second.pk, created) == (first.pk, False)
    assert published(broker) == 1


def test_two_people_asking_at_once_start_one_scan(account: Account) -> None:
    answers = at_once(lambda: ask(account), times=4)
    assert len({scan.pk for scan, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1


@pytest.mark.parametrize("state", ["pending", "paused", "disconnected"])
def test_only_a_connected_account_is_scanned(acme: Organisation, state: str) -> None:
    with pytest.raises(NotConnectedError, match=state):
        ask(an_account(acme, state=state))


def test_two_workers_claim_a_scan_once(account: Account) -> None:
    scan = a_scan(account)
    claims = at_once(lambda: claim(scan.pk), times=4)
    assert [found is None for found in claims].count(False) == 1
    row = reread(scan)
    assert (row.state, row.attempt, row.fence) == ("running", 1, 1)
    assert row.lease_until is not None
    assert row.lease_until > database_now()


@pytest.mark.parametrize("state", ["done", "partial", "failed", "cancelled"])
def test_a_scan_that_is_over_is_not_claimed(account: Account, state: str) -> None:
    assert claim(a_scan(account, state=state).pk) is None


def test_a_running_scan_is_claimed_again_only_when_its_lease_is_over(account: Account) -> None:
    scan = a_claimed_scan(account)
    assert claim(scan.pk) is None
    age(scan, lease_until=timedelta(seconds=1))
    again = claim(scan.pk)
    assert again is not None
    assert (again.fence, again.scan.attempt) == (2, 2)


def test_the_beat_of_a_worker_that_lost_the_scan_fails(account: Account) -> None:
    scan = a_claimed_scan(account)
    with within(account.organisation_id):
        assert scan.beat(fence=1)
    age(scan, lease_until=timedelta(seconds=1))
    assert claim(scan.pk) is not None
    with within(account.organisation_id):
        assert not scan.beat(fence=1)
        assert scan.beat(fence=2)


def test_a_queued_scan_that_nobody_took_for_a_minute_is_published_again(
    account: Account, broker: "redis.Redis"
) -> None:
    scan, _ = ask(account)
    broker.flushdb()
    assert take_back_overdue() == 0
    age(scan, published_at=timedelta(seconds=61))
    assert take_back_overdue() == 1
    assert take_back_overdue() == 0
    assert published(broker) == 1


def test_a_scan_whose_worker_was_lost_is_published_again_once(
    account: Account, broker: "redis.Redis"
) -> None:
    scan = a_claimed_scan(account)
    assert take_back_overdue() == 0
    age(scan, lease_until=timedelta(seconds=1), queued_at=timedelta(seconds=5))
    assert take_back_overdue() == 1
    assert take_back_overdue() == 0
    assert published(broker) == 1
    assert claim(scan.pk) is not None


def test_a_scan_that_lost_three_workers_fails_and_says_so(account: Account) -> None:
    scan = a_claimed_scan(account)
    for _ in range(2):
        age(scan, lease_until=timedelta(seconds=1))
        assert claim(scan.pk) is not None
    age(scan, lease_until=timedelta(seconds=1))
    assert claim(scan.pk) is None
    assert take_back_overdue() == 1
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("failed", "worker_lost", 3)
    assert "three times" in row.reason
    with within(account.organisation_id):
        assert not row.beat(fence=3)


def test_taking_back_from_several_places_at_once_does_it_once(
    account: Account, broker: "redis.Redis"
) -> None:
    scan = a_claimed_scan(account)
    age(scan, lease_until=timedelta(seconds=1), queued_at=timedelta(seconds=5))
    assert sum(at_once(take_back_overdue, times=3)) == 1
    assert published(broker) == 1


def test_scans_of_every_organisation_are_taken_back(
    acme: Organisation, rival: Organisation, broker: "redis.Redis"
) -> None:
    for organisation, number in ((acme, "111122223333"), (rival, "999900001111")):
        age(a_scan(an_account(organisation, number)), queued_at=timedelta(minutes=5))
    assert take_back_overdue() == 2


@pytest.mark.parametrize("text", ["nonsense", "", "1", "00000000-0000-4000-8000-000000000000"])
def test_a_forged_message_starts_nothing(account: Account, text: str) -> None:
    scan = a_scan(account)
    run_scan(text)
    assert reread(scan).state == "queued"


def test_a_message_for_a_scan_that_is_over_changes_nothing(account: Account) -> None:
    scan = a_scan(account, state="done")
    run_scan(str(scan.pk))
    assert (reread(scan).state, reread(scan).attempt) == ("done", 0)


@pytest.fixture
def due(account: Account) -> Schedule:
    """A daily schedule whose moment came three hours ago."""
    with within(account.organisation_id):
        return Schedule.objects.create(
            organisation_id=account.organisation_id,
            account=account,
            preset="daily",
            zone="Europe/Berlin",
            next_run=database_now() - timedelta(hours=3),
        )


def scans_of(account: Account) -> list[str]:
    with within(account.organisation_id):
        return list(Scan.objects.filter(account=account).values_list("trigger", flat=True))


def test_a_due_schedule_starts_one_scan_and_moves_on(account: Account, due: Schedule) -> None:
    assert start_due() == 1
    assert start_due() == 0
    assert scans_of(account) == ["schedule"]
    with within(account.organisation_id):
        due.refresh_from_db()
    assert due.next_run is not None
    assert due.last_run is not None
    assert due.next_run > database_now()


def test_several_ticks_at_once_take_a_slot_once(account: Account, due: Schedule) -> None:
    assert sum(at_once(start_due, times=4)) == 1
    assert scans_of(account) == ["schedule"]


def test_missed_runs_are_caught_up_once(account: Account, due: Schedule) -> None:
    with within(account.organisation_id):
        Schedule.objects.update(next_run=F("next_run") - timedelta(days=30))
    assert start_due() == 1
    assert start_due() == 0
    assert scans_of(account) == ["schedule"]


def test_the_slot_of_an_account_that_is_being_scanned_is_used_up(
    account: Account, due: Schedule
) -> None:
    ask(account)
    assert start_due() == 1
    assert scans_of(account) == ["manual"]


def test_the_slot_of_a_paused_account_is_used_up_without_a_scan(
    account: Account, due: Schedule
) -> None:
    with within(account.organisation_id):
        Account.objects.update(state="paused")
    assert start_due() == 1
    assert start_due() == 0
    assert scans_of(account) == []


def test_a_broken_schedule_does_not_hold_up_the_others(
    account: Account, due: Schedule, rival: Organisation
) -> None:
    with within(account.organisation_id):
        Schedule.objects.update(zone="Atlantis/Capital")
    other = an_account(rival, "999900001111")
    with within(rival):
        Schedule.objects.create(
            organisation=rival, account=other, next_run=database_now() - timedelta(hours=1)
        )
    assert start_due() == 1
    assert (scans_of(account), scans_of(other)) == ([], ["schedule"])


def test_nothing_is_lost_when_the_broker_is_away(account: Account, broker: "redis.Redis") -> None:
    before = app.conf["broker_write_url"]
    app.conf["broker_write_url"] = "redis://127.0.0.1:1/0"
    try:
        scan, created = ask(account)
    finally:
        app.conf["broker_write_url"] = before
    assert created
    assert published(broker) == 0
    age(scan, published_at=timedelta(seconds=61))
    assert take_back_overdue() == 1
    assert published(broker) == 1


def test_an_account_that_was_disconnected_meanwhile_fails_its_scan(account: Account) -> None:
    scan = a_scan(account)
    with within(account.organisation_id):
        Account.objects.update(state="disconnected")
    taken = claim(scan.pk)
    assert taken is not None
    run(taken)
    assert (reread(scan).state, reread(scan).reason_code) == ("failed", "not_connected")
