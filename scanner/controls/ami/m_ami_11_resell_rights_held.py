"""M-AMI-11: a distribution that is not free may be resold only with a right to do so."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import operating_systems

CONTROL = attested(
    module=__name__,
    title="Resell rights exist for distributions that are not free",
    statement="For every operating system and component in the image that is not free we hold the right to"
    " resell it.",
    risk="The owner of the distribution has the product taken off sale, and claims damages.",
    steps=(
        "List the operating systems of all versions; the evidence shows what the listing declares.",
        "For each that is not free, find the contract that lets you resell it.",
        "Keep the contract or the vendor's confirmation as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    valid_days=90,
    hint=operating_systems,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
