"""Mutation testing: how many of a seeded sample of mutants do the tests of judgement notice?

python -m bench.long.mutation             # the sample
python -m bench.long.mutation ID...       # these mutants, whether in the sample or not
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from bench.long import suite, trial
from bench.long.ledger import Measured
from bench.long.mutants import Mutant, chosen, mutants_of
from bench.long.reach import Reach, Uses

SEED = "seller-posture"
SAMPLE = 1_000
BAR = 85
PLACES = ("scanner/policy", "scanner/controls", "scanner/scope", "scanner/score.py")
PROCESSES = 2
NEAREST = 24
"""How many tests are tried first; most mutants do not outlive them."""

MOST = 600
"""How many are tried at all: a mutant that outlives so many is seldom killed by thousands more."""

PATIENCE = 4
"""Limit of CPU seconds: so many times what the tests usually take, and some more."""

AT_LEAST = 20
PASSED = frozenset({0, 5})
"""Exit codes of pytest: all tests passed, or there were none."""

NOTICED = frozenset({1, 2})
"""A test failed, or a test file could not be loaded."""

TIMED_OUT = frozenset({signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM})


@dataclass
class Trials:
    """A mutant, None for unchanged code, with the tests that are still to be run on it."""

    mutant: Mutant | None
    batches: deque[list[str]]
    hung: int = 0


@dataclass
class Result:
    """The fate of every mutant of a sample: killed, time limit, survived, unreached."""

    fates: Counter[str] = field(default_factory=Counter)
    left: list[Mutant] = field(default_factory=list)

    @property
    def killed(self) -> int:
        """Those that a test noticed, or that never come to an end."""
        return self.fates["killed"] + self.fates["time limit"]

    @property
    def share(self) -> float:
        """Percent of all, those that no test reaches included."""
        return 100 * self.killed / max(1, self.fates.total())


def population() -> list[Mutant]:
    """Every mutant of the code under test."""
    found = []
    for place in PLACES:
        path = suite.ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            found += mutants_of(str(file.relative_to(suite.ROOT)), file.read_text())
    return found


def recorded() -> Reach:
    """Run all tests on the code as it is; raises CalledProcessError if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder, str(part)) for part in range(PROCESSES)]
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.long.recorder", output, str(part), str(PROCESSES)],
                cwd=suite.ROOT,
                stdout=subprocess.DEVNULL,
            )
            for part, output in enumerate(outputs)
        ]
        for process in running:
            if process.wait() != 0:
                raise subprocess.CalledProcessError(process.returncode, process.args)
        parts = [json.loads(output.read_text()) for output in outputs]
    return reach_of(parts)


def reach_of(parts: Sequence[dict[str, Any]]) -> Reach:
    """Join what the recorders wrote."""
    seconds: dict[str, float] = {}
    lines: dict[str, dict[int, list[str]]] = {}
    for part in parts:
        seconds |= part["seconds"]
        for path, by_line in part["lines"].items():
            for line, tests in by_line.items():
                lines.setdefault(path, {}).setdefault(int(line), []).extend(tests)
    return Reach(seconds, lines, Uses(suite.ROOT, ("scanner", "tests")))


def batches_of(tests: list[str]) -> deque[list[str]]:
    """The nearest tests first, then the rest at once."""
    return deque(part for part in (tests[:NEAREST], tests[NEAREST:MOST]) if part)


class Laboratory:
    """A plugin of pytest: once all tests are collected it forks trials, two at a time."""

    def __init__(self, mutants: Sequence[Mutant], reach: Reach, logs: Path) -> None:
        self.mutants = mutants
        self.reach = reach
        self.logs = logs
        self.result = Result()
        self.is_trial = False
        self._waiting: deque[Trials] = deque()
        self._running: dict[int, Trials] = {}
        self._loaded: dict[str, list[FunctionType]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Let the parent find all fates and run no test; a trial runs what it is about."""
        self._loaded = trial.loaded_functions()
        gc.freeze()
        self._waiting.append(Trials(None, deque([sorted(self.reach.seconds)])))
        for mutant in self.mutants:
            batches = batches_of(self.reach.tests_of(mutant))
            if batches:
                self._waiting.append(Trials(mutant, batches))
            else:
                self._close(mutant, "unreached")
        while self._waiting or self._running:
            while self._waiting and len(self._running) < PROCESSES:
                trials = self._waiting.popleft()
                if self._begins(trials):
                    self._run(session, trials)
                    return None
            if self._running:
                pid, status = os.wait()
                trials = self._running.pop(pid)
                self._ended(trials, os.waitstatus_to_exitcode(status))
        return True

    def _begins(self, trials: Trials) -> bool:
        """Fork; returns whether this is the trial."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self._running[pid] = trials
            return False
        self.is_trial = True
        usual = sum(self.reach.seconds[test] for test in trials.batches[0])
        trial.limit(int(AT_LEAST + PATIENCE * usual), self._log(trials))
        return True

    def _run(self, session: pytest.Session, trials: Trials) -> None:
        """Leave the tests of a trial to pytest, or run them anew and end the process."""
        mutant, tests = trials.mutant, trials.batches[0]
        if mutant is not None:
            tree = trial.tree_of(mutant)
            in_place = self.reach.runs_only_in_tests(mutant)
            if not in_place or not trial.change(mutant, tree, self._loaded):
                os._exit(trial.run_anew(mutant, tree, tests))
        trial.Chosen(tests).pytest_collection_modifyitems(session.items)

    def _ended(self, trials: Trials, code: int) -> None:
        """Note the fate, or try the same mutant again."""
        mutant = trials.mutant
        if code in PASSED:
            trials.batches.popleft()
            if trials.batches:
                self._waiting.appendleft(trials)
            elif mutant is not None:
                self._close(mutant, "survived")
        elif code in NOTICED and mutant is not None:
            self._close(mutant, "killed")
        elif -code in TIMED_OUT and mutant is not None:
            trials.hung += 1
            if trials.hung == 1:
                self._waiting.appendleft(trials)
            else:
                self._close(mutant, "time limit")
        else:
            what = mutant or "the unchanged code"
            message = f"{what}: exit code {code}: {self._log(trials).read_text()[-2000:]}"
            raise RuntimeError(message)

    def _close(self, mutant: Mutant, fate: str) -> None:
        self.result.fates[fate] += 1
        if fate in {"survived", "unreached"}:
            self.result.left.append(mutant)
        print(f"{self.result.fates.total():5} {fate:10} {mutant}", flush=True)

    def _log(self, trials: Trials) -> Path:
        return self.logs / (trials.mutant.id if trials.mutant else "unchanged")


def examined(mutants: Sequence[Mutant], reach: Reach) -> Result:
    """Try the mutants; raises RuntimeError if unchanged code does not pass where they are tried."""
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(mutants, reach, Path(folder))
        # Not captured, so that a trial can write to a file of its own.
        code = suite.run(["-x", "-s", *suite.files()], laboratory)
        if laboratory.is_trial:
            sys.stdout.flush()
            os._exit(code)
    if code:
        message = f"the trials ended with exit code {code}"
        raise RuntimeError(message)
    return laboratory.result


def measure() -> Measured:
    """Try the sample, and list what survived."""
    mutants = population()
    result = examined(chosen(mutants, SAMPLE, SEED), recorded())
    for mutant in result.left:
        print(f"left: {mutant}")
    fates = ", ".join(f"{number} {fate}" for fate, number in sorted(result.fates.items()))
    return Measured(
        what=f"{SAMPLE:,} of {len(mutants):,} mutants, seed {SEED}: {fates}",
        figure=f"{result.share:.1f} % killed",
        bar=f"{BAR} %",
        held=result.share >= BAR,
    )


def main(ids: Sequence[str]) -> int:
    """Try the mutants that are named; returns 1 if one is left."""
    result = examined([one for one in population() if one.id in ids], recorded())
    return 1 if result.left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
