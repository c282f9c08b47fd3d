"""Beat is away for a day: what was due is caught up once, what was lost is taken back, no more."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import LazySettings
from django.db.models import F

from posture.models import Account, Organisation, Scan, Schedule, database_now
from posture.models.tenancy import within
from posture.scans import claim
from posture.tasks import tick
from sandbox.valkey import Valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.rows import a_scan, an_account

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
ACCOUNTS = 12


@pytest.fixture
def accounts(acme: Organisation, rival: Organisation) -> list[Account]:
    """Accounts of two organisations that are scanned every hour, since a day ago."""
    made = [
        an_account((acme, rival)[number % 2], f"{number:012}") for number in range(1, ACCOUNTS + 1)
    ]
    for account in made:
        with within(account.organisation_id):
            Schedule.objects.create(
                organisation_id=account.organisation_id,
                account=account,
                preset="hourly",
                next_run=database_now() - DAY,
            )
    return made


@pytest.fixture
def broker(own_broker: Valkey, settings: LazySettings) -> Iterator["redis.Redis"]:
    """A database of the tests' own server that no worker listens to."""
    settings.REPUBLISH_SECONDS = 60
    url = own_broker.url(1)
    with publishing_to(url), redis.Redis.from_url(url) as server:
        server.flushdb()
        yield server
        server.flushdb()


def scans_of(account: Account) -> list[tuple[str, str]]:
    with within(account.organisation_id):
        rows = Scan.objects.filter(account=account).order_by("queued_at")
        return list(rows.values_list("trigger", "state"))


def test_a_day_without_beat_is_caught_up_with_one_scan_for_each_account(
    accounts: list[Account], broker: "redis.Redis"
) -> None:
    lost, waiting = a_scan(accounts[0]), a_scan(accounts[1])
    assert claim(lost.pk) is not None
    for scan in (lost, waiting):
        with within(scan.organisation_id):
            Scan.objects.filter(pk=scan.pk).update(
                queued_at=F("queued_at") - DAY, lease_until=F("lease_until") - DAY
            )
    broker.flushdb()
    tick()
    tick()
    manual = [("manual", "running"), ("manual", "queued")]
    assert [scans_of(one) for one in accounts[:2]] == [[one] for one in manual]
    assert [scans_of(one) for one in accounts[2:]] == [[("schedule", "queued")]] * (ACCOUNTS - 2)
    named = [str(message) for message in broker.lrange("scan", 0, -1)]
    queued = []
    for account in accounts:
        with within(account.organisation_id):
            (scan,) = Scan.objects.filter(account=account)
            schedule = Schedule.objects.get(account=account)
        queued.append(scan.pk)
        assert sum(str(scan.pk) in message for message in named) == 1
        assert schedule.next_run is not None
        assert database_now() < schedule.next_run <= database_now() + timedelta(hours=1)
    taken = [claim(one) for one in queued * 2]
    assert {one.scan.pk for one in taken if one is not None} == set(queued)
    assert len([one for one in taken if one is not None]) == ACCOUNTS
