"""Runs the benches of the scanner one after another: python -m bench.

Each prints its section of docs/performance.md; at the end a table says which bars were missed.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.scanning import MISSED

BENCHES = ("calls", "collecting", "rivals", "judging", "memory", "soak")
"""In processes of their own: a peak of memory never goes down, and Django is set up once."""


def main() -> int:
    """Run all, one at a time; gives 1 when a bar was missed or a bench broke."""
    rows = [_row(name) for name in BENCHES]
    print(f"{'bench':12} {'seconds':>8}  rows that miss a bar", *rows, sep="\n")
    return any(not row.endswith(" 0") for row in rows)


def _row(name: str) -> str:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True
    )
    missed = 0
    for line in process.stdout or ():
        print(line, end="", flush=True)
        missed += MISSED in line.split()
    told = str(missed) if process.wait() == 0 else f"it ended with {process.returncode}"
    return f"{name:12} {time.monotonic() - began:8.0f}  {told}"


if __name__ == "__main__":
    sys.exit(main())
