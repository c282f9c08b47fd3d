"""M-SELL-1: policies show who may do what, not whether it is that person's job."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.sell import sellers
from scanner.scope.tabs import portal_table
from scanner.vocabulary import NotSeen, Observed, Unobserved, gaps, seen


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Who reaches which part of the portal."""
    listed = sellers(snapshot)
    if isinstance(listed, Unobserved):
        raise NotSeen(listed)
    return tuple(portal_table(snapshot))


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether anybody reaches the portal."""
    listed = sellers(snapshot)
    missing = gaps(listed)
    return missing[0] if missing and not seen(listed) else bool(seen(listed))


CONTROL = attested(
    module=__name__,
    title="Permissions match each person's job",
    statement="Everyone shown in the evidence needs these parts of the portal for their job, and"
    " the secondary users for verification are the right people.",
    risk="Rights that nobody needs are used by whoever takes over the sign-in that has them.",
    steps=(
        "Go through the evidence with the people who lead product, finance and operations.",
        "Take away what a job does not need: the controls on seller policies say how.",
        "In the Management Portal open Settings and see that the secondary users for verification"
        " still work for you, and in that role.",
        "Keep the list with date and names as evidence.",
    ),
    references=(Reference("AWS Marketplace Seller Guide, Policies and permissions for sellers"),),
    hint=hint,
    applies=applies,
    not_applicable_because="Nobody in the account can use the Management Portal.",
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies"),
    minutes=60,
)
