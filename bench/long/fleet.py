"""A thousand accounts that are due at once, and an upgrade of a database with 100,000 findings."""

from __future__ import annotations

from bench import migrating, throughput
from bench.long.ledger import Measured

ACCOUNTS, FINDINGS = 1_000, 100_000


def scan_all() -> Measured:
    """Scan a fleet; nothing may be lost or run twice, and nobody waits longer than its share."""
    run = throughput.measure(ACCOUNTS)
    print(throughput.table(run), flush=True)
    waited, share = run.slowest
    return Measured(
        what=f"{ACCOUNTS:,} accounts of 20 organisations due at once, {run.slots} worker processes",
        figure=f"{60 * run.accounts / run.wall:.0f} scans a minute, {run.lost} lost, {run.again} "
        f"claimed again, longest wait {waited / max(share, 1.0):.2f} of its share",
        bar=f"none lost, none twice, {throughput.WAIT_BAR} of its share",
        held=run.held,
    )


def migrate() -> Measured:
    """Migrate from the release before; no lock may keep others waiting for long."""
    migrated = migrating.measure(FINDINGS)
    print(migrating.table(migrating.SINCE, FINDINGS, migrated), flush=True)
    return Measured(
        what=f"migrations from {migrating.SINCE} to the newest with {FINDINGS:,} findings",
        figure=f"{migrated.seconds:.1f} s, longest lock {migrated.longest:.2f} s",
        bar=f"no lock over {migrating.BAR:g} s",
        held=migrated.longest <= migrating.BAR,
    )
