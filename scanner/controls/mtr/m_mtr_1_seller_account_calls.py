"""M-MTR-1: an API sees this account's calls, not those that another account makes in vain."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.holder import READ_BY
from scanner.scope.metering_calls import LOOKUP, call_facts, metering_calls
from scanner.scope.mtr import metering_principals
from scanner.scope.portal_hints import names_fact
from scanner.scope.products import Kind, sells
from scanner.scope.sell import called
from scanner.vocabulary import NotSeen, Observed, Unobserved, derived, gaps, seen


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Who may meter in this account (MTR-01), and who did (MTR-07); raises NotSeen for neither."""
    holders, calls = metering_principals(snapshot), metering_calls(snapshot)
    if isinstance(holders, Unobserved) and isinstance(calls, Unobserved):
        raise NotSeen(holders, calls)
    missing = [] if not isinstance(holders, Unobserved) else [holders]
    named = (
        ()
        if missing
        else names_fact(
            "With metering rights (MTR-01)", derived(holders, lambda one: [called(one)]), READ_BY
        )
    )
    none = Fact("Calls of BatchMeterUsage in the last 90 days (MTR-07)", "none seen", LOOKUP)
    unread = [Fact("Not read", gap.sentence()) for gap in (*missing, *gaps(calls))]
    return (*named, *(call_facts(seen(calls)) or (none,)), *unread)


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether SaaS is sold."""
    return sells(snapshot, Kind.SAAS)


CONTROL = attested(
    module=__name__,
    title="SaaS calls come from the registered seller account and fit the pricing model",
    statement="Our service calls ResolveCustomer, BatchMeterUsage and GetEntitlements with"
    " credentials of the account that is registered as seller, and of the last two those that each"
    " product's pricing model asks for.",
    risk="Calls of another account are refused: sign-ups fail and usage is not billed.",
    steps=(
        "List the SaaS products with their pricing models: subscriptions are metered, contracts have"
        " entitlements, contracts with consumption have both.",
        "See in the service's configuration which role each call is made with, and that the role is"
        " of the seller account; from another account the service assumes it.",
        "Keep the list, with the role of each product, as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: SaaS product guidelines",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-guidelines.html",
        ),
    ),
    hint=hint,
    applies=applies,
    not_applicable_because="No SaaS product is sold from this account.",
    reads=(
        "catalog.products",
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "cloudtrail.events",
    ),
)
