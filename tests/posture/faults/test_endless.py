"""An account that answers for ever: the time limit ends its scan, and the worker goes on.

The messages of these tests bring limits of seconds along, in place of the half hour of the settings.
"""

from typing import TYPE_CHECKING

import pytest

from posture.celery import app
from posture.models import Account, Finding, Scan
from posture.models.tenancy import within
from sandbox.aws.faults import Fault
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_recorded_once,
    is_over,
    reread,
)
from tests.posture.rows import a_scan, an_organisation
from tests.posture.workers import Worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "777788880000"


def send(scan: Scan, *, soft: int, hard: int) -> None:
    """Hand a scan to the worker: after so many seconds it is asked to end, and then ended."""
    with app.connection_for_write() as connection:
        app.send_task(
            "posture.run_scan",
            args=[str(scan.pk)],
            connection=connection,
            soft_time_limit=soft,
            time_limit=hard,
        )


def assert_worker_goes_on(aws: "FakeAws", worker: Worker) -> None:
    scan = ask(a_small_seller(aws, an_organisation("Patient"), OTHER))
    wait_until(is_over(scan), worker.last_words)
    assert_recorded_once(scan)


def test_an_account_that_answers_slowly_for_ever_fails_with_the_reason(
    aws: "FakeAws", plain: Account, worker: Worker
) -> None:
    aws.inject(Fault(kind="latency", seconds=2, action="[!s]*", account=plain.aws_account))
    scan = a_scan(plain)
    send(scan, soft=5, hard=60)
    wait_until(lambda: not reread(scan).is_active, worker.last_words)
    row = reread(scan)
    assert (row.state, row.reason_code, row.attempt) == ("failed", "too_long", 1)
    assert row.snapshot is None
    with within(plain.organisation_id):
        assert not Finding.objects.exists()
        plain.refresh_from_db()
    assert plain.state_reason == row.reason
    assert_worker_goes_on(aws, worker)


def test_a_child_that_does_not_hear_its_limit_is_ended_and_its_scan_run_again(
    aws: "FakeAws", plain: Account, worker: Worker
) -> None:
    """Calls that hang keep the child from ending in time, so the worker ends the child."""
    aws.inject(Fault(kind="latency", seconds=60, action="[!s]*"))
    scan = a_scan(plain)
    (child,) = worker.children()
    send(scan, soft=4, hard=5)
    wait_until(lambda: child not in worker.children(), worker.last_words)
    assert (reread(scan).state, reread(scan).attempt) == ("running", 1)
    aws.clear_faults()
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).attempt == 2
    assert_recorded_once(scan)
