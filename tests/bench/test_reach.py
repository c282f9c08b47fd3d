"""A mutant is tried with the tests that run its statement or use what it defines, no others."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from bench.long.mutants import Mutant, mutants_of
from bench.long.mutation import NEAREST, batches_of
from bench.long.reach import Reach, Uses

FILES = {
    "scanner/policy/names.py": "SEND = 'sqs:SendMessage'\nBOTH = {SEND}\nREAD = 'sqs:Get'\n",
    "scanner/policy/__init__.py": "from scanner.policy.names import BOTH\n",
    "scanner/scope/made.py": (
        "def one(name):\n    return name + 'x'\ndef two():\n    return [one('a')]\nMADE = two()\n"
    ),
    "scanner/scope/queues.py": (
        "from scanner.policy import BOTH\n"
        "from scanner.policy import names\n"
        "def may(one):\n"
        "    if one:\n"
        "        return one in BOTH\n"
        "    return one == names.READ\n"
    ),
    "scanner/controls/sqs/sqs_01_sent.py": "CONTROL = {'sqs:Get'}\n",
    "tests/test_made.py": "from scanner.scope.made import MADE\n",
    "tests/test_names.py": "from scanner.policy.names import SEND\n",
    "tests/test_others.py": "from scanner.policy.names import READ as READING\n",
    "tests/contracts/test_controls.py": "",
}
LINES = {
    "scanner/scope/queues.py": {
        4: ["tests/test_queues.py::wide", "tests/test_queues.py::narrow"],
        5: ["tests/test_queues.py::narrow", "tests/test_queues.py::wide"],
        6: ["tests/test_queues.py::wide"],
    }
}
SECONDS = dict.fromkeys(
    (
        "tests/test_made.py::a",
        *("tests/test_names.py::a", "tests/test_names.py::b", "tests/test_others.py::a"),
        *("tests/test_queues.py::wide", "tests/test_queues.py::narrow"),
        "tests/contracts/test_controls.py::all",
        *(f"tests/contracts/test_controls.py::each[SQS-{number}]" for number in ("01", "02")),
    ),
    0.1,
)


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Reach(SECONDS, LINES, Uses(tmp_path, ("scanner", "tests")))


def mutant(path: str, before: str) -> Mutant:
    return next(one for one in mutants_of(path, FILES[path]) if one.before == before)


def test_in_a_function_those_that_run_the_statement_the_narrowest_first(reach: Reach) -> None:
    path = "scanner/scope/queues.py"
    assert reach.tests_of(mutant(path, "one in BOTH")) == [
        "tests/test_queues.py::narrow",
        "tests/test_queues.py::wide",
    ]
    assert reach.tests_of(mutant(path, "one == names.READ")) == ["tests/test_queues.py::wide"]


def test_the_body_of_a_guard_is_not_the_guard() -> None:
    guard = next(
        one for one in mutants_of("a.py", "def f():\n  if a:\n    b()\n  else:\n    c()\n")
    )
    assert (guard.first, guard.last) == (2, 2)


def test_at_module_level_those_that_use_the_name_wherever_it_went(reach: Reach) -> None:
    path = "scanner/policy/names.py"
    assert reach.tests_of(mutant(path, "'sqs:SendMessage'")) == [
        "tests/test_names.py::a",
        "tests/test_names.py::b",
        "tests/test_queues.py::narrow",
        "tests/test_queues.py::wide",
    ]
    assert reach.tests_of(mutant(path, "'sqs:Get'")) == [
        "tests/test_others.py::a",
        "tests/test_queues.py::wide",
    ]


def test_what_ran_while_files_were_loaded_is_held_by_those_that_use_what_came_of_it(
    reach: Reach,
) -> None:
    assert reach.tests_of(mutant("scanner/scope/made.py", "'x'")) == ["tests/test_made.py::a"]


def test_a_control_is_held_by_what_holds_for_it_and_for_all(reach: Reach) -> None:
    found = reach.tests_of(mutant("scanner/controls/sqs/sqs_01_sent.py", "{'sqs:Get'}"))
    assert found == [
        "tests/contracts/test_controls.py::all",
        "tests/contracts/test_controls.py::each[SQS-01]",
    ]


def test_nothing_is_tried_where_nothing_reaches() -> None:
    many = [str(number) for number in range(NEAREST + 2)]
    assert batches_of([]) == deque()
    assert batches_of(many) == deque([many[:NEAREST], many[NEAREST:]])
