"""Runs `python -m scanner` against a replay, as a seller would from a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.replaying import ROOT, Counted, Replaying, role_arn

RUNS = 3
MISSED = "NO"
"""What a row says of a bar that is not held."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan: what was asked, the report, and seconds from the start of the process."""

    counted: Counted
    report: dict[str, Any]
    to_first: float
    """Until the first call."""
    asking: float
    """From the first call to the last answer."""
    whole: float
    """Until the process ended."""
    cpu: float
    peak: float
    """Most memory that the process held, in MB."""

    @property
    def lost(self) -> int:
        """How much could not be read."""
        return len(self.report["unobserved"])


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that has ended: what it wrote, its exit code, and what it took."""

    told: bytes
    code: int
    began: float
    """When it was started, in seconds since 1970."""
    seconds: float
    cpu: float
    peak: float
    """Most memory that it held, in MB."""


def run(command: Sequence[str], environment: Mapping[str, str]) -> Ran:
    """Run a command to its end, with nothing of what it says beside its output shown."""
    began = time.time()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    told = process.stdout.read() if process.stdout else b""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    return Ran(told, process.returncode, began, time.time() - began, cpu, used.ru_maxrss / 1024)


def scan(served: Replaying, *options: str, delay: float, throttled: bool = False) -> Scanned:
    """Scan once in a process of its own; what had to be recorded first is asked for again."""
    command = [sys.executable, "-m", "scanner", "--role-arn", role_arn(), "--external-id", "bench"]
    while True:
        served.begin(delay=delay, throttled=throttled)
        ran = run([*command, *options], {**os.environ, **served.environment()})
        counted = served.counted()
        if ran.code:
            raise RuntimeError(f"The scanner ended with {ran.code}.")
        if not counted.missed:
            return Scanned(
                counted,
                json.loads(ran.told),
                counted.first - ran.began,
                counted.last - counted.first,
                ran.seconds,
                ran.cpu,
                ran.peak,
            )


def section(title: str, command: str, table: Callable[[], str]) -> None:
    """Print a section of docs/performance.md, ready to be put there."""
    load = os.getloadavg()[0]
    today = f"{datetime.now(UTC):%d %B %Y}".lstrip("0")
    print(f"## {title}: `{command}`\n", flush=True)
    print(f"{today}, {os.cpu_count()} cores, load {load:.1f} before:\n", flush=True)
    print(f"```\n{table()}```\n", flush=True)


def held(value: float, bar: float) -> str:
    """Whether a figure keeps below its bar, as a table says it."""
    return "yes" if value <= bar else MISSED
