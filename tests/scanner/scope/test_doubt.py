"""What was not seen matters only where it may hide worse than what was found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scanner.scope.doubt import Doubt, hidden
from scanner.vocabulary import Severity
from tests.builders import denied

GAP = denied("kms:GetKeyPolicy")
OTHER = denied("sns:ListSubscriptions")


@dataclass(frozen=True)
class Fault:
    severity: Severity


@pytest.mark.parametrize(
    ("found", "doubted", "is_open"),
    [
        (None, Severity.LOW, True),
        (Severity.LOW, Severity.LOW, False),
        (Severity.LOW, Severity.MEDIUM, True),
        (Severity.HIGH, Severity.MEDIUM, False),
    ],
)
def test_a_doubt_counts_if_it_may_be_worse(
    found: Severity | None, doubted: Severity, *, is_open: bool
) -> None:
    faults = [] if found is None else [Fault(found)]
    assert hidden([*faults, Doubt(doubted, (GAP,))]) == ((GAP,) if is_open else ())


def test_each_gap_is_given_once() -> None:
    doubts = [Doubt(Severity.HIGH, (GAP, OTHER)), Doubt(Severity.LOW, (OTHER,))]
    assert hidden(doubts) == (GAP, OTHER)


def test_without_doubts_nothing_is_hidden() -> None:
    assert hidden([Fault(Severity.LOW)]) == hidden([]) == ()
