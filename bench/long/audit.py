"""Known vulnerabilities of what the product is installed with, by the data of a public service."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.long import suite
from bench.long.ledger import Measured

FILE = "requirements/base.txt"
SECONDS = 600
WHAT = f"pip-audit --strict of {FILE}"
BAR = "no known vulnerability"


def measure() -> Measured:
    """Ask; where the data cannot be seen the figure says NOT RUN and the bar does not hold."""
    try:
        ran = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pip_audit",
                    "--strict",
                    "--require-hashes",
                    "--disable-pip",
                ),
                *("--progress-spinner", "off", "--format", "json", "-r", FILE),
            ],
            cwd=suite.ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return _not_run(f"no answer within {SECONDS} s")
    return judged(ran.stdout, ran.stderr)


def judged(answer: str, complaint: str) -> Measured:
    """Judge what pip-audit printed; an answer that is none, or leaves packages out, is not a pass."""
    try:
        packages: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = [line for line in complaint.splitlines() if line.strip()]
        return _not_run(said[-1].strip()[:200] if said else "it said nothing")
    skipped = [one["name"] for one in packages if "vulns" not in one]
    if skipped or not packages:
        return _not_run(f"not looked at: {', '.join(skipped) or 'any package'}")
    found = [f"{one['name']} {flaw['id']}" for one in packages for flaw in one["vulns"]]
    figure = f"{len(found)} in {len(packages)} packages"
    return Measured(WHAT, ": ".join(filter(None, (figure, ", ".join(found)))), BAR, held=not found)


def _not_run(why: str) -> Measured:
    return Measured(WHAT, f"NOT RUN: {why}", BAR, held=False)
