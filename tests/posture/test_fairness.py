"""Whose scan is next: fair between organisations, under their ceilings, never twice, none left out."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import LazySettings, settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from posture import scans
from posture.models import Account, Organisation, Scan, database_now
from posture.models.tenancy import within
from posture.scans import Claim, claim, slots_full, take_back_overdue, waits_for, wake_next
from posture.tasks import run_scan
from tests.posture.rows import a_scan, an_account, an_organisation
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker() -> Iterator["redis.Redis"]:
    """The real broker, emptied."""
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()
        yield server
        server.flushdb()


@pytest.fixture
def queue(settings: LazySettings) -> dict[str, list[Scan]]:
    """Three organisations with 30, 3 and 1 scans; the largest asked first for all of its own."""
    settings.SCANS_PER_ORGANISATION, settings.LEASE_SECONDS = 100, 600
    sizes = {"Large": 30, "Middle": 3, "Small": 1}
    return {name: queued(an_organisation(name), number) for name, number in sizes.items()}


def queued(organisation: Organisation, number: int) -> list[Scan]:
    """Store that many queued scans, each of an account of its own, the first the oldest."""
    now = database_now()
    with within(organisation):
        accounts = Account.objects.bulk_create(
            Account(
                organisation=organisation, aws_account=f"{one:012}", label=f"{one}", state="connected",
                external_id="x",
            )
            for one in range(number)
        )  # fmt: skip
        return Scan.objects.bulk_create(
            Scan(
                organisation=organisation, account=account, trigger="manual",
                queued_at=now - timedelta(hours=1) + timedelta(seconds=one),
            )
            for one, account in enumerate(accounts)
        )  # fmt: skip


def any_of(queue: dict[str, list[Scan]]) -> Scan:
    """A scan that is still queued, as the message of one would name it."""
    return next(one for rows in queue.values() for one in rows if reread(one).state == "queued")


def reread(scan: Scan) -> Scan:
    with within(scan.organisation_id):
        return Scan.objects.get(pk=scan.pk)


def end(scan: Scan) -> None:
    with within(scan.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(state="done")


def whose(queue: dict[str, list[Scan]], found: Claim) -> str:
    """The name of the organisation that a claimed scan belongs to."""
    owners = {rows[0].organisation_id: name for name, rows in queue.items()}
    return owners[found.scan.organisation_id]


def taken(queue: dict[str, list[Scan]], number: int, *, ending: bool) -> list[str]:
    """Claim so often, and end each scan before the next claim or not; return whose they were."""
    order = []
    for _ in range(number):
        found = claim(any_of(queue).pk)
        assert found is not None
        order.append(whose(queue, found))
        if ending:
            end(found.scan)
    return order


@pytest.mark.parametrize("ending", [True, False], ids=["one worker", "many workers"])
def test_organisations_take_turns_however_much_one_of_them_asks_for(
    queue: dict[str, list[Scan]], ending: bool
) -> None:
    order = taken(queue, 34, ending=ending)
    assert set(order[:3]) == {"Large", "Middle", "Small"}
    assert Counter(order[:7]) == {"Large": 3, "Middle": 3, "Small": 1}
    assert Counter(order) == {"Large": 30, "Middle": 3, "Small": 1}
    assert claim(queue["Large"][0].pk) is None


def test_within_an_organisation_the_oldest_is_first(queue: dict[str, list[Scan]]) -> None:
    found = [claim(queue["Middle"][2].pk) for _ in range(5)]
    middle = [one.scan.pk for one in found if one and whose(queue, one) == "Middle"]
    assert middle == [one.pk for one in queue["Middle"][:2]]


def test_an_organisation_with_fewer_running_scans_goes_first(
    queue: dict[str, list[Scan]],
) -> None:
    for scan in queue["Small"] + queue["Middle"][:2]:
        with within(scan.organisation_id):
            Scan.objects.filter(pk=scan.pk).update(
                state="running", lease_until=database_now() + timedelta(minutes=1)
            )
    assert taken(queue, 3, ending=False) == ["Large", "Large", "Middle"]


@pytest.mark.parametrize("own", [None, 2])
def test_the_ceiling_is_kept_by_workers_that_claim_at_once(
    queue: dict[str, list[Scan]], settings: LazySettings, own: int | None
) -> None:
    settings.SCANS_PER_ORGANISATION = 100 if own else 2
    with within(queue["Large"][0].organisation_id):
        Organisation.objects.update(scans_at_once=own)
    named = queue["Large"][-1].pk
    found = [one for one in at_once(lambda: claim(named), times=8) if one is not None]
    names = Counter(whose(queue, one) for one in found)
    assert names["Large"] == 2
    assert len({one.scan.pk for one in found}) == len(found)
    assert names["Middle"] == (3 if own else 2)


def test_a_full_organisation_s_scans_wait_and_are_not_failed(
    queue: dict[str, list[Scan]], settings: LazySettings
) -> None:
    settings.SCANS_PER_ORGANISATION = 1
    running = [one for one in (claim(queue["Large"][-1].pk) for _ in range(3)) if one]
    assert len(running) == 3
    assert claim(queue["Large"][-1].pk) is None
    waiting = reread(queue["Large"][-1])
    with within(waiting.organisation_id):
        assert slots_full(waiting.organisation)
        assert waits_for(waiting, full=True) == "slot"
    assert waiting.state == "queued"
    end(next(one.scan for one in running if whose(queue, one) == "Large"))
    with within(waiting.organisation_id):
        assert not slots_full(waiting.organisation)
    following = claim(waiting.pk)
    assert following is not None
    assert following.scan.organisation_id == waiting.organisation_id


def test_a_lost_worker_s_scan_fills_no_slot_and_is_taken_again(
    account: Account, settings: LazySettings
) -> None:
    settings.SCANS_PER_ORGANISATION = 1
    scan = a_scan(account)
    assert claim(scan.pk) is not None
    with within(account.organisation_id):
        Scan.objects.update(lease_until=database_now() - timedelta(seconds=1))
    again = claim(scan.pk)
    assert again is not None
    assert again.fence == 2


def test_workers_that_get_the_same_message_run_no_scan_twice(
    queue: dict[str, list[Scan]],
) -> None:
    named = queue["Small"][0].pk
    found = [one for one in at_once(lambda: claim(named), times=6) if one is not None]
    assert len({one.scan.pk for one in found}) == len(found)
    assert {one.fence for one in found} == {1}


def test_claiming_takes_the_same_queries_and_little_for_a_thousand_scans(
    settings: LazySettings,
) -> None:
    few = queued(an_organisation("First"), 5)
    with CaptureQueriesContext(connection) as small:
        assert claim(few[-1].pk) is not None
    for number in range(200):
        queued(an_organisation(f"Company {number}"), 5)
    with CaptureQueriesContext(connection) as large:
        assert claim(few[-1].pk) is not None
    assert len(small) == len(large)
    assert len(large) <= 15


def test_a_worker_hands_on_the_message_of_a_scan_whose_turn_it_is_not(
    acme: Organisation, rival: Organisation, broker: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def note(found: Claim) -> None:
        ran.append(str(found.scan.pk))
        end(found.scan)

    monkeypatch.setattr(scans, "run", note)
    older = a_scan(an_account(rival, "999900001111"), queued_at=database_now() - timedelta(hours=1))
    named = a_scan(an_account(acme))
    run_scan(str(named.pk))
    assert ran == [str(older.pk)]
    messages = [str(one) for one in broker.lrange("scan", 0, -1)]
    assert len(messages) == 2
    assert all(str(named.pk) in one for one in messages)
    run_scan(str(named.pk))
    run_scan(str(named.pk))
    assert ran == [str(older.pk), str(named.pk)]


def test_when_nothing_waits_nobody_is_woken(account: Account, broker: "redis.Redis") -> None:
    assert not wake_next()
    scan = a_scan(account, retry_at=database_now() + timedelta(hours=1))
    assert not wake_next()
    with within(account.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(retry_at=database_now())
    assert wake_next()
    assert broker.llen("scan") == 1


def test_a_scan_is_published_once_when_its_next_try_has_come(
    account: Account, broker: "redis.Redis"
) -> None:
    now = database_now()
    fields = {"published_at": now - timedelta(seconds=5), "reason_code": "throttled", "attempt": 1}
    scan = a_scan(account, retry_at=now + timedelta(hours=1), **fields)
    assert (take_back_overdue(), claim(scan.pk)) == (0, None)
    with within(account.organisation_id):
        Scan.objects.filter(pk=scan.pk).update(retry_at=now - timedelta(seconds=1))
    assert (take_back_overdue(), take_back_overdue()) == (1, 0)
    assert broker.llen("scan") == 1
    found = claim(scan.pk)
    assert found is not None
    assert found.scan.attempt == 2
