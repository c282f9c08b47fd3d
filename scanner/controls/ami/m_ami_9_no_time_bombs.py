"""M-AMI-9: what is sold has to be the whole product, for as long as it is paid for."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The product has no limits by time or users and is no beta",
    statement="No version is a beta or limits time, users or functions beyond what the listing says, and"
    " every free, BYOL or community product has a paid equivalent where the guide asks for one.",
    risk="The product is rejected or taken off sale.",
    steps=(
        "Look for licence checks, counters and dates of expiry in the software.",
        "Compare each BYOL or community listing with the paid one that belongs to it.",
        "Remove versions that are called beta, preview or evaluation.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    valid_days=90,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
