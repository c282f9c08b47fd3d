"""The table of docs/assurance.md: one row for each run of each commit."""

from __future__ import annotations

from dataclasses import dataclass

from bench.long import suite

PAGE = suite.ROOT / "docs" / "assurance.md"
HEAD = "| Date | Commit | Run | What was run | Figure | Bar | Held |"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was run, the figure that came out, the bar, and whether the figure reaches it."""

    what: str
    figure: str
    bar: str
    held: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A dated result."""

    date: str
    commit: str
    name: str
    measured: Measured

    def __str__(self) -> str:
        """The row as it stands in the table."""
        one = self.measured
        held = "yes" if one.held else "no"
        cells = (self.date, self.commit, self.name, one.what, one.figure, one.bar, held)
        return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"

    @property
    def key(self) -> list[str]:
        """What a newer result of the same run on the same commit shares."""
        return [self.commit, self.name]


def written(page: str, row: Row) -> str:
    """The page with this row at the end of its table, instead of an older one of its kind.

    Raises ValueError if the page has no such table.
    """
    lines = page.splitlines()
    start = lines.index(HEAD) + 2
    end = start
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    kept = [line for line in lines[start:end] if _key(line) != row.key]
    return "\n".join([*lines[:start], *kept, str(row), *lines[end:]]) + "\n"


def _key(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")][2:4]
