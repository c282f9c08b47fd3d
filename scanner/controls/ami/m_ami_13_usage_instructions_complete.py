"""M-AMI-13: buyers protect what they have been told about."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import usage_texts

CONTROL = attested(
    module=__name__,
    title="Usage instructions tell where sensitive data is and how it is protected",
    statement="The usage instructions of every version name the places of sensitive data, how it is"
    " encrypted, how keys and credentials are rotated, and how to check the product's health.",
    risk="Buyers leave data unprotected and keys unchanged because nobody told them.",
    steps=(
        "See in the evidence which delivery options have usage instructions at all.",
        "Add the places of sensitive data, encryption, rotation of keys and credentials, and a"
        " health check.",
        "Let somebody who does not know the product follow them.",
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
    hint=usage_texts,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
