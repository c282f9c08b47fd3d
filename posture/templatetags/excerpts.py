"""Documents shown line by line, with the offending lines marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django import template

from posture.templatetags.names import spelled

register = template.Library()

LINES_AT_MOST = 2_000
COMMAND = re.compile(r"\baws [a-z]|\bcommand\b|-before\.json|(?:^| )--[a-z]|=\[|\bwith Add\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, and whether it is at fault."""

    text: str
    fault: bool


@register.inclusion_tag("parts/code.html")
def code_block(
    text: str,
    title: str,
    *,
    faults: Iterable[Sequence[int]] = (),
    note: str = "",
    numbered: bool = False,
) -> dict[str, object]:
    """Print a document in a frame with a copy button.

    `faults` holds 1-based, inclusive ranges of lines (scanner.evidence.Excerpt); `note` says under
    the document what is wrong with them.
    """
    lines = marked_lines(text, faults)
    return {
        "lines": lines[:LINES_AT_MOST],
        "left_out": max(0, len(lines) - LINES_AT_MOST),
        "title": title,
        "note": note,
        "where": named_ranges(faults),
        "numbered": numbered,
    }


def marked_lines(text: str, faults: Iterable[Sequence[int]]) -> list[Line]:
    """Split a document into its lines and mark those that stand in one of the ranges.

    Only a line feed ends a line: the scanner counts so, and other separators are spelled out.
    """
    ranges = [(one[0], one[-1]) for one in faults if one]
    return [
        Line(spelled(line), any(first <= number <= last for first, last in ranges))
        for number, line in enumerate(text.rstrip("\n").split("\n"), start=1)
    ]


def named_ranges(faults: Iterable[Sequence[int]]) -> str:
    """Say where the faults are: "Line 4", "Lines 11\u201317, 20"; nothing without faults."""
    ranges = [(one[0], one[-1]) for one in faults if one]
    if not ranges:
        return ""
    words = [f"{first}\u2013{last}" if last > first else f"{first}" for first, last in ranges]
    several = len(ranges) > 1 or ranges[0][1] > ranges[0][0]
    return f"{'Lines' if several else 'Line'} {', '.join(words)}"


@register.filter
def speaks_of_commands(text: str) -> bool:
    """Whether a text names a command, one of its options, or a file that a command has written."""
    return COMMAND.search(text) is not None
