"""Redis forgets everything, dies and falls silent while scans wait: each ends, and runs once.

FAULT_SCANS says how many scans wait and FAULT_SECONDS how long Redis is silent; `bin/long redis`
takes 200 scans and a minute.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings

from posture.models import Account
from sandbox.valkey import Valkey, valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.holding import Call, Held
from tests.posture.faults.moments import LAST
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_recorded_once,
    is_over,
    reread,
    wait_for_all,
)
from tests.posture.faults.trees import with_links
from tests.posture.rows import an_organisation
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

SCANS = int(os.environ.get("FAULT_SCANS", "4"))
SILENT_SECONDS = float(os.environ.get("FAULT_SECONDS", "2"))
ORGANISATIONS = 4
PATIENT, IMPATIENT = '"socket_timeout": 30', '"socket_timeout": 1'


@contextmanager
def silent(server: Valkey) -> Iterator[None]:
    """It holds its connections, takes new ones and says nothing, as one that hangs does."""
    os.kill(server.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.child.pid, signal.SIGCONT)


def test_scans_that_wait_survive_whatever_happens_to_redis(
    fake_aws: "FakeAws", worker: Worker, broker: "redis.Redis", own_broker: Valkey
) -> None:
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
        with silent(own_broker):
            scans.append(ask(sellers[-1]))
            assert reread(scans[-1]).state == "queued"
            held.let_go()  # a scan ends whose message cannot be acknowledged
            time.sleep(SILENT_SECONDS)
    wait_for_all(scans, worker.last_words)
    assert {reread(one).attempt for one in scans} == {1}
    for scan in scans:
        assert_recorded_once(scan)
    assert fake_aws.count_calls("sts:AssumeRole") == {"sts:AssumeRole": SCANS}


def test_a_worker_goes_on_when_redis_was_silent_while_a_message_was_acknowledged(
    aws: "FakeAws",
    seller: Account,
    broker: "redis.Redis",
    worker_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """With a second of patience in place of the half minute of the settings."""
    with valkey() as server:
        tree = an_impatient_version(tmp_path / "impatient")
        environment = worker_environment | {"REDIS_URL": server.url()}
        with publishing_to(server.url()), a_worker(tmp_path, environment, tree) as worker:
            told = worker.listen()
            with Held(worker.last_words) as held:
                held.hold(Call(aws, LAST))
                first = ask(seller)
                held.wait()
                with silent(server):
                    held.let_go()
                    wait_until(lambda: told("onnection to broker lost"), worker.last_words)
            again = ask(seller)
            wait_until(is_over(again), worker.last_words)
    assert_recorded_once(first)
    assert (reread(again).state, reread(again).attempt) == ("done", 1)


def an_impatient_version(tree: Path) -> Path:
    root = Path(settings.BASE_DIR)
    with_links(tree, root, but="posture")
    with_links(tree / "posture", root / "posture", but="settings.py")
    text = (root / "posture" / "settings.py").read_text()
    assert PATIENT in text
    (tree / "posture" / "settings.py").write_text(text.replace(PATIENT, IMPATIENT))
    return tree
