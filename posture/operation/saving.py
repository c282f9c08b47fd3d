"""Saving everything into one file while the installation runs: database and snapshots, one moment."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.db import connection, transaction
from psycopg import sql

from posture.models import StoredSnapshot, database_now
from posture.operation.archive import (
    FORMAT,
    LEFT_OUT,
    MANIFEST,
    Manifest,
    Table,
    chunks,
    snapshot_member,
    table_member,
)
from posture.operation.owning import require_owner
from posture.scans.stores import at_the_store


class Saved(NamedTuple):
    """Rows and snapshots in the file, its bytes, and snapshots that the store has lost."""

    rows: int
    snapshots: int
    size: int
    lost: list[str]


def back_up(target: Path) -> Saved:
    """Write a backup to a file that is not there yet, readable by us alone; as the role `owner`.

    All tables are read at one moment. Snapshots follow: they never change, and one that expires
    meanwhile is left out. Raises NotOwnerError, StoreError when the store of snapshots does not
    answer, FileExistsError and other OSErrors; then there is no file.
    """
    require_owner()
    with _whole_or_not_at_all(target) as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        with transaction.atomic():
            _see_one_moment()
            moment = database_now()
            tables = {name: _save_table(archive, name, columns) for name, columns in _tables()}
            migrations = _migrations()
            paths = list(StoredSnapshot.objects.order_by("path").values_list("path", flat=True))
        snapshots = {path: digest for path in paths if (digest := _save_snapshot(archive, path))}
        manifest = Manifest(FORMAT, moment.isoformat(), migrations, tables, snapshots)
        archive.writestr(MANIFEST, manifest.json())
    rows = sum(table.rows for table in tables.values())
    lost = _still_named(set(paths) - set(snapshots))
    return Saved(rows, len(snapshots), target.stat().st_size, lost)


@contextmanager
def _whole_or_not_at_all(target: Path) -> Iterator[IO[bytes]]:
    if target.exists():
        message = f"{target} is there already; a backup replaces nothing."
        raise FileExistsError(message)
    descriptor, aside = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, target)  # fails where a rename would replace
    finally:
        Path(aside).unlink()


def _see_one_moment() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _tables() -> list[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                 AND c.relname <> ALL (%s)
               GROUP BY c.relname ORDER BY c.relname""",
            [list(LEFT_OUT)],
        )
        tables: list[tuple[str, list[str]]] = cursor.fetchall()
    return tables


def _save_table(archive: ZipFile, name: str, columns: list[str]) -> Table:
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
    )
    rows, digest = 0, hashlib.sha256()
    with (
        connection.cursor() as cursor,
        archive.open(_member(table_member(name), ZIP_DEFLATED), "w", force_zip64=True) as member,
        cursor.copy(statement) as lines,
    ):
        for line in lines:
            piece = bytes(line)
            member.write(piece)
            digest.update(piece)
            rows += piece.count(b"\n")
    return Table(columns, rows, digest.hexdigest())


def _save_snapshot(archive: ZipFile, path: str) -> str:
    """Add a snapshot, which is compressed already; return its digest, or nothing if it is gone."""
    digest = hashlib.sha256()
    pieces = _stored(path)
    try:
        first = next(pieces, b"")
    except FileNotFoundError:
        return ""
    with archive.open(_member(snapshot_member(path), ZIP_STORED), "w", force_zip64=True) as member:
        for piece in chain((first,), pieces):
            member.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def _stored(path: str) -> Iterator[bytes]:
    """Read a snapshot; raises FileNotFoundError, or StoreError at any piece of it."""
    with at_the_store() as store, store.open(path) as stored:
        yield from chunks(stored)


def _member(name: str, compression: int) -> ZipInfo:
    info = ZipInfo(name)
    info.compress_type = compression
    info.external_attr = 0o600 << 16
    return info


def _migrations() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return list(cursor.fetchall())


def _still_named(paths: Iterable[str]) -> list[str]:
    """Those of the paths that a row names even now, so that their files ought to be there."""
    found = StoredSnapshot.objects.filter(path__in=list(paths)).order_by("path")
    return list(found.values_list("path", flat=True))
