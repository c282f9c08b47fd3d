"""All workers are killed at once, with scans under way and one waiting: each is done once."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from posture.models import Account
from sandbox.aws.faults import Fault
from sandbox.valkey import Valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_recorded_once,
    reread,
    wait_for_all,
)
from tests.posture.rows import an_organisation
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

BRIGHTWATER = "444455556666"
HELD_UP = "sqs:ListQueues"


def test_scans_of_workers_that_all_die_are_done_once_by_the_next(
    aws: "FakeAws",
    seller: Account,
    plain: Account,
    worker: Worker,
    own_broker: Valkey,
    worker_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """Two workers with a scan each hear of them on a broker of their own; a third scan waits."""
    aws.seed("brightwater")
    third = a_small_seller(aws, an_organisation("Brightwater"), BRIGHTWATER)
    elsewhere = own_broker.url(1)
    environment = worker_environment | {"REDIS_URL": elsewhere}
    aws.inject(Fault(kind="latency", action=HELD_UP, seconds=60))
    with (
        publishing_to(elsewhere),
        a_worker(tmp_path, environment) as one,
        a_worker(tmp_path, environment) as other,
    ):
        scans = [ask(account) for account in (seller, plain, third)]
        wait_until(
            lambda: [reread(scan).state for scan in scans].count("running") == len((one, other)),
            one.last_words,
        )
        one.end()
        other.end()
    states = sorted(reread(scan).state for scan in scans)
    aws.clear_faults()
    wait_for_all(scans, worker.last_words)
    assert states == ["queued", "running", "running"]
    assert sorted(reread(scan).attempt for scan in scans) == [1, 2, 2]
    for scan in scans:
        assert_recorded_once(scan)
