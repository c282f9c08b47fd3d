"""Whether a worker keeps its size: 50 scans of the large account in one child of a Celery worker.

Real PostgreSQL, real Valkey, a worker as operators run it, but that it keeps its child for all scans
and no ceiling holds its calls back; answers are replayed at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.accounts import ACCOUNT
from bench.replaying import ROOT, Replaying, replay, role_arn
from bench.scanning import held, section
from sandbox.databases import RUN, migrated_copy
from sandbox.services import for_tests

SCANS, WARM = 50, 10
BAR, GROWTH_BAR = 350.0, 1.05
PATIENCE_SECONDS = 600
COMMAND = "python -m bench.soak"
UNHELD = ",".join(
    f"{name}=10000/10000"
    for name in (
        "account", "cloudtrail", "cloudtrail:LookupEvents", "cloudwatch", "ec2", "events", "iam", "kms",
        "logs", "marketplace-catalog", "organizations", "s3", "s3control", "sns", "sqs", "other",
    )
)  # fmt: skip
LEASE = {"LEASE_SECONDS": "60", "RETRY_SECONDS": "5"}


def main() -> None:
    """Print the section."""
    section("Memory of a worker", COMMAND, lambda: table(soak()))


def table(sizes: list[float]) -> str:
    """The size after some scans, the largest, and the growth since the tenth."""
    shown = [number for number in (1, 2, 5, 10, 20, 30, 40, 50) if number <= len(sizes)]
    rows = "".join(f"{number:5} {sizes[number - 1]:7.1f}\n" for number in shown)
    most, grown = max(sizes), growth(sizes)
    return (
        f"{'scans':>5} {'MB':>7}\n{rows}"
        f"largest {most:.1f} MB, bar {BAR:.0f} MB: {held(most, BAR)}\n"
        f"largest after the tenth / size after the tenth {grown:.3f}, bar {GROWTH_BAR}: {held(grown, GROWTH_BAR)}\n"
    )


def growth(sizes: list[float]) -> float:
    """By how much the child is larger at most than it was after the tenth scan."""
    return max(sizes[WARM - 1 :]) / sizes[WARM - 1]


def soak(scans: int = SCANS) -> list[float]:
    """The memory of the worker's child after each scan, in MB."""
    with replay("large") as served, for_tests() as environment:
        os.environ.update(environment, **LEASE, **served.environment())
        os.environ |= {"DJANGO_SETTINGS_MODULE": "posture.settings", "LOG_LEVEL": "ERROR"}
        os.environ |= {"RATE_CEILINGS": UNHELD, RUN: "bench_soak"}
        import django

        django.setup()
        from django.db import connection

        with migrated_copy(connection, "large"):
            account = _connected()
            with _worker() as worker:
                return [_after_one(served, account, worker) for _ in range(scans)]


def _connected() -> Any:
    from posture.models import Account, Organisation
    from posture.models.tenancy import within

    organisation = Organisation(id=uuid.uuid4(), name="Soak")
    with within(organisation):
        organisation.save(force_insert=True)
        return Account.objects.create(
            organisation=organisation,
            aws_account=ACCOUNT,
            label="Large",
            role_arn=role_arn(),
            external_id="bench",
            state=Account.State.CONNECTED,
            profile={"product_types": ["saas_subscription", "ami"]},
        )


@contextmanager
def _worker() -> Iterator[int]:
    """A worker with one child; gives the worker's process id."""
    command = [
        *(sys.executable, "-m", "celery", "-A", "posture", "worker", "-Q", "scan,deliver,house"),
        *("--pool", "prefork", "-c", "1", "--max-tasks-per-child", "100000"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _after_one(served: Replaying, account: Any, worker: int) -> float:
    """Have the account scanned; gives what the worker's child holds then, in MB."""
    from posture.models import Scan
    from posture.models.tenancy import within
    from posture.scans import request_scan

    with within(account.organisation_id):
        scan, _ = request_scan(account=account, by=None, trigger="manual")
    until = time.monotonic() + PATIENCE_SECONDS
    while scan.is_active:
        if time.monotonic() > until:
            raise RuntimeError("A scan did not end.")
        time.sleep(0.2)
        with within(account.organisation_id):
            scan = Scan.objects.get(pk=scan.pk)
    if scan.state != Scan.State.DONE:
        raise RuntimeError(f"A scan ended as {scan.state}: {scan.reason}")
    return _resident(_child(worker))


def _child(worker: int) -> int:
    (child,) = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
    return int(child)


def _resident(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("The worker's child is gone.")


if __name__ == "__main__":
    main()
