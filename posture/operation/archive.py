"""The form of a backup: one zip file with a text per table, the snapshots, and what must be in it.

Our own form, because pg_dump is not part of the image, refuses servers newer than itself, and knows
nothing of the snapshots. A table is what COPY prints, so it can be read without us. The migrations
that made the tables are named in the manifest; restoring runs exactly those, then the newer ones.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - a class by another convention

import cattrs
from cattrs.errors import BaseValidationError

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20
LARGEST_MANIFEST = 1 << 28
LEFT_OUT = (
    "django_migrations",
    "django_session",
    "posture_cache",
    "posture_entrylink",
    "posture_notice",
    "posture_tick",
    "usersessions_usersession",
)
"""Tables whose rows are not saved: what restoring makes anew, and what lets somebody in as another."""


class NotABackupError(Exception):
    """The file is none of ours, or not whole any more; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table in the order of its text, its rows, and the SHA-256 of the text."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: tables by name, the SHA-256 of each snapshot's file by its path."""

    format: int
    made_at: str
    migrations: list[tuple[str, str]]
    tables: dict[str, Table]
    snapshots: dict[str, str]

    def json(self) -> bytes:
        """Return it as the text that the archive holds."""
        return json.dumps(asdict(self), indent=1).encode()


def table_member(table: str) -> str:
    """Return the name under which the archive holds a table."""
    return f"tables/{table}.copy"


def snapshot_member(path: str) -> str:
    """Return the name under which the archive holds the snapshot with this path in the store."""
    return f"snapshots/{path}"


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file in pieces."""
    while piece := file.read(CHUNK):
        yield piece


def manifest_of(archive: ZipFile) -> Manifest:
    """Read what the archive says it holds; raises NotABackupError."""
    try:
        info = archive.getinfo(MANIFEST)
        if info.file_size > LARGEST_MANIFEST:
            message = "Its manifest is too large to be one of ours."
            raise NotABackupError(message)
        manifest = cattrs.structure(json.loads(archive.read(info)), Manifest)
    except (KeyError, ValueError, TypeError, BaseValidationError, BadZipFile) as error:
        message = "It has no manifest that we can read."
        raise NotABackupError(message) from error
    if manifest.format != FORMAT:
        message = f"It has form {manifest.format}; this version reads form {FORMAT}."
        raise NotABackupError(message)
    return manifest


def check(archive: ZipFile, manifest: Manifest) -> None:
    """Compare every member with the manifest; raises NotABackupError for the first that differs."""
    wanted = {table_member(name): table.sha256 for name, table in manifest.tables.items()}
    wanted |= {snapshot_member(path): digest for path, digest in manifest.snapshots.items()}
    for name, digest in wanted.items():
        try:
            with archive.open(name) as member:
                found = hashlib.sha256()
                for piece in chunks(member):
                    found.update(piece)
        except (KeyError, BadZipFile, EOFError, ZlibError, NotImplementedError) as error:
            message = f"{name} is missing from it or cannot be read."
            raise NotABackupError(message) from error
        if found.hexdigest() != digest:
            message = f"{name} is not what was saved."
            raise NotABackupError(message)
