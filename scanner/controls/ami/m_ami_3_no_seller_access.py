"""M-AMI-3: the seller has no business in an instance that a buyer runs."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="The seller has no access to running instances",
    statement="We cannot reach running instances of buyers; any way in from outside is off by default and"
    " only the buyer can switch it on.",
    risk="Whoever takes over the seller reaches every customer's instance.",
    steps=(
        "Look in the image for authorized keys, accounts, VPN clients and remote support agents"
        " of your own, and remove them.",
        "See in a fresh instance which services start at boot and which connections they open.",
        "If support needs a way in, document how the buyer switches it on and off again.",
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
