"""Runs `python -m scanner` against a replay, as a seller would from a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.replaying import ROOT, Counted, Replaying, role_arn

RUNS = 3


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


def scan(served: Replaying, *, delay: float, throttled: bool = False) -> Scanned:
    """Scan once in a process of its own; what had to be recorded first is asked for again."""
    while True:
        served.begin(delay=delay, throttled=throttled)
        began = time.time()
        command = [sys.executable, "-m", "scanner", "--role-arn", role_arn(), "--external-id", "bench"]  # fmt: skip
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **served.environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        told = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        whole = time.time() - began
        counted = served.counted()
        if process.returncode:
            raise RuntimeError(f"The scanner ended with {process.returncode}.")
        if not counted.missed:
            return Scanned(
                counted,
                json.loads(told),
                counted.first - began,
                counted.last - counted.first,
                whole,
                used.ru_utime + used.ru_stime,
                used.ru_maxrss / 1024,
            )


def heading(command: str) -> str:
    """The first lines of a section of docs/performance.md."""
    load = os.getloadavg()[0]
    today = f"{datetime.now(UTC):%d %B %Y}".lstrip("0")
    return f"`{command}`, {today}, {os.cpu_count()} cores, load {load:.1f} at the start:\n"


def held(value: float, bar: float) -> str:
    """Whether a figure keeps below its bar, as a table says it."""
    return "yes" if value <= bar else "NO"
