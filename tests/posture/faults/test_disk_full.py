"""The disk of the snapshot store is full: nothing is recorded, nothing is left half, and it heals.

Every day the worker's child may write no file above 4 KiB. FAULT_DISKS adds a file system of 64
KiB, for which one has to be root; `bin/long disk` does.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings

from posture.models import Account, Finding
from posture.models.tenancy import within
from sandbox.valkey import Valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.scans import ask, assert_recorded_once, is_over, reread
from tests.posture.store import a_store, files_in
from tests.posture.workers import Worker, a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST = 4096
DISKS = ("a limit", "a file system") if "FAULT_DISKS" in os.environ else ("a limit",)


@dataclass
class Disk:
    """A store without room, and a worker that keeps its snapshots there."""

    worker: Worker
    folder: Path
    words: str
    """What the system says of it."""
    make_room: Callable[[], object]


@pytest.fixture(params=DISKS)
def disk(request: pytest.FixtureRequest, worker: Worker, settings: LazySettings) -> Iterator[Disk]:
    """Either the worker may write no large file, or there is no space left."""
    if request.param == "a limit":
        with small_files(worker) as lift:
            yield Disk(worker, Path(settings.SNAPSHOT_DIR), "File too large", lift)
        return
    tmp_path: Path = request.getfixturevalue("tmp_path")
    broker: Valkey = request.getfixturevalue("own_broker")
    elsewhere = {"REDIS_URL": broker.url(4), "SNAPSHOT_DIR": str(tmp_path / "disk")}
    environment = request.getfixturevalue("worker_environment") | elsewhere
    a_store(settings, location=tmp_path / "disk")
    with (
        full_disk(tmp_path / "disk") as empty,
        publishing_to(elsewhere["REDIS_URL"]),
        a_worker(tmp_path, environment) as other,
    ):
        yield Disk(other, tmp_path / "disk", "No space left on device", empty)


@contextmanager
def small_files(worker: Worker) -> Iterator[Callable[[], object]]:
    """Let the worker's child write files of 4 KiB at most; yields what lifts that."""
    (child,) = worker.children()
    before = resource.prlimit(child, resource.RLIMIT_FSIZE)
    resource.prlimit(child, resource.RLIMIT_FSIZE, (LARGEST, before[1]))
    try:
        yield lambda: resource.prlimit(child, resource.RLIMIT_FSIZE, before)
    finally:
        resource.prlimit(child, resource.RLIMIT_FSIZE, before)


@contextmanager
def full_disk(folder: Path) -> Iterator[Callable[[], object]]:
    """A file system of 64 KiB that something else has filled but for 4; yields what removes that."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    filler = folder / "filler"
    try:
        room = os.statvfs(folder)
        filler.write_bytes(bytes(room.f_bavail * room.f_frsize - LARGEST))
        yield filler.unlink
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_snapshot_that_does_not_fit_is_kept_by_a_later_attempt(
    aws: "FakeAws", seller: Account, disk: Disk
) -> None:
    own = disk.folder / str(seller.organisation_id)
    scan = ask(seller)
    wait_until(lambda: reread(scan).retry_at is not None, disk.worker.last_words)
    row = reread(scan)
    assert (row.state, row.attempt, row.reason_code) == ("queued", 1, "snapshot_not_kept")
    assert f"({disk.words})" in row.reason
    assert files_in(own) == []
    with within(seller.organisation_id):
        assert not Finding.objects.exists()
    disk.make_room()
    wait_until(is_over(scan), disk.worker.last_words)
    assert reread(scan).attempt > 1
    assert_recorded_once(scan)
