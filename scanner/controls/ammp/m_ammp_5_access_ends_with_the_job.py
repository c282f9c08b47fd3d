"""M-AMMP-5: that a person's job has changed is known to people only."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.credentials import READ_BY
from scanner.scope.portal_hints import names_fact, stale_access


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Access that nobody seems to need, as AMMP-08 judges it."""
    return names_fact("Unused or old access (AMMP-08)", stale_access(snapshot), READ_BY)


CONTROL = attested(
    module=__name__,
    title="Access is removed when a person's role changes",
    statement="Whoever leaves or changes jobs loses portal access the same day, and we compared all"
    " people with access against our staff in the last quarter.",
    risk="People who left keep listings, payouts and buyer data within reach.",
    steps=(
        "Put portal access on the list of what is taken back when a person leaves or changes jobs.",
        "Each quarter compare users, groups and permission sets with the list of staff.",
        "Keep the signed list as evidence.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.12"),
    ),
    hint=hint,
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
)
