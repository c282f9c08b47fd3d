"""M-AMI-8: what a product does with data and money of buyers has to be in the open."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="Rules on data, payment, dependencies and add-ons are respected and disclosed",
    statement="Collection of customer data needs an opt-in and is disclosed, payment data is never asked"
    " for, external dependencies are named, and neither add-ons nor links lead buyers to pay"
    " outside AWS Marketplace.",
    risk="The product is taken off sale, and buyers learn from others what it sends home.",
    steps=(
        "List every connection that the product opens by itself, and what it sends.",
        "Put collection of customer data behind an opt-in, and say in the listing what is"
        " collected.",
        "Name external services and downloads that the product needs in its description.",
        "Remove prices, upgrades and links that lead to a purchase elsewhere.",
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
