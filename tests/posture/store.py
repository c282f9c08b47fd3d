"""A store of snapshots of a test's own, and what a test looks for in it."""

from pathlib import Path

from django.conf import LazySettings

from posture.models import Account, Scan, StoredSnapshot
from posture.models.tenancy import within

FILES = "posture.scans.stores.AtomicFiles"


def a_store(settings: LazySettings, backend: str = FILES, **options: object) -> None:
    """Let snapshots lie in this store from now on."""
    store = {"BACKEND": backend, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "snapshots": store}


def files_in(folder: Path) -> list[Path]:
    """Every file that lies there, also those that are being made."""
    return sorted(file for file in folder.rglob("*") if file.is_file())


def snapshots_of(account: Account) -> list[StoredSnapshot]:
    """The snapshots that are known of an account."""
    with within(account.organisation_id):
        return list(StoredSnapshot.objects.filter(account=account).order_by("taken_at"))


def scans_with_snapshot(account: Account) -> list[Scan]:
    """The scans of an account that still have their snapshot, the oldest first."""
    with within(account.organisation_id):
        found = Scan.objects.filter(account=account, snapshot__isnull=False)
        return list(found.select_related("snapshot").order_by("finished_at"))
