"""M-AMI-7: buyers launch from the website, where they enter no user data."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The product launches from the website without user data",
    statement="Every version works when it is launched from the AWS Marketplace website without user data,"
    " or comes with a CloudFormation template that launches it.",
    risk="Buyers pay for an instance that never starts the product.",
    steps=(
        "Launch the version from its listing with a limited account, without user data, and"
        " follow only the usage instructions.",
        "If it needs parameters at launch, add a CloudFormation delivery option that asks for"
        " them.",
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
