"""A trial judges the changed file and nothing else, and ends when its time is over."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.long import suite

PATH = "scanner/scope/pins.py"
TESTS = "tests/scanner/scope/test_pins.py"
SCRIPT = """
import os, sys
from pathlib import Path
from bench.long import trial
from bench.long.mutants import mutants_of

path, test, log, kind = sys.argv[1:]
mutants = [one for one in mutants_of(path, Path(path).read_text()) if one.scope]
change = None if kind == "unchanged" else mutants[0]
if kind == "endless":
    from bench.long import mutants
    endless = "while True:\\n    pass\\n"
    trial.mutated = lambda source, place: __import__("ast").parse(endless)

class Every(trial.Chosen):
    def pytest_collection_modifyitems(self, items): ...

trial.Chosen = Every
pid = trial.begin(change, [test], 3 if kind == "endless" else 60, Path(log))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize(
    ("kind", "code"), [("unchanged", 0), ("changed", 1), ("endless", -signal.SIGXCPU)]
)
def test_a_trial_ends_like_its_tests_or_with_its_time(kind: str, code: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, PATH, TESTS, str(log), kind],
        cwd=suite.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(ran.stdout) == code, log.read_text()
