"""M-AMI-6: an image that only works in one region fails buyers in all others."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The image works in every region",
    statement="The image works in every region in which it is offered: no name, ARN or mirror of one region"
    " is built in.",
    risk="Buyers in other regions get an instance that fails or sends data across borders.",
    steps=(
        "Search configuration and scripts in the image for region names, ARNs, bucket names and"
        " package mirrors.",
        "Take the region from the instance metadata at run time instead.",
        "Launch the image in at least two regions and run the product's own tests.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
    ),
    valid_days=90,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
