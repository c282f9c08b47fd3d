"""PostgreSQL goes away while a scan is recorded, read or claimed, and comes back.

Every day its connections are cut and refused for a while. FAULT_RESTARTS says how often a server
of the test's own is stopped, and killed, besides; `bin/long database` does each five times.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from posture.enqueue import publish
from posture.models import Account
from sandbox.postgres import Postgres
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.holding import EVENTS, Call, Held, Lock
from tests.posture.faults.moments import LAST
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_nothing_doubled,
    assert_recorded_once,
    is_over,
    reread,
    scanned,
    wait_for_all,
)
from tests.posture.faults.servers import no_connections, own_server
from tests.posture.rows import a_scan, an_organisation
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

RESTARTS = int(os.environ.get("FAULT_RESTARTS", "0"))
HOW = ("cut off", "stopped", "killed") if RESTARTS else ("cut off",)
TURNS = max(1, RESTARTS)
MORE_THAN_A_LEASE = 3.5
LEFT = "end of the scan not written"


@dataclass
class Ground:
    """A worker, and what ends the connections of everybody to the database for a while."""

    worker: Worker
    outage: Callable[[], AbstractContextManager[object]]
    ends: bool
    """Whether the database is there again before the worker can say anything."""


@pytest.fixture(params=HOW)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """The database that every test uses, or a server that only this one has."""
    if request.param == "cut off":
        yield Ground(request.getfixturevalue("worker"), no_connections, ends=False)
        return
    tmp_path, broker = request.getfixturevalue("tmp_path"), request.getfixturevalue("own_broker")
    elsewhere = {"REDIS_URL": broker.url(2)}
    environment = request.getfixturevalue("worker_environment") | elsewhere
    crash = request.param == "killed"
    with (
        publishing_to(elsewhere["REDIS_URL"]),
        own_server(tmp_path / "kept") as server,
        a_worker(tmp_path, environment) as worker,
    ):
        yield Ground(worker, lambda: restarted(server, crash=crash), ends=True)


def restarted(server: Postgres, *, crash: bool) -> AbstractContextManager[object]:
    connection.close()
    server.restart(crash=crash)
    return nullcontext()


@pytest.mark.parametrize("turn", range(TURNS))
def test_a_scan_whose_record_is_cut_off_is_recorded_by_the_next_attempt(
    aws: "FakeAws", ground: Ground, turn: int
) -> None:
    worker = ground.worker
    told = worker.listen()
    seller = a_small_seller(aws, an_organisation("Larkfield"))
    others = [a_small_seller(aws, seller.organisation, f"{one:012}") for one in range(1, TURNS)]
    before = [scanned(one) for one in others]
    with Held(worker.last_words) as held:
        held.hold(Call(aws, LAST))
        scans = [ask(one) for one in (seller, *others)]
        held.lead_to(Lock(EVENTS, {}))
        held.wait()
        with ground.outage():
            wait_until(lambda: ground.ends or told(LEFT), worker.last_words)
    wait_for_all(scans, worker.last_words)
    assert [reread(one).state for one in before] == ["done"] * len(others)
    assert reread(scans[0]).attempt == 2
    assert_recorded_once(scans[0])
    for one in others:
        assert_nothing_doubled(one)


def test_a_scan_that_cannot_keep_its_lease_stops_and_is_run_again(
    aws: "FakeAws", plain: Account, worker: Worker
) -> None:
    told = worker.listen()
    with Held(worker.last_words) as held:
        held.hold(Call(aws, LAST))
        scan = ask(plain)
        held.wait()
        with no_connections():
            time.sleep(MORE_THAN_A_LEASE)
            held.let_go()
            wait_until(lambda: told("scan was taken over") or told(LEFT), worker.last_words)
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).attempt == 2
    assert_recorded_once(scan)


def test_a_short_outage_while_the_account_is_read_costs_no_attempt(
    aws: "FakeAws", plain: Account, worker: Worker
) -> None:
    told = worker.listen()
    with Held(worker.last_words) as held:
        held.hold(Call(aws, LAST))
        scan = ask(plain)
        held.wait()
        with no_connections():
            wait_until(lambda: told("heartbeat failed"), worker.last_words)
        held.let_go()
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).attempt == 1
    assert_recorded_once(scan)


def test_a_message_that_comes_while_every_connection_is_taken_is_sent_again(
    aws: "FakeAws", plain: Account, worker: Worker
) -> None:
    told = worker.listen()
    scan = a_scan(plain)
    with no_connections():
        publish("posture.run_scan", scan.pk)
        wait_until(lambda: told("OperationalError"), worker.last_words)
    assert (reread(scan).state, reread(scan).attempt) == ("queued", 0)
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).attempt == 1
    assert_recorded_once(scan)
