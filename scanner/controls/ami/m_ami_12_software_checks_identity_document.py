"""M-AMI-12: software that checks where it runs cannot be copied out of the image."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The software verifies identity document and product code at run time",
    statement="The software verifies the signature of the instance identity document and the product code"
    " in it each time it starts.",
    risk="Copies of the software run without a subscription.",
    steps=(
        "Read the instance identity document with a metadata token and verify its signature with"
        " AWS's certificate of the region.",
        "Compare the product codes in it with those of your listings.",
        "Refuse to start otherwise, and say why.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
        Reference(
            "Amazon EC2 User Guide: Instance identity documents",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html",
        ),
    ),
    valid_days=90,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
