"""M-AMMP-4: what else runs in the account can reach what is sold from it."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.holder import READ_BY
from scanner.scope.portal_hints import foreign_workloads, names_fact


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Roles of workloads that seem to have nothing to do with Marketplace."""
    label = "Roles of services and pipelines without Marketplace rights"
    return names_fact(label, foreign_workloads(snapshot), READ_BY)


CONTROL = attested(
    module=__name__,
    title="The seller account is dedicated to AWS Marketplace",
    statement="Nothing runs in this account but what selling on AWS Marketplace needs.",
    risk="A break-in at any other workload of the account reaches listings, metering and buyer data.",
    minutes=120,
    steps=(
        "Look at the roles shown in the evidence: one that reads a product's queue belongs here.",
        "Move other workloads to accounts of their own in the same organization.",
        "The listings belong to this account, so it is everything else that moves.",
        "For an account made before 27 September 2017 read the guide's note on old accounts.",
    ),
    references=(Reference("AWS Marketplace Seller Guide, account considerations"),),
    hint=hint,
    reads=("iam.roles", "iam.groups", "iam.policies"),
)
