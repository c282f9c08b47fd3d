"""How long an upgrade migrates with 100,000 findings, and which locks it holds meanwhile.

python -m bench.migrating --findings 100000 --since 0003
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import psycopg

from bench.fleet import ORGANISATION, fill
from bench.replaying import ROOT
from bench.scanning import section
from sandbox.postgres import postgres
from sandbox.services import for_tests

COMMAND = "python -m bench.migrating"
SINCE = "0003"
EVERY = 0.02
"""Seconds between two looks at the locks."""
BAR = 1.0
"""Seconds for which a lock may keep readers or writers of a table away."""

STOPS = {
    "AccessExclusiveLock": "readers and writers",
    "ExclusiveLock": "writers",
    "ShareRowExclusiveLock": "writers",
    "ShareLock": "writers",
}
"""Whom a lock on a table keeps waiting; the others that a migration takes stop nobody's work."""

HELD = """
    SELECT c.relname, l.mode FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation AND c.relkind = 'r' AND c.relname LIKE 'posture%%'
    JOIN pg_stat_activity AS a ON a.pid = l.pid AND a.application_name = 'seller-posture'
    WHERE l.granted AND l.mode = ANY(%s) AND c.relname = ANY(%s)
"""

USER = """
    INSERT INTO posture_user (id, password, is_superuser, email, name, is_active, created_at)
    VALUES (%(owner)s, '', false, 'owner@fleet.example', 'Owner', true, now())
"""


@dataclass(frozen=True, slots=True)
class Migrated:
    """How long it took, and for how long each lock was held at a time at most, in seconds."""

    seconds: float
    held: dict[tuple[str, str], float]

    @property
    def longest(self) -> float:
        """The longest that anybody could have waited for one lock."""
        return max(self.held.values(), default=0.0)


def main() -> None:
    """Migrate once and print the section for docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=100_000)
    parser.add_argument("--since", default=SINCE, help="the migration that the database is at")
    options = parser.parse_args()
    since, findings = options.since, options.findings
    section("Migrating", COMMAND, lambda: table(since, findings, measure(findings, since)))


def measure(findings: int, since: str = SINCE) -> Migrated:
    """Fill a database as it was at a migration, then migrate it to the newest."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(postgres(folder / "database"))
        os.environ["DATABASE_URL"] = server.url("app")
        os.environ["DATABASE_OWNER_URL"] = server.url("owner")
        os.environ.update(stack.enter_context(for_tests()))
        _migrate("posture", since)
        tables = _filled(server.url("owner"), findings)
        with _watched(server.url("owner"), tables) as held:
            began = time.monotonic()
            _migrate()
            return Migrated(time.monotonic() - began, held)


def _migrate(*to: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", *to]
    subprocess.run(command, cwd=ROOT, check=True)


def _filled(owner_url: str, findings: int) -> list[str]:
    """Fill the tables that were there; return those, all of which pages or workers use."""
    from scanner.controls import every_control

    controls = sorted(every_control(), key=lambda one: one.id)
    told = {
        "org": uuid.uuid4(),
        "owner": uuid.uuid4(),
        "controls": [one.id for one in controls],
        "topics": [one.topic.value for one in controls],
    }
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(USER, told)
        owner.execute(ORGANISATION, told)
        fill(owner_url, findings, told)
        rows = owner.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'posture%'")
        return [name for (name,) in rows]


@contextmanager
def _watched(owner_url: str, tables: list[str]) -> Iterator[dict[tuple[str, str], float]]:
    """Look at the locks while the block runs; what is yielded fills with how long they are held."""
    longest: dict[tuple[str, str], float] = {}
    over = threading.Event()

    def watch() -> None:
        since: dict[tuple[str, str], float] = {}
        with psycopg.connect(owner_url, autocommit=True) as looking:
            while not over.wait(EVERY):
                now = time.monotonic()
                rows = looking.execute(HELD, [list(STOPS), tables]).fetchall()
                since = {(table, mode): since.get((table, mode), now) for table, mode in rows}
                for lock, began in since.items():
                    longest[lock] = max(longest.get(lock, 0.0), now - began)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield longest
    finally:
        over.set()
        watcher.join()


def table(since: str, findings: int, migrated: Migrated) -> str:
    """What was held for how long, the longest first."""
    lines = [f"from {since} with {findings:,} findings: {migrated.seconds:.1f} s, start included"]
    for (name, mode), seconds in sorted(migrated.held.items(), key=lambda pair: -pair[1]):
        lines.append(f"{seconds:7.2f} s  {name:26} {mode:24} stops {STOPS[mode]}")
    lines.append(f"longest {migrated.longest:.2f} s; {'held' if migrated.longest <= BAR else 'NOT held'}")  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
