"""A thousand accounts that are due at once: how fast they are scanned, and who waits how long.

python -m bench.throughput --accounts 1000

Real PostgreSQL that keeps its files, real Valkey, two real Celery workers with four processes each
and beat; AWS is bench.replay with the small account under as many numbers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import psycopg
from psycopg import sql

from bench.crew import cpu_seconds, crew
from bench.replaying import ROOT, Replaying, replay, role_arn
from bench.scanning import scan, section
from bench.shares import Ran, fair_waits, quantile
from sandbox.postgres import postgres
from sandbox.services import for_tests
from sandbox.valkey import valkey

COMMAND = "python -m bench.throughput"
SHARES = (500, 120, 80, 60, 50, 40, 30, 25, 20, 15, 12, 10, 10, 8, 6, 5, 4, 3, 1, 1)
"""Accounts of each organisation, of a thousand."""
LATENCY = 0.08
STUCK_AFTER = 300
WAIT_BAR = 1.1
"""What the slowest may wait of what its share makes of it."""

AS_IN_PRODUCTION = {"LEASE_SECONDS": "90", "RETRY_SECONDS": "60", "LOG_LEVEL": "INFO"}


@dataclass(frozen=True, slots=True)
class Run:
    """What a fleet did."""

    accounts: int
    slots: int
    wall: float
    """Seconds from the first message to the end of the last scan."""
    queueing: float
    """Seconds until the last schedule was taken."""
    scans: Sequence[Ran]
    states: dict[str, int]
    again: int
    """Scans that were claimed more than once."""
    visits: int
    """Roles that were assumed: one for each scan that was begun."""
    calls: int
    missed: int
    cpu: dict[str, float]
    database: dict[str, float]

    @property
    def lost(self) -> int:
        """Scans that did not end with a record."""
        return self.accounts - self.states.get("done", 0) - self.states.get("partial", 0)

    @property
    def slowest(self) -> tuple[float, float]:
        """The longest wait of the organisation that is worst off by its share, and that share."""
        return max(_longest(self.scans).values(), key=lambda pair: pair[0] / max(pair[1], 1.0))

    @property
    def held(self) -> bool:
        """Whether none ran twice, none was lost, and nobody waited longer than its share."""
        waited, share = self.slowest
        once = self.again == 0 and self.visits == self.accounts
        return once and self.lost == 0 and waited <= WAIT_BAR * max(share, 1.0)


def main() -> None:
    """Run a fleet and print the section for docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--children", type=int, default=4)
    options = parser.parse_args()
    size = options.accounts, options.workers, options.children
    section("A fleet", COMMAND, lambda: table(measure(*size)))


def measure(accounts: int, workers: int = 2, children: int = 4) -> Run:
    """Run that many accounts through the workers."""
    with _services() as (servers, folder), replay("small") as served:
        scan(served, delay=0.0)  # records what is not known yet
        environment = {**os.environ, **served.environment()}
        _migrate(environment)
        _fill(accounts)
        before = _database()
        served.begin(delay=LATENCY)
        began = time.time()
        with crew(folder, workers, children, environment) as ids:
            kinds = servers | ids
            at_first = cpu_seconds(kinds)
            _wait_for(accounts)
            cpu = {kind: took - at_first[kind] for kind, took in cpu_seconds(kinds).items()}
        return _told(accounts, workers * children, began, served, before, cpu)


@contextmanager
def _services() -> Iterator[tuple[dict[str, list[int]], Path]]:
    """Servers of our own, and the settings of this process; gives their ids and a folder."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(postgres(folder / "database"))
        broker = stack.enter_context(valkey())
        named = {
            "DATABASE_URL": database.url("app"),
            "DATABASE_OWNER_URL": database.url("owner"),
            "REDIS_URL": broker.url(),
        }
        os.environ.update(named)
        os.environ.update(stack.enter_context(for_tests()) | AS_IN_PRODUCTION)
        os.environ["DJANGO_SETTINGS_MODULE"] = "posture.settings"
        yield {"database": [database.child.pid], "broker": [broker.child.pid]}, folder


def _migrate(environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    import django

    django.setup()


def sizes(accounts: int) -> list[int]:
    """How many accounts each organisation has; one at least."""
    parts = [max(1, round(accounts * share / sum(SHARES))) for share in SHARES]
    return [max(1, parts[0] + accounts - sum(parts)), *parts[1:]]


def _fill(accounts: int) -> None:
    """Store the organisations, and a schedule for each account that is due now."""
    from posture.models import Account, Organisation, Schedule, database_now
    from posture.models.tenancy import within

    number = 0
    for place, size in enumerate(sizes(accounts)):
        organisation = Organisation(id=uuid.uuid4(), name=f"Company {place}")
        with within(organisation):
            organisation.save(force_insert=True)
            rows = Account.objects.bulk_create(
                Account(
                    organisation=organisation, aws_account=f"{number + one:012}", label=f"Seller {one}",
                    role_arn=role_arn(f"{number + one:012}"), external_id="bench", state="connected",
                )
                for one in range(1, size + 1)
            )  # fmt: skip
            now = database_now()
            Schedule.objects.bulk_create(
                Schedule(organisation=organisation, account=row, next_run=now) for row in rows
            )
        number += size


def _wait_for(accounts: int) -> None:
    """Return when every account has a scan that is over; RuntimeError when nothing moves."""
    last, since = -1, time.monotonic()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        while last < accounts:
            time.sleep(1)
            row = owner.execute(
                "SELECT count(*) FROM posture_scan WHERE state NOT IN ('queued', 'running')"
            ).fetchone()
            over = row[0] if row else 0
            if over != last:
                last, since = over, time.monotonic()
                print(f"\r{over} of {accounts}", end="", file=sys.stderr, flush=True)
            if time.monotonic() - since > STUCK_AFTER:
                raise RuntimeError(f"Only {over} of {accounts} scans ended.")
    print(file=sys.stderr)


def _database() -> dict[str, float]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        row = owner.execute(
            """SELECT pg_database_size(datname), xact_commit FROM pg_stat_database
               WHERE datname = current_database()"""
        ).fetchone()
        counts = {
            name: owner.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(f"posture_{name}"))
            ).fetchone()
            for name in ("finding", "findingevent", "controlresult", "scorepoint")
        }
    size, commits = row or (0, 0)
    return {"bytes": size, "transactions": commits} | {
        name: count[0] if count else 0 for name, count in counts.items()
    }


def _told(  # noqa: PLR0913, PLR0917 - what one run is made of
    accounts: int,
    slots: int,
    began: float,
    served: Replaying,
    before: dict[str, float],
    cpu: dict[str, float],
) -> Run:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        rows = owner.execute(
            """SELECT organisation_id, state, attempt, fence, extract(epoch FROM queued_at)::float8,
                      extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8
               FROM posture_scan WHERE started_at IS NOT NULL"""
        ).fetchall()
    counted = served.counted()
    scans = [Ran(row[0], row[4], row[5], row[6]) for row in rows]
    return Run(
        accounts=accounts,
        slots=slots,
        wall=max(one.ended for one in scans) - began,
        queueing=max(one.queued for one in scans) - began,
        scans=scans,
        states=dict(Counter(row[1] for row in rows)),
        again=sum(row[2] > 1 or row[3] > 1 for row in rows),
        visits=counted.calls["sts:AssumeRole"],
        calls=counted.total,
        missed=len(counted.missed),
        cpu=cpu,
        database={name: value - before[name] for name, value in _database().items()},
    )


def _longest(scans: Sequence[Ran]) -> dict[Hashable, tuple[float, float]]:
    """The longest wait of each organisation, as it was and as its share makes it."""
    fair = fair_waits(scans)
    return {
        whose: (max(one.waited for one in scans if one.organisation == whose), max(waits))
        for whose, waits in fair.items()
    }


def table(run: Run) -> str:
    """The figures of a run, and a row for each organisation, the largest first."""
    each = run.accounts
    minutes = run.wall / 60
    seconds = [one.ended - one.started for one in run.scans]
    lines = [
        f"{each:,} accounts, {len(sizes(each))} organisations, {run.slots} processes: {run.wall:.0f} s, "
        f"{each / minutes:.0f} scans a minute; queued within {run.queueing:.0f} s",
        f"ended: {', '.join(f'{count} {state}' for state, count in sorted(run.states.items()))}; "
        f"lost {run.lost}, claimed again {run.again}, roles assumed {run.visits}, calls {run.calls:,}",
        f"a scan takes {quantile(seconds, 0.5):.1f} s (p50), {quantile(seconds, 0.95):.1f} s (p95), "
        f"{run.calls / each:.0f} calls",
        "CPU s: " + ", ".join(f"{kind} {took:.0f} ({took / each:.2f} a scan)" for kind, took in run.cpu.items()),
        "database, a scan: " + ", ".join(f"{value / each:,.1f} {name}" for name, value in run.database.items()),
        *([f"{run.missed} answers had to be made first"] if run.missed else []),
        f"{'accounts':>8} {'wait p50 s':>10} {'p95 s':>7} {'longest s':>10} {'its share s':>12} {'ratio':>6}",
    ]  # fmt: skip
    rows = _rows(run.scans)
    waited, share = run.slowest
    end = f"worst {waited / max(share, 1.0):.2f} of its share; {'held' if run.held else 'NOT held'}"
    return "\n".join([*lines, *rows, end]) + "\n"


def _rows(scans: Sequence[Ran]) -> list[str]:
    waits: dict[Hashable, list[float]] = defaultdict(list)
    for one in scans:
        waits[one.organisation].append(one.waited)
    longest = _longest(scans)
    rows = []
    for whose, some in sorted(waits.items(), key=lambda pair: -len(pair[1])):
        waited, share = longest[whose]
        rows.append(
            f"{len(some):8} {quantile(some, 0.5):10.1f} {quantile(some, 0.95):7.1f} {waited:10.1f} "
            f"{share:12.1f} {waited / max(share, 1.0):6.2f}"
        )
    return rows


if __name__ == "__main__":
    main()
