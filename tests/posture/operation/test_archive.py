"""The form of a backup: what is not exactly what was saved is refused before anything is written."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import LazySettings
from django.core.exceptions import SuspiciousOperation

from posture.operation.archive import FORMAT, Manifest, NotABackupError, Table, check, manifest_of
from posture.operation.restoring import NotEmptyError, restore, restore_snapshot
from posture.scans.stores import AtomicFiles
from tests.posture.store import a_store

Members = dict[str, bytes]
Change = Callable[[Members], None]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def members() -> Members:
    """What a small backup holds."""
    rows, snapshot = b"1\tAcme\n", b"zstd"
    manifest = Manifest(
        format=FORMAT, made_at="2026-11-27T20:00:00+00:00", migrations=[("posture", "0001_initial")],
        tables={"posture_x": Table(["id", "name"], 1, digest(rows))},
        snapshots={"a/b": digest(snapshot)},
    )  # fmt: skip
    return {
        "tables/posture_x.copy": rows,
        "snapshots/a/b": snapshot,
        "manifest.json": manifest.json(),
    }


def written(members: Members, folder: Path) -> Path:
    file = folder / "posture.zip"
    with ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def in_manifest(field: str, value: Callable[[Any], Any]) -> Change:
    def change(members: Members) -> None:
        manifest = json.loads(members["manifest.json"])
        manifest[field] = value(manifest[field])
        members["manifest.json"] = json.dumps(manifest).encode()

    return change


def other_rows(members: Members) -> None:
    members["tables/posture_x.copy"] += b"2\tRival\n"


def no_snapshot(members: Members) -> None:
    del members["snapshots/a/b"]


def no_manifest(members: Members) -> None:
    del members["manifest.json"]


def test_what_was_saved_is_read_back(members: Members, tmp_path: Path) -> None:
    with ZipFile(written(members, tmp_path)) as archive:
        manifest = manifest_of(archive)
        check(archive, manifest)
    assert manifest.migrations == [("posture", "0001_initial")]
    assert manifest.tables["posture_x"].columns == ["id", "name"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_rows, "not what was saved"),
        (no_snapshot, "is missing"),
        (no_manifest, "no manifest"),
        (in_manifest("format", lambda _: 2), "form 2"),
        (in_manifest("tables", lambda _: 7), "no manifest"),
        (in_manifest("snapshots", lambda _: {"a/b": 7}), "not what was saved"),
    ],
)
def test_a_file_that_is_not_what_was_saved_is_refused(
    members: Members, tmp_path: Path, change: Change, said: str
) -> None:
    change(members)
    with pytest.raises(NotABackupError, match=said):
        restore(written(members, tmp_path))


@pytest.mark.django_db
def test_a_newer_version_is_named(members: Members, tmp_path: Path) -> None:
    in_manifest("migrations", lambda old: [*old, ["posture", "9999_not_yet"]])(members)
    with pytest.raises(NotABackupError, match=r"newer version.*posture\.9999_not_yet"):
        restore(written(members, tmp_path))


@pytest.mark.django_db
def test_a_database_with_newer_tables_is_left_alone(members: Members, tmp_path: Path) -> None:
    with pytest.raises(NotEmptyError, match="newer tables than the backup"):
        restore(written(members, tmp_path))


@pytest.mark.parametrize("path", ["../escaped", "/etc/escaped", "a/../../escaped"])
def test_a_path_that_leads_out_of_the_store_is_refused(
    members: Members, tmp_path: Path, settings: LazySettings, path: str
) -> None:
    members[f"snapshots/{path}"] = b"x"
    with (
        ZipFile(written(members, tmp_path)) as archive,
        pytest.raises(NotABackupError, match="out of the store"),
    ):
        restore_snapshot(archive, path)
    assert not (Path(settings.SNAPSHOT_DIR).parent / "escaped").exists()


class Wary(AtomicFiles):
    """A store that tells of a strange path as one in a bucket does."""

    def exists(self, name: str) -> bool:
        """Refuse."""
        raise SuspiciousOperation(name)


def test_a_path_that_a_bucket_finds_suspicious_is_refused(
    members: Members, tmp_path: Path, settings: LazySettings
) -> None:
    a_store(settings, f"{__name__}.Wary")
    with (
        ZipFile(written(members, tmp_path)) as archive,
        pytest.raises(NotABackupError, match="out of the store"),
    ):
        restore_snapshot(archive, "../escaped")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04" + b"\0" * 60])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "posture.zip"
    file.write_bytes(content)
    with pytest.raises(NotABackupError, match="no zip file"):
        restore(file)
