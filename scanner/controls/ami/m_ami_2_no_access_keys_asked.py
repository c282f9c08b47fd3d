"""M-AMI-2: a product that asks for access keys teaches its buyers to leave them lying about."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The product asks buyers for no access keys",
    statement="The product asks buyers for no AWS access keys; it uses a role with least privilege, and its"
    " instructions explain that role.",
    risk="Long-lived keys of buyers end up in the configuration of the product.",
    steps=(
        "Go through set-up, configuration files and templates for every prompt or parameter that"
        " takes an access key or secret key.",
        "Replace them by the role of the instance; list the actions that it needs, each with its"
        " resources.",
        "Write into the usage instructions which role and policy the buyer makes, or bring a"
        " CloudFormation template that makes them.",
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
