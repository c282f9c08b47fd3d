"""The audit of dependencies: what cannot be looked at is told apart from what is clean."""

import json
import subprocess

import pytest

from bench.long import __main__ as long
from bench.long import audit

CLEAN: dict[str, object] = {"name": "django", "version": "5.2", "vulns": []}
FLAWED: dict[str, object] = {
    "name": "old",
    "version": "1",
    "vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}],
}


def answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_no_vulnerability_holds() -> None:
    measured = audit.judged(answer(CLEAN, CLEAN), "")
    assert (measured.held, measured.figure) == (True, "0 in 2 packages")


def test_each_vulnerability_is_named() -> None:
    measured = audit.judged(answer(CLEAN, FLAWED), "Found 2 known vulnerabilities")
    assert (measured.held, measured.figure) == (False, "2 in 2 packages: old PYSEC-1, old GHSA-2")


@pytest.mark.parametrize(
    ("printed", "complaint", "why"),
    [
        ("", "WARNING: x\nERROR: connection refused\n", "ERROR: connection refused"),
        ("", "", "it said nothing"),
        ("{}", "", "it said nothing"),
        (answer(), "", "not looked at: any package"),
        (answer(CLEAN, {"name": "odd", "skip_reason": "unknown"}), "", "not looked at: odd"),
    ],
)
def test_what_could_not_be_looked_at_is_not_run_and_does_not_hold(
    printed: str, complaint: str, why: str
) -> None:
    measured = audit.judged(printed, complaint)
    assert (measured.held, measured.figure) == (False, f"NOT RUN: {why}")


def test_a_service_that_never_answers_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip_audit", timeout)

    monkeypatch.setattr(subprocess, "run", endless)
    assert audit.measure().figure == "NOT RUN: no answer within 600 s"


def test_it_is_one_of_the_runs() -> None:
    assert long.RUNS["audit"] is audit.measure
