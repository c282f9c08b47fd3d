"""The tests that judge mutants: those of judgement, run without Django, servers or chance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[2]
PLACES = (
    "tests/scanner/policy",
    "tests/scanner/scope",
    "tests/scanner/controls",
    "tests/scanner/test_control.py",
    "tests/scanner/test_score.py",
    "tests/contracts/test_controls.py",
)
TOO_BROAD = "test_hostile_policies.py"
"""Judges everything with every control; it has a run of its own."""

LEFT_OUT = (
    "tests/contracts/test_controls.py::test_refusing_a_read_never_makes_anything_look_better",
)
"""Judges each case again for every fact that it reads: a third of all the time."""

EXAMPLES = 30
"""Of each property test."""


def files() -> list[str]:
    """The test files, as paths from the root of the checkout."""
    found = []
    for place in PLACES:
        path = ROOT / place
        found += sorted(path.rglob("test_*.py")) if path.is_dir() else [path]
    return [str(one.relative_to(ROOT)) for one in found if one.name != TOO_BROAD]


def run(arguments: Sequence[str], plugin: object) -> int:
    """Run pytest in this process, with one plugin of ours; returns its exit code."""
    # The same examples every time, whatever the machine is busy with.
    settings.register_profile(
        "same",
        deadline=None,
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("same")
    fixed = [
        "--disable-plugin-autoload",
        *(f"--deselect={test}" for test in LEFT_OUT),
        "-c",
        str(ROOT / "bench/long/tests.ini"),
        "--rootdir",
        str(ROOT),
        "-p",
        "no:cacheprovider",
    ]
    return int(pytest.main([*fixed, *arguments], plugins=[plugin]))
