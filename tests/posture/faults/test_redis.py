"""Redis forgets everything, dies and falls silent while scans wait: each ends, and runs once.

FAULT_SCANS says how many scans wait and FAULT_SECONDS how long Redis is silent; `bin/long redis`
takes 200 scans and a minute.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import LazySettings

from sandbox.valkey import Valkey
from tests.posture.faults.holding import Call, Held
from tests.posture.faults.moments import LAST
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_recorded_once,
    reread,
    wait_for_all,
)
from tests.posture.rows import an_organisation
from tests.posture.workers import Worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

SCANS = int(os.environ.get("FAULT_SCANS", "4"))
SILENT_SECONDS = float(os.environ.get("FAULT_SECONDS", "1"))
ORGANISATIONS = 4
PATIENCE_SECONDS = max(1.0, SCANS * 0.15)
"""What waits is published again so often; each second would drown a worker in 200 messages."""


@contextmanager
def silent(server: Valkey) -> Iterator[None]:
    """It holds its connections, takes new ones and says nothing, as one that hangs does."""
    os.kill(server.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.child.pid, signal.SIGCONT)


def test_scans_that_wait_survive_whatever_happens_to_redis(
    fake_aws: "FakeAws",
    worker: Worker,
    broker: "redis.Redis",
    own_broker: Valkey,
    settings: LazySettings,
) -> None:
    settings.REPUBLISH_SECONDS = PATIENCE_SECONDS
    companies = [an_organisation(f"Company {number}") for number in range(ORGANISATIONS)]
    sellers = [
        a_small_seller(fake_aws, companies[number % ORGANISATIONS], f"{number:012}")
        for number in range(1, SCANS + 1)
    ]
    with Held(worker.last_words) as held:
        held.hold(Call(fake_aws, LAST))
        scans = [ask(one) for one in sellers[:-1]]
        held.wait()
        broker.flushall()
    wait_for_all(scans[: SCANS // 3], worker.last_words)
    own_broker.restart()
    wait_for_all(scans[: SCANS // 2], worker.last_words)
    with Held(worker.last_words) as held:
        held.hold(Call(fake_aws, LAST))
        held.wait()
        told = worker.listen()
        with silent(own_broker):
            scans.append(ask(sellers[-1]))
            assert reread(scans[-1]).state == "queued"
            held.let_go()  # a scan ends whose message cannot be acknowledged
            wait_until(lambda: told("onnection to broker lost"), worker.last_words)
            time.sleep(SILENT_SECONDS)
    wait_for_all(scans, worker.last_words)
    assert {reread(one).attempt for one in scans} == {1}
    for scan in scans:
        assert_recorded_once(scan)
    assert fake_aws.count_calls("sts:AssumeRole") == {"sts:AssumeRole": SCANS}
