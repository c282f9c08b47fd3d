"""M-CTR-1: a container image takes its user, secrets and packages along to every buyer."""

from __future__ import annotations

from scanner.control import Reference
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.products import Kind, sells
from scanner.vocabulary import Observed


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether container products are sold."""
    return sells(snapshot, Kind.CONTAINER)


CONTROL = attested(
    module=__name__,
    title="Container images follow AWS's rules for container products",
    statement="Every container image runs as another user than root, holds no secrets, has only supported"
    " packages, and takes its AWS rights from IAM roles for tasks or service accounts.",
    risk="A hole in the container gives root, or credentials that all buyers share.",
    steps=(
        "Set a user other than root in every image, and start it with a read-only root file"
        " system.",
        "Scan all layers for secrets, and packages for known vulnerabilities and end of support.",
        "Let the product take its AWS rights from an IAM role for the task or service account,"
        " and say in the usage instructions which.",
        "Keep the scan's report as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Container-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/container-product-policies.html",
        ),
    ),
    applies=applies,
    not_applicable_because="No container product is sold from this account.",
    reads=("catalog.products",),
)
