"""Reads the table of seeded faults from a seed module's docstring, so that a test can compare findings with it."""

from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class SeededFault:
    """A fault in a seed: the control that finds it, its severity, how the key of the resource ends, what it is."""

    control: str
    severity: str
    resource_end: str
    fault: str


def seeded_faults(module: ModuleType) -> tuple[SeededFault, ...]:
    """The rows of the table in the module's docstring, in its order."""
    rows = [
        tuple(cell.strip() for cell in line.split("|"))
        for line in (module.__doc__ or "").splitlines()
        if line.count("|") == 3
    ]
    return tuple(SeededFault(*row) for row in rows if row[0] != "control" and set(row[0]) != {"-"})
