"""Mutation testing: how many of a seeded sample of mutants do the tests of judgement notice?

python -m bench.long.mutation             # the sample
python -m bench.long.mutation ID...       # these mutants, whether in the sample or not
"""

from __future__ import annotations

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
from typing import Any

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

PATIENCE = 4
"""Limit of CPU seconds: so many times what the tests usually take, and some more."""

AT_LEAST = 20
UNCHANGED_SECONDS = 1_200
NOTICED = frozenset({1, 2, 3})
"""Exit codes of pytest: a test failed, a test file could not be imported, pytest itself broke."""

TIMED_OUT = frozenset({signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM})


@dataclass
class Trials:
    """A mutant with the tests that are still to be run on it."""

    mutant: Mutant
    batches: deque[list[str]]
    hung: int = 0
    fate: str = ""
    by: str = ""


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
    return deque(part for part in (tests[:NEAREST], tests[NEAREST:]) if part)


class Laboratory:
    """Runs trials, two at a time, and prints each fate as it is known."""

    def __init__(self, reach: Reach, logs: Path) -> None:
        self.reach = reach
        self.logs = logs
        self.result = Result()
        self.running: dict[int, Trials] = {}

    def examine(self, mutants: Sequence[Mutant]) -> Result:
        """Find the fate of all of them."""
        waiting = deque(Trials(one, batches_of(self.reach.tests_of(one))) for one in mutants)
        while waiting or self.running:
            while waiting and len(self.running) < PROCESSES:
                self._start(waiting.popleft())
            if self.running:
                pid, status = os.wait()
                again = self._ended(self.running.pop(pid), os.waitstatus_to_exitcode(status))
                waiting.extendleft(again)
        return self.result

    def _start(self, trials: Trials) -> None:
        if not trials.batches:
            self._close(trials, "unreached")
            return
        tests = trials.batches[0]
        usual = sum(self.reach.seconds[test] for test in tests)
        limit = int(AT_LEAST + PATIENCE * usual)
        self.running[trial.begin(trials.mutant, tests, limit, self._log(trials))] = trials

    def _ended(self, trials: Trials, code: int) -> list[Trials]:
        """What to try next on the same mutant, if anything."""
        if -code in TIMED_OUT:
            trials.hung += 1
            if trials.hung == 1:
                return [trials]
            self._close(trials, "time limit")
        elif code in NOTICED:
            self._close(trials, "killed")
        elif code in {0, 5}:
            trials.batches.popleft()
            if trials.batches:
                return [trials]
            self._close(trials, "survived")
        else:
            message = f"{trials.mutant}: exit code {code}: {self._log(trials).read_text()[-2000:]}"
            raise RuntimeError(message)
        return []

    def _close(self, trials: Trials, fate: str) -> None:
        self.result.fates[fate] += 1
        if fate in {"survived", "unreached"}:
            self.result.left.append(trials.mutant)
        print(f"{self.result.fates.total():5} {fate:10} {trials.mutant}", flush=True)

    def _log(self, trials: Trials) -> Path:
        return self.logs / trials.mutant.id


def examined(mutants: Sequence[Mutant], reach: Reach) -> Result:
    """Try the mutants, once it is certain that unchanged code passes where they are tried."""
    trial.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        _expect_a_pass(reach, Path(folder))
        return Laboratory(reach, Path(folder)).examine(mutants)


def _expect_a_pass(reach: Reach, logs: Path) -> None:
    """Run every test on unchanged code; raises RuntimeError if that is not a pass."""
    tests = sorted(reach.seconds)
    running = {}
    for part in range(PROCESSES):
        log = logs / str(part)
        running[trial.begin(None, tests[part::PROCESSES], UNCHANGED_SECONDS, log)] = log
    for pid, log in running.items():
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code:
            message = f"the unchanged code: exit code {code}: {log.read_text()[-2000:]}"
            raise RuntimeError(message)


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
