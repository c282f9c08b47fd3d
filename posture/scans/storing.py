"""Keeping snapshots: compressed JSON, found by its own SHA-256 (design 2.10).

The row comes first and goes last: a file has a row from before it is written until after it is
deleted, so no file is ever lost sight of and no listing of the store is needed. `unused_since`
says since when no scan has referred to the row; posture/scans/pruning.py removes such.
"""

import hashlib
from datetime import datetime

import zstandard
from django.core.files.base import ContentFile
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from posture.models import Scan, StoredSnapshot
from posture.models.tenancy import committed
from posture.scans.stores import StoreError, at_the_store
from scanner.facts.packed import unpack

LARGEST = 1 << 30
"""Bytes of JSON that are taken out of the store at most; a larger file is not one of ours."""
REMOVED = "removed meanwhile"


class BrokenSnapshotError(Exception):
    """What the store gave back is not what was put in."""


def keep(document: bytes, *, scan: Scan, taken_at: datetime, engine: str) -> StoredSnapshot:
    """Put the JSON of a snapshot into the store; return its row, which no scan refers to yet.

    Not inside a transaction. Raises StoreError when the store does not take it, or when what was
    announced is purged before it is written: nothing of it stays then.
    """
    digest = hashlib.sha256(document).hexdigest()
    packed = zstandard.ZstdCompressor(level=6).compress(document)
    row = StoredSnapshot(
        organisation_id=scan.organisation_id,
        account_id=scan.account_id,
        sha256=digest,
        path=f"{scan.organisation_id}/{digest[:2]}/{digest[2:4]}/{digest}.json.zst",
        bytes=len(document),
        stored_bytes=len(packed),
        taken_at=taken_at,
        engine=engine,
    )
    kept = committed(scan.organisation_id, lambda: _announce(row))
    if not _lies_whole(kept.path, len(packed)):
        with at_the_store() as store:
            store.save(kept.path, ContentFile(packed))
        if not committed(scan.organisation_id, StoredSnapshot.objects.filter(pk=kept.pk).exists):
            with at_the_store() as store:
                store.delete(kept.path)
            raise StoreError(REMOVED)
    return kept


def use(snapshot: StoredSnapshot) -> None:
    """Say, in the transaction that makes a scan refer to it, that the snapshot is in use.

    Raises StoreError when it was removed since it was kept: the scan has to keep it again.
    """
    if not StoredSnapshot.objects.filter(pk=snapshot.pk).update(unused_since=None):
        raise StoreError(REMOVED)


def stored_json(snapshot: StoredSnapshot) -> bytes:
    """Return the JSON that was stored.

    Raises BrokenSnapshotError when it is not that any more or gone, StoreError when the store
    refuses or cannot be reached now.
    """
    try:
        with at_the_store() as store, store.open(snapshot.path) as file:
            packed = file.read()
        document = unpack(packed, min(snapshot.bytes, LARGEST))
    except (FileNotFoundError, ValueError) as error:
        raise BrokenSnapshotError(snapshot.path) from error
    if hashlib.sha256(document).hexdigest() != snapshot.sha256:
        raise BrokenSnapshotError(snapshot.path)
    return document


def _announce(row: StoredSnapshot) -> StoredSnapshot:
    """Save the row, or find the one of the same content; one that is unused stays fresh."""
    StoredSnapshot.objects.bulk_create(
        [row],
        update_conflicts=True,  # waits for whoever removes the same content just now
        unique_fields=["organisation", "sha256"],
        update_fields=["stored_bytes"],
    )
    same = StoredSnapshot.objects.filter(organisation_id=row.organisation_id, sha256=row.sha256)
    fresh = Case(When(unused_since=None, then=Value(None)), default=Now())
    same.update(unused_since=fresh)
    return same.get()


def _lies_whole(path: str, size: int) -> bool:
    """Whether the content is there already; when that cannot be told, it is written again."""
    try:
        with at_the_store() as store:
            return store.size(path) == size
    except (FileNotFoundError, StoreError):
        return False
