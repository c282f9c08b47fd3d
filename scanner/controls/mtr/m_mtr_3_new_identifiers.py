"""M-MTR-3: when an integration was made no API tells; what its calls name, the event history does."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.metering_calls import LOOKUP, metering_calls
from scanner.scope.products import Kind, sells
from scanner.vocabulary import NotSeen, Observed, gaps, seen

NAMES = ("CustomerIdentifier", "CustomerAWSAccountId", "LicenseArn")


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How many calls of BatchMeterUsage named which identifier; raises NotSeen for no list."""
    listed = metering_calls(snapshot)
    calls = [{name.casefold() for name in call.parameters} for call in seen(listed)]
    missing = gaps(listed)
    if missing and not calls:
        raise NotSeen(*missing)
    counts = {name: sum(name.casefold() in named for named in calls) for name in NAMES}
    told = ", ".join(f"{name} in {count}" for name, count in counts.items())
    label = f"Identifiers in {len(calls)} calls of BatchMeterUsage, last 90 days"
    unread = (Fact("Not read", gap.sentence()) for gap in missing)
    return (Fact(label, told if calls else "no call seen", LOOKUP), *unread)


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether SaaS is sold."""
    return sells(snapshot, Kind.SAAS)


CONTROL = attested(
    module=__name__,
    title="New SaaS integrations use the buyer's account id and license",
    statement="Each SaaS integration that we made since 1 June 2026 uses CustomerAWSAccountId and"
    " LicenseArn in place of CustomerIdentifier, or we have made none.",
    risk="A buyer with several agreements for a product is billed for the wrong one, or not at all.",
    steps=(
        "Find the integrations made since 1 June 2026 and search their code for CustomerIdentifier.",
        "Store CustomerAWSAccountId and LicenseArn from ResolveCustomer, and send them with"
        " BatchMeterUsage and GetEntitlements.",
        "See in the event history that new calls name them, and keep the change as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Metering Service API reference, BatchMeterUsage",
            "https://docs.aws.amazon.com/marketplacemetering/latest/APIReference/API_BatchMeterUsage.html",
        ),
    ),
    minutes=60,
    hint=hint,
    applies=applies,
    not_applicable_because="No SaaS product is sold from this account.",
    reads=("catalog.products", "cloudtrail.events"),
)
