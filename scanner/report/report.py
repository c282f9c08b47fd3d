"""The report of a scan: snapshot, outcomes, score, calls, and what was not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from scanner.control import Outcome
from scanner.facts.codec import dump
from scanner.facts.gaps import gaps_in
from scanner.facts.snapshot import Snapshot
from scanner.score import Score
from scanner.vocabulary import Unobserved

ENGINE = "seller-posture 0.1.0"
"""Name and version of what judged; stored with every result."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The calls of a scan: by IAM action, retries included, refused ones, throttled ones."""

    by_action: Mapping[str, int] = field(default_factory=dict)
    denied: int = 0
    throttled: int = 0

    @property
    def total(self) -> int:
        """All requests that were sent."""
        return sum(self.by_action.values())


@dataclass(frozen=True)
class Report:
    """What one visit gave; `seconds` has "collect" and "judge"."""

    snapshot: Snapshot
    outcomes: tuple[Outcome, ...]
    score: Score
    calls: Tally
    seconds: Mapping[str, float]
    engine: str = ENGINE

    @cached_property
    def unobserved(self) -> tuple[Unobserved, ...]:
        """Everything that AWS would not tell or that could not be understood, once each."""
        return gaps_in(self.snapshot)

    @cached_property
    def document(self) -> bytes:
        """The snapshot as JSON, to be stored and judged again."""
        return dump(self.snapshot)
