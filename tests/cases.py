"""Rows of a control's test table: a snapshot, and what the control must say about each resource.

Every twin of a control holds its rows in `CASES`; `tests/contracts/test_controls.py` reads them
too, to prove what must hold for all controls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.collect.plan import ALL_ACTIONS
from scanner.control import Control, Outcome, outcomes_of
from scanner.evidence import Excerpt, Piece
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Severity, Status


@dataclass(frozen=True)
class Expected:
    """What one outcome must be; `says` stands in its reasons, `shows` in its evidence."""

    status: Status
    severity: Severity | None = None
    says: str = ""
    shows: str = ""
    missing: str = ""

    def holds_for(self, outcome: Outcome) -> None:
        """Assert it of an outcome."""
        assert outcome.status is self.status, outcome.reason
        if self.severity is not None:
            assert outcome.severity is self.severity, outcome.reason
        assert self.says in outcome.reason
        assert self.shows in "\n".join(text_of(piece) for piece in outcome.evidence)
        assert self.missing in outcome.missing_action


def passes(says: str = "", *, shows: str = "") -> Expected:
    """The requirement holds."""
    return Expected(Status.PASS, says=says, shows=shows)


def fails(severity: Severity, says: str, *, shows: str = "") -> Expected:
    """The requirement does not hold, that badly, and the reason says why."""
    return Expected(Status.FAIL, severity, says, shows)


def not_applicable(says: str = "", *, shows: str = "") -> Expected:
    """The requirement is not about this resource."""
    return Expected(Status.NOT_APPLICABLE, says=says, shows=shows)


def not_assessed(missing: str, says: str = "", *, shows: str = "") -> Expected:
    """Something was not seen; `missing` is the IAM action that would show it."""
    assert missing, "a control that crashes is not assessed too: name the action"
    return Expected(Status.NOT_ASSESSED, says=says, shows=shows, missing=missing)


@dataclass(frozen=True)
class Case:
    """One row: `expected` is for the only outcome, or maps the names of resources."""

    sentence: str
    snapshot: Snapshot
    expected: Expected | Mapping[str, Expected]

    def __str__(self) -> str:
        """The name of the test."""
        return self.sentence

    def holds_for(self, control: Control[Any]) -> None:
        """Assert that the control says exactly this, and that its remedy can be filled."""
        outcomes = judged(control, self.snapshot)
        if isinstance(self.expected, Expected):
            assert len(outcomes) == 1, sorted(outcomes)
            self.expected.holds_for(next(iter(outcomes.values())))
            return
        assert sorted(outcomes) == sorted(self.expected)
        for name, expected in self.expected.items():
            expected.holds_for(outcomes[name])


def judged(control: Control[Any], snapshot: Snapshot) -> dict[str, Outcome]:
    """The outcomes by resource name; what holds for all is looked at on the way.

    What was read or missing is an action that scans call, and a fail's remedy asks for each value.
    """
    outcomes = outcomes_of(control, snapshot)
    by_name = {outcome.name: outcome for outcome in outcomes}
    assert len(by_name) == len(outcomes), "two resources of one name: tell them apart by key"
    for outcome in outcomes:
        assert outcome.reasons
        asked = [gap.action for gap in outcome.missing]
        asked += [one for piece in outcome.evidence for one in piece.read_by.split(", ")]
        assert {*asked, ""} <= {*ALL_ACTIONS, ""}
        if outcome.status is Status.FAIL:
            fill(control.remedy, outcome.values)
            assert outcome.values.keys() <= control.remedy.placeholders()
    return by_name


def text_of(piece: Piece) -> str:
    """A piece of evidence as one text."""
    if isinstance(piece, Excerpt):
        return f"{piece.title}\n{piece.text}\n{piece.note}"
    return f"{piece.label}: {piece.value}"
