"""Beats: several at once, one that was off, and clocks that jump; every slot gives one scan."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db.models import F

from posture.models import Account, Scan, Schedule, database_now
from posture.models.tenancy import within
from posture.scans import start_due
from tests.posture.rows import an_organisation
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ORGANISATIONS = 20
ACCOUNTS = int(os.environ.get("BEATS_ACCOUNTS", "5"))
"""Of each organisation: a hundred slots in all, a thousand with 50 for a long run."""


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    """The real broker, emptied afterwards."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.flushdb()


def due(organisations: int, accounts: int) -> list[Account]:
    """Store connected accounts whose daily slot has come, and return them."""
    moment = database_now() - timedelta(minutes=5)
    made: list[Account] = []
    for number in range(organisations):
        organisation = an_organisation(f"Company {number}")
        with within(organisation):
            rows = Account.objects.bulk_create(
                Account(
                    organisation=organisation, aws_account=f"{one:012}", label=f"{one}",
                    external_id="x", state="connected",
                )
                for one in range(accounts)
            )  # fmt: skip
            Schedule.objects.bulk_create(
                Schedule(organisation=organisation, account=row, preset="daily", next_run=moment)
                for row in rows
            )
        made += rows
    return made


def scans_by_account(accounts: list[Account]) -> Counter[str]:
    """How many scans each account has, over all organisations."""
    found: Counter[str] = Counter()
    for organisation in {one.organisation_id for one in accounts}:
        with within(organisation):
            found.update(str(one) for one in Scan.objects.values_list("account_id", flat=True))
    return found


def everywhere(accounts: list[Account], **changes: object) -> None:
    """Change the schedules of all organisations, after ending their scans."""
    for organisation in {one.organisation_id for one in accounts}:
        with within(organisation):
            Scan.objects.update(state="done")
            if changes:
                Schedule.objects.update(**changes)


def test_two_and_then_four_beats_take_each_slot_once() -> None:
    accounts = due(ORGANISATIONS, ACCOUNTS)
    assert sum(at_once(start_due, times=2)) == len(accounts)
    assert scans_by_account(accounts) == {str(one.pk): 1 for one in accounts}
    everywhere(accounts, next_run=database_now() - timedelta(minutes=1))
    assert sum(at_once(start_due, times=4)) == len(accounts)
    assert scans_by_account(accounts) == {str(one.pk): 2 for one in accounts}
    assert start_due() == 0


def test_a_beat_that_was_off_for_hours_catches_up_once() -> None:
    accounts = due(1, 3)
    everywhere(accounts, preset="hourly", next_run=F("next_run") - timedelta(hours=3))
    assert (start_due(), start_due()) == (3, 0)
    assert set(scans_by_account(accounts).values()) == {1}
    with within(accounts[0].organisation_id):
        for schedule in Schedule.objects.all():
            assert schedule.next_run is not None
            assert database_now() < schedule.next_run <= database_now() + timedelta(hours=1)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_jumps_after_a_slot_and_back_neither_doubles_nor_loses_it(
    jump: timedelta,
) -> None:
    """Moments in the database move the other way, which is what the jump looks like from there."""
    accounts = due(1, 2)
    assert start_due() == 2
    half_an_hour = database_now() + timedelta(minutes=30)
    everywhere(accounts, next_run=half_an_hour - jump)
    first = start_due()
    with within(accounts[0].organisation_id):
        after = dict(Schedule.objects.values_list("account_id", "next_run"))
    assert all(one is not None and one > database_now() for one in after.values())
    everywhere(accounts, next_run=F("next_run") + jump)
    assert start_due() == 0
    everywhere(accounts, next_run=half_an_hour - timedelta(hours=1))
    assert start_due() == 2
    assert first == (2 if jump > timedelta(0) else 0)
    assert set(scans_by_account(accounts).values()) == {3 if first else 2}
