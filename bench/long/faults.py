"""Scenarios in full number: those tests of faults, denials and remedies that a check runs in part."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as Tree
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.long import suite
from bench.long.ledger import Measured

PASSED, FAILED = 0, 1
FOLDER = "tests/posture/faults"
BAR = "nothing lost, nothing doubled"


@dataclass(frozen=True, slots=True)
class Faults:
    """A file of scenarios, the environment that makes it large, and what that is in words."""

    file: str
    environment: Mapping[str, str]
    what: str
    bar: str = BAR


RUNS: Mapping[str, Faults] = {
    "kills": Faults(
        f"{FOLDER}/test_killed.py",
        {"FAULT_MOMENTS": "25"},
        "SIGKILL at 25 named moments of scans, second looks and judging again, to the child of a "
        "worker and to the whole worker",
    ),
    "redis": Faults(
        f"{FOLDER}/test_redis.py",
        {"FAULT_SCANS": "200", "FAULT_SECONDS": "60"},
        "200 scans wait while Redis is emptied, killed and started, and silent for a minute",
    ),
    "database": Faults(
        f"{FOLDER}/test_database.py",
        {"FAULT_RESTARTS": "5"},
        "PostgreSQL is stopped 5 times, killed 5 times and cut off 5 times in the middle of a record, "
        "with scans waiting",
    ),
    "disk": Faults(
        f"{FOLDER}/test_disk_full.py",
        {"FAULT_DISKS": "1"},
        "the store of snapshots on a limit of 4 KiB a file, and on a full file system of 64 KiB",
    ),
    "roles": Faults(
        f"{FOLDER}/test_large_account.py",
        {"FAULT_ROLES": "5000"},
        "an account with 5,000 roles through a worker with a lease of two seconds",
    ),
    "beats": Faults(
        "tests/posture/test_beats.py",
        {"BEATS_ACCOUNTS": "50"},
        "two and then four beats hand out 1,000 slots of 20 organisations at once; a beat that was "
        "off; clocks that jump by an hour",
    ),
    "denials": Faults(
        "tests/scanner/scan/test_every_denial.py",
        {"DENIALS_WHOLE": "1"},
        "every action is denied in turn to whole scans of both demo accounts",
        "the scan completes, what needs the action is not assessed and names it, nothing passes",
    ),
    "remedies": Faults(
        "tests/sandbox/aws/test_remedies_work.py",
        {"REMEDIES_ALONE": "1"},
        "each fault alone is made in the fake AWS and its control's own commands are run",
        "the control passes after it, no other gets worse",
    ),
}
"""By the name of the run."""


def measure(name: str) -> Callable[[], Measured]:
    """Return the run of this name; it raises CalledProcessError if the tests cannot be run."""
    return lambda: _measure(RUNS[name])


def _measure(faults: Faults) -> Measured:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--tb=short"),
                *(f"--junit-xml={report}", faults.file),
            ],
            cwd=suite.ROOT,
            env=os.environ | faults.environment,
            check=False,
        )
        if ran.returncode not in {PASSED, FAILED}:
            raise subprocess.CalledProcessError(ran.returncode, ran.args)
        tried, broken = counted(report.read_text())
    return Measured(
        what=faults.what,
        figure=f"{tried - broken} of {tried} scenarios hold",
        bar=faults.bar,
        held=ran.returncode == PASSED,
    )


def counted(report: str) -> tuple[int, int]:
    """Return how many scenarios a JUnit report tells of, and how many of them broke."""
    suites = Tree.fromstring(report).iter("testsuite")  # noqa: S314 - pytest's own, from just now  # nosec B314 # text of our own tools
    numbers = [
        (int(one.get("tests", "0")), int(one.get("failures", "0")) + int(one.get("errors", "0")))
        for one in suites
    ]
    return sum(tried for tried, _ in numbers), sum(broken for _, broken in numbers)
