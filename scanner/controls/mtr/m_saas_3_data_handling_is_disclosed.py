"""M-SAAS-3: what a seller does with buyers' data is written in the listing, not in the account."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Buyers are told how their data is handled",
    statement="We tell buyers which of their data our SaaS product collects, where it lies,"
    " why, and who gets it.",
    risk="Buyers who find out later that data went elsewhere leave, and AWS delists the product.",
    steps=(
        "Write down which data the product collects, for what, where it is stored and for how"
        " long.",
        "Name the subprocessors, and the other services that get a part of it.",
        "Put it into the privacy notice, and link it from the listing and the product.",
        "Keep the address and the date of the notice as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
