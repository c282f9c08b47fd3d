"""What was not seen, weighed against what was found: it may hide something worse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from scanner.vocabulary import Severity, Unobserved


@dataclass(frozen=True, slots=True)
class Doubt:
    """What could not be seen, and how bad a fault it may hide."""

    severity: Severity
    gaps: tuple[Unobserved, ...]


class Graded(Protocol):
    """A fault that was found, or a doubt."""

    @property
    def severity(self) -> Severity: ...


def hidden(said: Iterable[Graded]) -> tuple[Unobserved, ...]:
    """Give the gaps of the doubts that may hide worse than all the faults that were found.

    Without them the faults stand as bad as they look; with them nobody knows how bad it is.
    """
    everything = list(said)
    faults = [one.severity.rank for one in everything if not isinstance(one, Doubt)]
    worst = min(faults, default=len(Severity))
    doubts = [one for one in everything if isinstance(one, Doubt) and one.severity.rank < worst]
    return tuple(dict.fromkeys(gap for one in doubts for gap in one.gaps))
