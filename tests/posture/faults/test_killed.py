"""A worker is killed at a chosen moment: nothing is lost, nothing doubled, whoever comes next.

FAULT_MOMENTS says how many of the moments are tried; `bin/long kills` tries all of them, with the
child of a worker and with the whole worker.
"""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from posture.models import Account, Finding, FindingEvent, Leased, Rejudgement, Scan
from posture.models.tenancy import within
from sandbox.valkey import Valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.moments import MOMENTS, Moment, standing_at
from tests.posture.faults.scans import assert_nothing_doubled, assert_recorded_once, tick
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

TRIED = MOMENTS[: int(os.environ.get("FAULT_MOMENTS", "3"))]
CASES = [
    (moment, whole)
    for whole in ("a child", "a whole worker")
    for moment in (TRIED if whole == "a child" or TRIED == MOMENTS else ())
]
"""Every day tests/posture/test_worker.py kills a whole worker; starting one takes seconds."""


def reread(work: Leased) -> Leased:
    with within(work.organisation_id):
        return type(work)._default_manager.get(pk=work.pk)


def is_over(work: Leased) -> bool:
    tick()
    return not reread(work).is_active


def assert_done_once(work: Leased, moment: Moment, account: Account) -> None:
    row = reread(work)
    assert (row.state, row.attempt, row.fence) == ("done", moment.attempts, moment.attempts)
    assert row.lease_until is None
    if isinstance(row, Scan):
        assert_recorded_once(row)
    assert_nothing_doubled(account)
    with within(account.organisation_id):
        kinds = FindingEvent.objects.values_list("kind", flat=True)
        assert list(kinds) == ["opened"] * Finding.objects.count()
        judged = Rejudgement.objects.filter(score_point__isnull=False)
        assert judged.count() == isinstance(row, Rejudgement)


@pytest.mark.parametrize(("moment", "who"), CASES, ids=lambda one: getattr(one, "name", one))
def test_work_is_done_once_though_its_worker_is_killed_while(
    moment: Moment,
    who: str,
    aws: "FakeAws",
    seller: Account,
    worker: Worker,
    own_broker: Valkey,
    worker_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """A whole worker hears of the work alone, and the one that stands by finishes it."""
    elsewhere = own_broker.url(1)
    if who == "a child":
        with standing_at(moment, aws, seller, worker) as work:
            (child,) = worker.children()
            os.kill(child, signal.SIGKILL)
        wait_until(lambda: child not in worker.children(), worker.last_words)
    else:
        with (
            a_worker(tmp_path, worker_environment | {"REDIS_URL": elsewhere}) as killed,
            publishing_to(elsewhere),
            standing_at(moment, aws, seller, killed) as work,
        ):
            killed.end()
    wait_until(lambda: is_over(work), worker.last_words)
    assert_done_once(work, moment, seller)
