"""Run what is measured against a bar and write it down: python -m bench.long [NAME...].

A run is a function without arguments that returns what it measured; to add one, name it in RUNS.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from bench.long import audit, faults, fleet, fuzz, mutation, soak, suite
from bench.long.ledger import PAGE, Measured, Row, written

RUNS: Mapping[str, Callable[[], Measured]] = {
    "mutation": mutation.measure,
    "fuzz": fuzz.measure,
    "audit": audit.measure,
    "soak": soak.measure,
    "throughput": fleet.scan_all,
    "migrating": fleet.migrate,
    **{name: faults.measure(name) for name in faults.RUNS},
}


def main(names: Sequence[str]) -> int:
    """Run these, or all; returns 1 if a bar does not hold and 2 if there is no such run."""
    unknown = [name for name in names if name not in RUNS]
    if unknown:
        print(f"There is no run called {', '.join(unknown)}; there is: {', '.join(RUNS)}.")
        return 2
    held = [_run(name) for name in names or RUNS]
    return 0 if all(held) else 1


def _run(name: str) -> bool:
    print(f"{name}: begins", flush=True)
    commit = _commit()
    measured = RUNS[name]()
    row = Row(datetime.now(UTC).date().isoformat(), commit, name, measured)
    PAGE.write_text(written(PAGE.read_text(), row))
    print(f"{name}: {row}", flush=True)
    return measured.held


def _commit() -> str:
    """The commit that is measured, and whether files differ from it."""
    commit = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(suite.ROOT)}")
    return f"{commit} and changes" if changed else commit


def _git(*arguments: str) -> str:
    ran = subprocess.run(
        ["git", *arguments], cwd=suite.ROOT, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
