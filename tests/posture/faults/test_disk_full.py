"""The disk of the snapshot store is full: nothing is recorded, nothing is left half, and it heals.

Every day the worker's child may write no file above 4 KiB. FAULT_DISKS=1 adds a file system of
64 KiB, for which one has to be root; `bin/long disk` does.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings

from posture.models import Account, Finding, StoredSnapshot, database_now
from posture.models.tenancy import within
from posture.scans.stores import ASIDE
from tests.posture.faults.scans import ask, assert_recorded_once, is_over, reread
from tests.posture.store import files_in
from tests.posture.workers import Worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST = 4096


def test_a_snapshot_that_does_not_fit_is_kept_by_a_later_attempt(
    aws: "FakeAws", seller: Account, worker: Worker
) -> None:
    folder = Path(django_settings.SNAPSHOT_DIR)
    (child,) = worker.children()
    before = resource.prlimit(child, resource.RLIMIT_FSIZE)
    resource.prlimit(child, resource.RLIMIT_FSIZE, (LARGEST, before[1]))
    known = files_in(folder)
    scan = ask(seller)
    wait_until(lambda: reread(scan).retry_at is not None, worker.last_words)
    row = reread(scan)
    assert (row.state, row.attempt, row.reason_code) == ("queued", 1, "snapshot_not_kept")
    assert "(File too large)" in row.reason
    assert files_in(folder) == known
    with within(seller.organisation_id):
        assert not Finding.objects.exists()
    resource.prlimit(child, resource.RLIMIT_FSIZE, before)
    wait_until(is_over(scan), worker.last_words)
    assert reread(scan).attempt > 1
    assert_recorded_once(scan)
