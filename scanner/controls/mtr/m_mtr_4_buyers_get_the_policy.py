"""M-MTR-4: what usage instructions say has to be read by a person who knows the product."""

from __future__ import annotations

from scanner.control import Reference
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.mtr import sells_any
from scanner.scope.products import Kind
from scanner.vocabulary import Observed


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether images or containers are sold: their software meters in the buyer's account."""
    return sells_any(snapshot, Kind.AMI, Kind.CONTAINER)


CONTROL = attested(
    module=__name__,
    title="Usage instructions give the role and policy that buyers must attach",
    statement="The usage instructions of each AMI and container product that calls MeterUsage or"
    " RegisterUsage give the IAM role and the policy that buyers have to attach, and no wider one.",
    risk="Buyers who attach nothing cannot run the product, and others attach far too much.",
    steps=(
        "List the products whose software calls MeterUsage or RegisterUsage.",
        "Read their usage instructions as a buyer would: they name the action, a policy with it on"
        " all resources, and whether an instance, task or pod needs the role.",
        "Launch the product in a test account by the instructions alone.",
        "Add what is missing with a change of the version, and keep the text as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: metering and entitlement API permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/iam-user-policy-for-aws-marketplace-actions.html",
        ),
    ),
    minutes=60,
    applies=applies,
    not_applicable_because="No AMI or container product is sold from this account.",
    reads=("catalog.products",),
)
