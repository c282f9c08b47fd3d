"""The store of snapshots, and what comes from others on its way into the database."""

import errno
import hashlib
import json
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from django.conf import LazySettings
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from posture.models import Account, Finding, Scan, StoredSnapshot
from posture.models.plain import storable, storable_document, storable_json
from posture.models.tenancy import within
from posture.scans import record
from posture.scans.stores import AtomicFiles, StoreError
from posture.scans.storing import BrokenSnapshotError, keep, stored_json
from tests.posture.reports import MONDAY, a_claimed_scan, a_report, an_outcome
from tests.posture.rows import a_scan
from tests.posture.store import a_store, files_in

DOCUMENT = b'{"account": "111122223333"}'


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    """A store of its own."""
    a_store(settings, location=tmp_path)
    return tmp_path


@pytest.fixture
def scan(account: Account) -> Scan:
    return a_scan(account)


def put(scan: Scan, document: bytes = DOCUMENT) -> StoredSnapshot:
    return keep(document, scan=scan, taken_at=MONDAY, engine="test")


def test_a_snapshot_lies_compressed_under_its_organisation_and_digest(
    folder: Path, scan: Scan
) -> None:
    stored = put(scan)
    digest = hashlib.sha256(DOCUMENT).hexdigest()
    assert (stored.sha256, stored.bytes) == (digest, len(DOCUMENT))
    assert stored.path == (f"{scan.organisation_id}/{digest[:2]}/{digest[2:4]}/{digest}.json.zst")
    file = folder / stored.path
    assert zstandard.ZstdDecompressor().decompress(file.read_bytes()) == DOCUMENT
    assert file.stat().st_mode & 0o077 == 0
    assert stored_json(stored) == DOCUMENT


def test_the_same_snapshot_is_stored_once(folder: Path, scan: Scan) -> None:
    first = (folder / put(scan).path).stat().st_mtime_ns
    assert (folder / put(scan).path).stat().st_mtime_ns == first
    assert len(files_in(folder)) == 1


@pytest.mark.parametrize("damage", ["gone", "cut", "changed", "no archive", "a bomb"])
def test_what_is_not_what_was_stored_is_refused(folder: Path, scan: Scan, damage: str) -> None:
    stored = put(scan)
    file = folder / stored.path
    whole = file.read_bytes()
    other = zstandard.ZstdCompressor().compress(DOCUMENT.replace(b"1", b"2"))
    bomb = zstandard.ZstdCompressor().compress(b"0" * 10_000_000)
    content = {"cut": whole[:-4], "changed": other, "no archive": b"x", "a bomb": bomb}
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content[damage])
    with pytest.raises(BrokenSnapshotError):
        stored_json(stored)


def test_a_bomb_does_not_fill_the_memory_before_it_is_refused(folder: Path, scan: Scan) -> None:
    stored = put(scan)
    (folder / stored.path).write_bytes(zstandard.ZstdCompressor().compress(bytes(64 << 20)))
    tracemalloc.start()
    try:
        with pytest.raises(BrokenSnapshotError):
            stored_json(stored)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    class Breaking(ContentFile):  # type: ignore[type-arg] # takes none when it runs
        """A file whose second part cannot be read."""

        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"half"
            raise OSError("no space left on device")

    store = AtomicFiles(location=tmp_path)
    with pytest.raises(OSError, match="no space left"):
        store.save("a/b", Breaking(b""))
    assert not store.exists("a/b")
    assert files_in(tmp_path) == []


class FullDisk(AtomicFiles):
    """A store on a disk that has no space left."""

    def _save(self, name: str, content: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_a_store_error_and_heals(
    settings: LazySettings, tmp_path: Path, account: Account
) -> None:
    a_store(settings, f"{__name__}.FullDisk", location=tmp_path)
    scan = a_claimed_scan(account)
    with pytest.raises(StoreError, match="No space left on device"):
        record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    with within(account.organisation_id):
        scan.refresh_from_db()
        assert (scan.state, Finding.objects.count()) == ("running", 0)
    a_store(settings, location=tmp_path)
    assert record(scan=scan, fence=scan.fence, report=a_report(an_outcome()))
    assert len(files_in(tmp_path)) == 1


def test_a_file_that_was_cut_is_written_anew_when_it_is_kept_again(
    folder: Path, scan: Scan
) -> None:
    (folder / put(scan).path).write_bytes(b"cut")
    assert stored_json(put(scan)) == DOCUMENT


def test_what_postgresql_refuses_becomes_visible() -> None:
    assert storable("a\x00b\ud83dc\udc00") == "a\\u0000b\\ud83dc\\udc00"
    assert storable("Größe 🦆 \u202e") == "Größe 🦆 \u202e"
    assert storable_json({"\x00": ["\ud800", 1, None, True]}) == {
        "\\u0000": ["\\ud800", 1, None, True]
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_has_not_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON"):
        storable_json({"score": [number]})
    with pytest.raises(ValueError, match="JSON"):
        storable_document({"score": [number]})


TEXTS = st.text(st.characters(categories=None) | st.sampled_from('\x00\ud800\udfff\\u0dc"'))
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


@given(VALUES)
def test_the_fast_way_gives_the_same_as_the_thorough_one(value: object) -> None:
    assert json.loads(storable_document(value)) == json.loads(json.dumps(storable_json(value)))
