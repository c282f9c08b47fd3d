"""The runs of faults count scenarios by what pytest reports, and set figures that tests read."""

from __future__ import annotations

from bench.long import suite
from bench.long.faults import FOLDER, RUNS, counted

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="0" tests="9"/></testsuites>"""


def test_failures_and_errors_are_scenarios_that_do_not_hold() -> None:
    assert counted(REPORT) == (9, 3)


def test_every_run_has_a_file_that_reads_its_figures() -> None:
    for faults in RUNS.values():
        text = (suite.ROOT / faults.file).read_text()
        assert [name for name in faults.environment if f'"{name}"' not in text] == []


def test_all_moments_are_tried() -> None:
    text = (suite.ROOT / FOLDER / "moments.py").read_text()
    assert int(RUNS["kills"].environment["FAULT_MOMENTS"]) == text.count("\n    Moment(") >= 20
