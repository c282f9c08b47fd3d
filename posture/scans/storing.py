"""The store of snapshots: compressed JSON, found by its own SHA-256 (design 2.10)."""

import contextlib
import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path

import zstandard
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

from posture.models import Scan, StoredSnapshot
from scanner.facts.packed import unpack

LARGEST = 1 << 30
"""Bytes of JSON that are taken out of the store at most; a larger file is not one of ours."""


class BrokenSnapshotError(Exception):
    """What the store gave back is not what was put in."""


class AtomicFiles(FileSystemStorage):
    """Files that are there whole or not at all: written aside, brought to disk, then renamed."""

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg] # bytes throughout
        target = Path(self.path(name))
        target.parent.mkdir(
            mode=self.directory_permissions_mode or 0o700, parents=True, exist_ok=True
        )
        descriptor, aside = tempfile.mkstemp(prefix=".", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(target)
        except BaseException:  # whatever stops us, leave nothing half-written behind
            with contextlib.suppress(FileNotFoundError):
                Path(aside).unlink()
            raise
        return name


def keep(document: bytes, *, scan: Scan, taken_at: datetime, engine: str) -> StoredSnapshot:
    """Put the JSON of a snapshot into the store; return its row, not yet saved.

    Before the recording transaction: a file that no row names does no harm, the opposite would.
    """
    digest = hashlib.sha256(document).hexdigest()
    path = f"{scan.organisation_id}/{digest[:2]}/{digest[2:4]}/{digest}.json.zst"
    store = _store()
    if not store.exists(path):
        store.save(path, ContentFile(zstandard.ZstdCompressor(level=6).compress(document)))
    return StoredSnapshot(
        organisation_id=scan.organisation_id,
        account_id=scan.account_id,
        sha256=digest,
        path=path,
        bytes=len(document),
        taken_at=taken_at,
        engine=engine,
    )


def stored_json(snapshot: StoredSnapshot) -> bytes:
    """Return the JSON that was stored; raises BrokenSnapshotError when it is not that any more."""
    try:
        with _store().open(snapshot.path) as file:
            document = unpack(file.read(), min(snapshot.bytes, LARGEST))
    except (OSError, ValueError) as error:
        raise BrokenSnapshotError(snapshot.path) from error
    if hashlib.sha256(document).hexdigest() != snapshot.sha256:
        raise BrokenSnapshotError(snapshot.path)
    return document


def _store() -> Storage:
    return storages["snapshots"]
