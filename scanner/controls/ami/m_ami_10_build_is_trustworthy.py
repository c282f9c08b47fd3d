"""M-AMI-10: an image is as trustworthy as what it was made of, and how."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import base_images

CONTROL = attested(
    module=__name__,
    title="The image is built from a trusted base in a repeatable way",
    statement="Every image is built by a repeatable build from a trusted public EC2 image, with the least"
    " software, encrypted end to end with valid certificates, with the OWASP Top 10 in mind, and"
    " is penetration tested.",
    risk="Nobody can say what is in the image, nor build it again without the flaw.",
    steps=(
        "See in the evidence what each image was made of, and who owns that image.",
        "Keep the build as code, and build the published version again from it.",
        "Remove packages and services that the product does not need.",
        "Test TLS of every endpoint, go through the OWASP Top 10, and keep the last penetration"
        " test as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    valid_days=90,
    hint=base_images,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=(
        "catalog.products",
        "ec2.images",
    ),
)
