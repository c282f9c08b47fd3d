"""Evidence: the few facts that prove a verdict, and documents with the offending lines marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.policy import Policy, Statement, lines_of, pretty

NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as people read it, and the IAM action that read it."""

    label: str
    value: str
    read_by: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A document with the 1-based, inclusive ranges of its offending lines and why they offend."""

    title: str
    text: str
    faults: tuple[tuple[int, int], ...] = ()
    note: str = ""
    read_by: str = ""


Piece = Fact | Excerpt


def some_of(names: Sequence[str]) -> str:
    """The first few names as they come, and how many more there are; empty for none.

    Where each of many resources fails for being one of them, all names in each finding would grow
    with the square of their number.
    """
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


def policy_excerpt(
    title: str,
    policy: Policy,
    statements: Iterable[Statement],
    *,
    note: str = "",
    read_by: str = "",
) -> Excerpt:
    """Show a whole policy with the lines of some of its statements marked as faults."""
    ranges = lines_of(policy, tuple(statement.index for statement in statements))
    return Excerpt(title, pretty(policy), ranges, note, read_by)
