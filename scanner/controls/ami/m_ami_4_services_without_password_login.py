"""M-AMI-4: a password that all instances share is known to everybody."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images

CONTROL = attested(
    module=__name__,
    title="Services of the product use no shared passwords",
    statement="No service of the product signs in with a password, but for non-administrative ones whose"
    " random secret is made for each instance and has to be changed at first use.",
    risk="One look into the image gives the password of every instance that buyers run.",
    steps=(
        "List every service in the image that asks for a password, databases and web consoles"
        " included.",
        "Let each first start make a random secret of its own, and force a change at the first"
        " sign-in.",
        "Start two instances and see that no secret is the same in both.",
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
