"""Mutants of a real module, tried with its real tests: noticed, survived, endless, or unreached."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.long import suite

SCRIPT = """
import ast, json, os, sys, tempfile
from pathlib import Path
from bench.long import mutation, suite, trial
from bench.long.mutants import mutants_of

PATH, TESTS = "scanner/scope/traffic.py", "tests/scanner/scope/test_traffic.py"
ENDLESS = "while True:\\n    pass\\n"
NAMES = {
    "noticed": ("receives", "test_receives_with_and_without_messages_count"),
    "survived": ("receives", "test_waiting_messages_are_known_or_a_gap"),
    "reloaded": ("", "test_a_queue_of_which_nobody_asked_is_not_seen"),
    "endless": ("receives", "test_receives_with_and_without_messages_count"),
    "unreached": ("receives", ""),
}
kind = sys.argv[1]
scope, test = NAMES[kind]
tests = [f"{TESTS}::{test}"] if test else []
mutant = next(
    one
    for one in mutants_of(PATH, Path(PATH).read_text())
    if one.scope == scope and (scope or one.names == ("READ",))
)
if kind == "endless":
    mutation.AT_LEAST = 2
    trial.tree_of = lambda mutant: ast.parse(Path(PATH).read_text().replace("return (traffic", "while True: (traffic"))

class Near:
    seconds = dict.fromkeys(tests, 0.1)
    def tests_of(self, mutant): return tests
    def runs_only_in_tests(self, mutant): return bool(mutant.scope)

with tempfile.TemporaryDirectory() as folder:
    laboratory = mutation.Laboratory([mutant], Near(), Path(folder))
    code = suite.run(["-x", "-s", TESTS], laboratory)
    if laboratory.is_trial:
        sys.stdout.flush()
        os._exit(code)
print(json.dumps(laboratory.result.fates))
"""


@pytest.mark.parametrize(
    ("kind", "fate"),
    [
        ("noticed", "killed"),
        ("reloaded", "killed"),
        ("survived", "survived"),
        ("endless", "time limit"),
        ("unreached", "unreached"),
    ],
)
def test_the_fate_of_a_mutant(kind: str, fate: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, kind],
        cwd=suite.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == {fate: 1}, ran.stdout
