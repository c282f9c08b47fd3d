"""Restoring a backup into an empty database; the copy is locked until somebody unlocks it."""

from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import SuspiciousOperation
from django.core.files.base import File
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.dateparse import parse_datetime
from psycopg import sql

from posture.models.installation import Lock
from posture.operation.archive import (
    LEFT_OUT,
    Manifest,
    NotABackupError,
    check,
    chunks,
    manifest_of,
    snapshot_member,
    table_member,
)
from posture.operation.owning import require_owner
from posture.operation.unlocking import tell_everybody
from posture.scans.stores import StoreError, at_the_store


class NotEmptyError(Exception):
    """There is something in the database already; nothing was changed."""


class Restored(NamedTuple):
    """Rows and snapshots that are there now, and when the backup was made."""

    rows: int
    snapshots: int
    made_at: str


def restore(source: Path) -> Restored:
    """Bring back a backup, as the role `owner`, then apply the migrations that came after it.

    The file is checked whole before anything is written. Rows come in one transaction together with
    the lock; snapshots come before, because a file that no row names does no harm. Raises
    NotABackupError, NotEmptyError, NotOwnerError, StoreError, OSError and DatabaseError.
    """
    try:
        with ZipFile(source) as archive:
            manifest = manifest_of(archive)
            check(archive, manifest)
            _prepare(manifest)
            for path in manifest.snapshots:
                restore_snapshot(archive, path)
            with transaction.atomic():
                _load(archive, manifest)
                Lock.objects.create(reason=_reason(manifest))
    except BadZipFile as error:
        message = "It is no zip file, or cut short."
        raise NotABackupError(message) from error
    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        tell_everybody("installation.restored")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    rows = sum(table.rows for table in manifest.tables.values())
    return Restored(rows, len(manifest.snapshots), manifest.made_at)


def _reason(manifest: Manifest) -> str:
    moment = parse_datetime(manifest.made_at)
    made = f"{moment:%d %B %Y, %H:%M} UTC" if moment else "unknown date"
    return f"This is a copy, restored from the backup of {made}."


def _prepare(manifest: Manifest) -> None:
    """Make the tables as they were, in a database without any or with just these, and empty."""
    executor = MigrationExecutor(connection)
    wanted = set(manifest.migrations)
    unknown = sorted(wanted - set(executor.loader.graph.nodes))
    if unknown:
        message = f"It was made by a newer version, which has the migration {'.'.join(unknown[0])}."
        raise NotABackupError(message)
    applied = set(executor.loader.applied_migrations)
    if applied - wanted:
        message = "The database has newer tables than the backup. Give an empty database."
        raise NotEmptyError(message)
    require_owner()
    executor.migrate(_last_of_each(executor, wanted))
    require_owner()
    _require_empty(manifest)


def _last_of_each(
    executor: MigrationExecutor, wanted: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Those of the migrations after which their application has no other one of them."""
    graph = executor.loader.graph
    followed = {
        (node.key[0], node.key[1])
        for node in graph.node_map.values()
        if any(child.key in wanted and child.key[0] == node.key[0] for child in node.children)
    }
    return sorted(wanted - followed)


def _require_empty(manifest: Manifest) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM posture_organisation)
                   OR EXISTS (SELECT FROM posture_user)"""
        )
        if cursor.fetchone() != (False,):
            message = "The database has organisations or people already. Give an empty database."
            raise NotEmptyError(message)
        known = set(connection.introspection.table_names(cursor))
    strange = sorted(set(manifest.tables) - known) or sorted(set(LEFT_OUT) & set(manifest.tables))
    if strange:
        message = f"It holds the table {strange[0]}, which is none of its migrations'."
        raise NotABackupError(message)


def _load(archive: ZipFile, manifest: Manifest) -> None:
    """Copy every table in. COPY cannot pass a wall, so it is let down for the owner meanwhile.

    So is the trigger that lets audit events in one after another: the heads come with them.
    """
    walled = _walled()
    with connection.cursor() as cursor:
        for name in walled:
            cursor.execute(_on("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", name))
            cursor.execute(_on("ALTER TABLE {} DISABLE TRIGGER USER", name))
        cursor.execute(
            sql.SQL("TRUNCATE {} CASCADE").format(
                sql.SQL(", ").join(map(sql.Identifier, manifest.tables))
            )
        )
        for name, table in manifest.tables.items():
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), columns)
            with archive.open(table_member(name)) as member, cursor.copy(statement) as lines:
                for piece in chunks(member):
                    lines.write(piece)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # and so before tables are altered again
        for name in walled:
            cursor.execute(_on("ALTER TABLE {} ENABLE TRIGGER USER", name))
            cursor.execute(_on("ALTER TABLE {} FORCE ROW LEVEL SECURITY", name))
        cursor.execute(NEXT_NUMBERS)


NEXT_NUMBERS = """
    DO $$ DECLARE one record; BEGIN
        FOR one IN
            SELECT table_name AS t, column_name AS c,
                   pg_get_serial_sequence(quote_ident(table_name), column_name) AS s
            FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'
        LOOP
            EXECUTE format('SELECT setval(%L, coalesce(max(%I), 0) + 1, false) FROM %I',
                           one.s, one.c, one.t);
        END LOOP;
    END $$
"""
"""Lets numbered rows go on after the last number that was restored."""


def _walled() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT relname FROM pg_class
               WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace ORDER BY 1"""
        )
        return [name for (name,) in cursor.fetchall()]


def _on(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def restore_snapshot(archive: ZipFile, path: str) -> None:
    """Put one snapshot into the store, unless it is there.

    Raises NotABackupError for a path that leads out of the store, StoreError when it takes nothing.
    """
    try:
        with at_the_store() as store:
            if not store.exists(path):
                with archive.open(snapshot_member(path)) as member:
                    store.save(path, File(member))
    except StoreError as error:
        if not isinstance(error.__cause__, SuspiciousOperation):
            raise
        message = f"{path} leads out of the store of snapshots."
        raise NotABackupError(message) from error
