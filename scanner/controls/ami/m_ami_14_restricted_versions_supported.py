"""M-AMI-14: buyers of a restricted version have 90 days to move, and need help for as long."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import public_listings

CONTROL = attested(
    module=__name__,
    title="Restricted versions are supported for 90 days, and listings stay within the limit",
    statement="Every restricted version is supported for at least 90 days, and we have no more public AMI"
    " listings than our quota, 75 by default.",
    risk="Buyers lose a version overnight, and AWS refuses new listings.",
    steps=(
        "See in the evidence which versions are restricted, and compare with the date on which"
        " they were.",
        "Put the end of support into the release notes.",
        "Ask for a higher quota, or restrict listings that nobody buys, before the limit is"
        " reached.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Managing versions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-versions.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    valid_days=90,
    hint=public_listings,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
