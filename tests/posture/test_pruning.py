"""Retention: what is old goes on schedule, what is needed stays, and no file is lost sight of."""

import errno
import io
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from posture.models import Account, AuditEvent, Organisation, Scan, database_now
from posture.models.installation import Lock
from posture.models.tenancy import within
from posture.scans import prune, removable_everywhere, stored_json
from posture.scans.pruning import Removable
from posture.scans.stores import ASIDE, AtomicFiles
from posture.scans.storing import keep, use
from posture.tasks import prune_snapshots
from tests.posture.rows import a_scan, an_account, an_organisation
from tests.posture.store import a_store, files_in, scans_with_snapshot, snapshots_of
from tests.posture.web.conftest import alice, member, owner

__all__ = ["alice", "member", "owner"]

DAY = timedelta(days=1)
FOR_EVER = 60.0


class Stuck(AtomicFiles):
    """A store in which nothing can be deleted."""

    def delete(self, name: str) -> None:
        """Refuse."""
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """A store of its own, with rules that a test can reach."""
    a_store(settings, location=tmp_path)
    settings.SNAPSHOT_KEEP_DAYS = 30
    settings.SNAPSHOT_KEEP_NEWEST = 3
    return tmp_path


def visited(account: Account, moment: datetime, document: bytes | None = None) -> Scan:
    """Store a scan of that moment, with a snapshot and as the newest of its account."""
    scan = a_scan(account, state=Scan.State.DONE, finished_at=moment)
    content = document or f"{account.pk} {moment}".encode()
    kept = keep(content, scan=scan, taken_at=moment, engine="test")
    with within(account.organisation_id):
        use(kept)
        Scan.objects.filter(pk=scan.pk).update(snapshot=kept)
        Account.objects.filter(pk=account.pk).update(last_scan=scan, scored_at=moment)
    return scan


def old(account: Account, *days: float) -> list[Scan]:
    """Scans of so many days ago."""
    now = database_now()
    return [visited(account, now - timedelta(days=number)) for number in days]


def test_in_400_days_old_ones_go_on_schedule_and_every_file_has_its_row(
    folder: Path, account: Account
) -> None:
    begin = database_now() - 1000 * DAY
    for number in range(100):
        now = begin + 4 * number * DAY
        visited(account, now)
        prune(at=now + timedelta(hours=1), seconds=FOR_EVER)
        if number % 20 == 0 or number > 95:
            assert len(scans_with_snapshot(account)) == min(number + 1, 8)
            rows = sorted(str(folder / row.path) for row in snapshots_of(account))
            assert rows == [str(file) for file in files_in(folder)]
            assert len(rows) == min(number + 1, 8)


def test_a_locked_copy_removes_nothing(folder: Path, account: Account) -> None:
    """Its store may be the original's."""
    old(account, 400, 300, 200, 150, 100)
    lock = Lock.objects.create(reason="Restored from a backup.")
    assert prune(at=database_now(), seconds=FOR_EVER) == Removable()
    assert len(files_in(folder)) == 5
    lock.ended_at = database_now()
    lock.save()
    assert prune(at=database_now(), seconds=FOR_EVER).snapshots == 2


def test_the_newest_stay_however_old_and_so_does_what_the_account_shows(
    folder: Path, account: Account
) -> None:
    first, *_ = old(account, 400, 300, 200, 150, 100)
    with within(account.organisation_id):
        Account.objects.update(last_scan=first)
    removed = prune(at=database_now(), seconds=FOR_EVER)
    assert (removed.snapshots, removed.accounts) == (1, 1)
    kept = scans_with_snapshot(account)
    assert len(kept) == 4
    assert kept[0] == first
    assert all(stored_json(scan.snapshot) for scan in kept if scan.snapshot)


def test_scans_keep_their_row_when_their_snapshot_goes(folder: Path, account: Account) -> None:
    scans = old(account, 90, 80, 70, 60)
    prune(at=database_now(), seconds=FOR_EVER)
    with within(account.organisation_id):
        assert Scan.objects.count() == len(scans)


def test_content_that_several_scans_share_goes_with_the_last_of_them(
    folder: Path, account: Account
) -> None:
    now = database_now()
    shared = b"the same"
    visited(account, now - 90 * DAY, shared)
    visited(account, now - 80 * DAY)
    for days in (40, 35, 20):
        visited(account, now - days * DAY, shared if days == 20 else None)
    removed = prune(at=now, seconds=FOR_EVER)
    assert removed.snapshots == 1
    assert len(files_in(folder)) == 3
    for days in (3, 2, 1):
        visited(account, now - days * DAY)
    assert prune(at=now + 20 * DAY, seconds=FOR_EVER).snapshots == 3
    assert len(files_in(folder)) == 3


def test_what_was_kept_and_never_recorded_goes_after_a_day(folder: Path, account: Account) -> None:
    keep(b"lost", scan=a_scan(account), taken_at=database_now(), engine="test")
    now = database_now()
    assert prune(at=now + timedelta(hours=23), seconds=FOR_EVER).snapshots == 0
    assert prune(at=now + timedelta(hours=25), seconds=FOR_EVER).snapshots == 1
    assert files_in(folder) == []
    assert snapshots_of(account) == []


def test_a_file_that_is_gone_already_takes_its_row_along(folder: Path, account: Account) -> None:
    old(account, 400, 300, 200, 100)
    for file in files_in(folder):
        file.unlink()
    assert prune(at=database_now(), seconds=FOR_EVER).snapshots == 1
    assert len(snapshots_of(account)) == 3


def test_what_cannot_be_deleted_keeps_its_row_and_goes_the_next_time(
    folder: Path, account: Account, settings: LazySettings
) -> None:
    old(account, 400, 300, 200, 100)
    a_store(settings, f"{__name__}.Stuck", location=folder)
    assert prune(at=database_now(), seconds=FOR_EVER).snapshots == 0
    assert len(snapshots_of(account)) == 4
    a_store(settings, location=folder)
    assert removable_everywhere(database_now()).snapshots == 1
    assert prune(at=database_now(), seconds=FOR_EVER).snapshots == 1
    assert len(files_in(folder)) == len(snapshots_of(account)) == 3


def test_a_run_without_time_removes_nothing_and_the_next_goes_on(
    folder: Path, account: Account
) -> None:
    old(account, 400, 300, 200, 100)
    assert prune(at=database_now(), seconds=0).snapshots == 0
    assert prune(at=database_now(), seconds=FOR_EVER).snapshots == 1


def test_what_killed_writers_left_aside_goes_too(folder: Path, account: Account) -> None:
    aside = folder / ASIDE
    aside.mkdir()
    (aside / "half").write_bytes(b"x")
    (aside / "young").write_bytes(b"x")
    yesterday = (database_now() - 2 * DAY).timestamp()
    os.utime(aside / "half", (yesterday, yesterday))
    prune(at=database_now(), seconds=FOR_EVER)
    assert [file.name for file in files_in(folder)] == ["young"]


def test_each_organisation_has_its_own_count(folder: Path, account: Account) -> None:
    theirs = an_account(an_organisation("Other"))
    for one in (account, theirs):
        old(one, 400, 300, 200, 100)
    preview = removable_everywhere(database_now())
    assert (preview.snapshots, preview.accounts) == (2, 2)
    assert preview.bytes == sum(snapshots_of(one)[0].stored_bytes for one in (account, theirs))
    prune_snapshots()
    assert len(snapshots_of(account)) == len(snapshots_of(theirs)) == 3


def test_the_command_says_first_and_does_when_told(folder: Path, account: Account) -> None:
    old(account, 400, 300, 200, 150, 100)
    assert said("prune_snapshots").startswith("would remove 2 snapshots of 1 account, ")
    assert len(snapshots_of(account)) == 5
    assert said("prune_snapshots", "--apply").startswith("removed 2 snapshots of 1 account, ")
    assert said("prune_snapshots").startswith("would remove 0 snapshots of 0 accounts, 0 bytes")
    with within(account.organisation_id):
        told = list(AuditEvent.objects.values_list("action", "actor_label", "after"))
    assert told == [("snapshots.pruned", "operator", {"scans": 2})]


def said(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip()


def test_the_page_shows_what_the_next_run_would_remove(
    folder: Path, account: Account, owner: Client, rival: Organisation
) -> None:
    old(account, 400, 300, 200, 150, 100)
    old(an_account(rival, "999900001111"), 400, 300, 200, 150, 100)
    page = " ".join(owner.get(reverse("snapshots")).content.decode().split())
    assert "Would remove 2 snapshots of 1 account, " in page
    assert "Snapshots of the last 30 days." in page
    prune(at=database_now(), seconds=FOR_EVER)
    assert "Nothing is old enough" in owner.get(reverse("snapshots")).content.decode()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("analyst", 403), ("admin", 200)])
def test_the_page_is_for_those_who_manage(
    member: Callable[[str], Client], role: str, status: int
) -> None:
    assert member(role).get(reverse("snapshots")).status_code == status
