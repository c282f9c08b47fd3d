"""M-AMMP-1: MFA of federated people is the identity provider's, which the account does not show."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.holder import READ_BY
from scanner.scope.portal_hints import federated_roles, names_fact
from scanner.vocabulary import Observed, gaps, seen


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Which federated roles reach the portal."""
    label = "SAML and Identity Center roles that reach the portal"
    return names_fact(label, federated_roles(snapshot), READ_BY)


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether anybody reaches the portal through federation."""
    found = federated_roles(snapshot)
    missing = gaps(found)
    if seen(found) or not missing:
        return bool(seen(found))
    return missing[0]


CONTROL = attested(
    module=__name__,
    title="The identity provider insists on MFA for everyone who reaches the portal",
    statement="Our identity provider lets nobody into roles that reach the portal without MFA.",
    risk="One phished password of the identity provider opens listings, payouts and buyer data.",
    steps=(
        "List the people whom the identity provider lets into the roles shown in the evidence.",
        "In the identity provider, or in IAM Identity Center under Settings, Authentication, require"
        " MFA at every sign-in for them.",
        "Sign in once without a second factor and see that it is refused.",
        "Keep the export of the provider's rule as evidence.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, Management Portal user access"),
        Reference(
            "IAM user guide, security best practices",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    hint=hint,
    applies=applies,
    not_applicable_because="No role that a SAML provider or Identity Center lets people into can use"
    " the Management Portal.",
    reads=("iam.roles", "iam.groups", "iam.policies"),
)
