"""MTR-05: who meters all types of products with one identity cannot take one of them away."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER, METER_AMI, METER_CONTAINER, METER_SAAS, Granted
from scanner.remedy import Remedy
from scanner.scope import metering_rewrites
from scanner.scope.holder import Holder
from scanner.scope.metering_rewrites import taken
from scanner.scope.mtr import metering_principals, names_of
from scanner.scope.products import Kind, sells
from scanner.scope.sell import called
from scanner.vocabulary import NotSeen, Severity, known

TYPES = {"SaaS": METER_SAAS, "AMI": METER_AMI, "container": METER_CONTAINER}
OF_CONTAINERS = {"AMI", "container"}
REFUSAL = "one-product-type"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail on actions of two types; containers with custom metering need two of them."""
    meters = holder.grants_or_raises(METER)
    who = called(holder)
    held = [name for name, actions in TYPES.items() if meters.has_any(actions)]
    mixed = len(held) > 1
    if set(held) == OF_CONTAINERS and known(sells(snapshot, Kind.CONTAINER)):
        mixed = False
    if mixed:
        *most, last = held
        return failed(
            f"{who} has the metering rights of {', '.join(most)} and {last} products:"
            f" {names_of(meters.actions)}.",
            *holder.excerpts(meters, note="These statements bring the metering rights."),
            values=_values(holder, meters, snapshot),
        )
    if holder.gaps:
        raise NotSeen(*holder.gaps)
    return passed(f"{who} has the metering rights of one product type: {held[-1]}.")


def _values(holder: Holder, meters: Granted, snapshot: Snapshot) -> dict[str, str]:
    """SaaS stays where it is among them: the other calls run in the buyers' accounts."""
    first = METER_SAAS if meters.has_any(METER_SAAS) else METER_AMI
    others = METER - first
    values = taken(holder, meters.of(others), others, snapshot, refusal=REFUSAL)
    return values | {"name": holder.name, "others": names_of(meters.any_of(others))}


REMEDY = Remedy(
    summary="Split the metering rights of [[name]]: one role for each product.",
    minutes=30,
    console=(
        "Make a role for each other product that this account meters or tests, with [[others]] as"
        " its product needs them, and give it to the instance or task.",
        *metering_rewrites.STEPS,
    ),
    cli=metering_rewrites.CLI,
    cloudformation=metering_rewrites.CLOUDFORMATION,
    terraform=metering_rewrites.TERRAFORM,
    breaks=(
        "Calls of [[others]] by [[name]] are refused: buyers' accounts bring their own roles.",
    ),
    way_back="Delete the inline policy, put the old document back, or attach the policy again.",
)

CONTROL = Control(
    module=__name__,
    title="Each product type uses its own policy",
    severity=Severity.LOW,
    risk="Nobody can tell which product sent a record, nor stop one of them alone.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: metering and entitlement API permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/iam-user-policy-for-aws-marketplace-actions.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "catalog.products"),
    not_applicable_because="Nobody but administrators has metering or entitlement rights.",
    resources=metering_principals,
    check=check,
)
