"""M-AMI-1: a version should have passed AWS's own scan before buyers can get it."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import failed_changes

CONTROL = attested(
    module=__name__,
    title="AWS's scan and our own found nothing in the AMI before it was submitted",
    statement="Every version passed the test 'Add version' before it was submitted, and we know of no"
    " malware and no critical or high vulnerability in it.",
    risk="AWS rejects the version, or buyers run software with a known hole.",
    steps=(
        "Send the change set of the new version with the intent VALIDATE, or use Test 'Add"
        " version' in the Management Portal, and wait for its result.",
        "Mend what the error codes name; the evidence shows change sets that failed lately.",
        "Scan the packages of the image for known vulnerabilities yourself, and keep the report"
        " as evidence.",
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
    hint=failed_changes,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=(
        "catalog.products",
        "catalog.failures",
    ),
)
