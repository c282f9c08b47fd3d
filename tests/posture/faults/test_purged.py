"""An account is purged while the worker of a scan that was cancelled and given up still goes on."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from posture.models import Account, Scan, StoredSnapshot, database_now
from posture.models.tenancy import within
from posture.scans import cancel_scan, record, take_back_overdue
from posture.scans.stores import AtomicFiles, StoreError
from tests.posture.operation.commands import printed
from tests.posture.reports import a_claimed_scan, a_report, an_outcome
from tests.posture.store import a_store, files_in
from tests.posture.threads import in_its_own_connection

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE_WRITING: list[Callable[[], object]] = []


class Late(AtomicFiles):
    """A store whose writer is overtaken between saying what it will write and writing it."""

    def _save(self, name: str, content: Any) -> str:
        for happens in BEFORE_WRITING:
            happens()
        return super()._save(name, content)


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    a_store(settings, f"{__name__}.Late", location=tmp_path / "store")
    return tmp_path / "store"


def give_up(scan: Scan) -> None:
    """Cancel it, let its lease end, and let the tick end it."""
    with within(scan.organisation_id):
        cancel_scan(scan=scan, by=None)
        over = database_now() - timedelta(seconds=1)
        Scan.objects.filter(pk=scan.pk).update(lease_until=over)
    assert take_back_overdue() == 1
    with within(scan.organisation_id):
        assert Scan.objects.get(pk=scan.pk).state == "cancelled"


def test_a_late_worker_leaves_no_snapshot_of_an_account_that_is_gone(
    account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = a_claimed_scan(account)
    environment = {"SNAPSHOT_DIR": str(folder)}

    def purge() -> None:
        in_its_own_connection(lambda: give_up(scan))
        name = ("--account", account.aws_account, "--apply", account.aws_account)
        printed("purge", str(account.organisation_id), *name, environment=environment)

    monkeypatch.setattr(f"{__name__}.BEFORE_WRITING", [purge])
    with pytest.raises(StoreError, match="removed meanwhile"):
        record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    assert files_in(folder) == []
    with within(account.organisation_id):
        assert not Account.objects.exists()
        assert not StoredSnapshot.objects.exists()


def test_a_late_worker_of_a_scan_that_was_given_up_changes_nothing(
    account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = a_claimed_scan(account)
    monkeypatch.setattr(f"{__name__}.BEFORE_WRITING", [lambda: give_up(scan)])
    assert not record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    with within(account.organisation_id):
        row = Scan.objects.get(pk=scan.pk)
        assert (row.state, row.snapshot_id) == ("cancelled", None)
        assert StoredSnapshot.objects.get().unused_since is not None
        account.refresh_from_db()
    assert (account.score, account.last_scan_id) == (None, None)
    assert len(files_in(folder)) == 1
