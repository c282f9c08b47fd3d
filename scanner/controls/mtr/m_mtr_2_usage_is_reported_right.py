"""M-MTR-2: whether the records that the service sends are right only its tests show."""

from __future__ import annotations

from scanner.control import Reference
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.products import Kind, sells
from scanner.vocabulary import Observed


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether SaaS is sold."""
    return sells(snapshot, Kind.SAAS)


CONTROL = attested(
    module=__name__,
    title="Usage is reported every hour and once, and errors are tested",
    statement="Our service sends a record for each buyer every hour, also of zero usage, meters"
    " nothing twice, keeps the registration token out of cookies, and its handling of errors of the"
    " metering and entitlement APIs is tested.",
    risk="Usage that is sent late, twice or never makes wrong invoices, and a stolen token signs up"
    " somebody else.",
    steps=(
        "Publish a limited listing and subscribe to it from a test account of your own.",
        "Let a day pass: for each hour there is one record, zero where nothing was used.",
        "Send the same record again, with another quantity, and to a customer who left: check what"
        " the service makes of each answer.",
        "See that the page buyers land on resolves the token on the server and stores the customer's"
        " identifiers, not the token.",
        "Keep the record of the test as evidence, and repeat it after each change of this code.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, SaaS integration checklist"),
        Reference(
            "AWS Marketplace Seller Guide: SaaS product guidelines",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-guidelines.html",
        ),
    ),
    minutes=120,
    applies=applies,
    not_applicable_because="No SaaS product is sold from this account.",
    reads=("catalog.products",),
)
