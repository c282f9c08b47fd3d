"""M-AMI-15: a version takes its FPGA images along only if they are the seller's own."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.image_hints import fpga_images, names_fpga_images

CONTROL = attested(
    module=__name__,
    title="FPGA images belong to the account and stay within the limit",
    statement="Every FPGA image of a version belongs to this account, is in us-east-1, and no version has"
    " more than 15.",
    risk="The version cannot be published, or instances of buyers fail to load their FPGA.",
    steps=(
        "See in the evidence how many FPGA images each version names, and which of them are not"
        " ours.",
        "Copy those that are elsewhere with aws ec2 copy-fpga-image to us-east-1.",
        "Add a version that names at most 15.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    valid_days=90,
    hint=fpga_images,
    applies=names_fpga_images,
    not_applicable_because="No version of an AMI product names FPGA images.",
    reads=(
        "catalog.products",
        "ec2.fpga_images",
    ),
)
