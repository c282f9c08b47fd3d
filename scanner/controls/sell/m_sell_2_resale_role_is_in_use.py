"""M-SELL-2: the role for selling authorizations stays only as long as somebody resells."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.iam import Role
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.holder import READ_BY, SERVICE_LINKED
from scanner.vocabulary import Listed, Observed, complete, derived, gaps, seen

PATH = f"{SERVICE_LINKED}resale-authorization.marketplace.amazonaws.com/"


def resale_roles(snapshot: Snapshot) -> Listed[Role]:
    """The service-linked role, if the account has it; its path is AWS's alone."""
    return derived(snapshot.iam.roles, lambda role: [role] if role.path == PATH else [])


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Since when there is one, and when it was last used."""
    return tuple(
        Fact(
            role.name,
            f"made {role.created:%Y-%m-%d}, "
            + (f"last used {role.last_used:%Y-%m-%d}" if role.last_used else "no use on record"),
            READ_BY,
        )
        for role in seen(resale_roles(snapshot)) or complete(resale_roles(snapshot))
    )


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether the account has the role."""
    found = resale_roles(snapshot)
    missing = gaps(found)
    return missing[0] if missing and not seen(found) else bool(seen(found))


CONTROL = attested(
    module=__name__,
    title="The service-linked role for selling authorizations is in use",
    statement="We resell through selling authorizations, so the service-linked role shown in the"
    " evidence is needed.",
    risk="A role that nobody needs keeps sharing what you authorize with other accounts.",
    steps=(
        "In the Management Portal open Partners, Selling authorizations, and see whether any is in"
        " force.",
        "If none is and none is planned, open IAM, Roles, AWSServiceRoleForMarketplaceResale"
        "Authorization, and delete it.",
    ),
    references=(
        Reference(
            "Using roles for Resale Authorization",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/using-roles-for-resale-authorization.html",
        ),
    ),
    hint=hint,
    applies=applies,
    not_applicable_because="The account has no service-linked role for selling authorizations.",
    reads=("iam.roles",),
    minutes=10,
    breaks=("Selling authorizations that are in force cannot be shared while the role is gone.",),
)
