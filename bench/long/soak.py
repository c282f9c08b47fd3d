"""Whether a worker keeps its size over 50 scans of the large account (bench.soak)."""

from __future__ import annotations

from bench.long.ledger import Measured
from bench.soak import BAR, GROWTH_BAR, SCANS, growth, soak


def measure() -> Measured:
    """Soak a worker; raises RuntimeError when a scan does not end well."""
    sizes = soak()
    most, grown = max(sizes), growth(sizes)
    return Measured(
        what=f"{SCANS} scans of the large account in one child of a worker",
        figure=f"{most:.0f} MB at most, {100 * (grown - 1):.1f} % more than after the tenth",
        bar=f"{BAR:.0f} MB, {100 * (GROWTH_BAR - 1):.0f} %",
        held=most <= BAR and grown <= GROWTH_BAR,
    )
