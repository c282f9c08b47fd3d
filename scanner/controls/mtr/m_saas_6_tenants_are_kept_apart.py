"""M-SAAS-6: isolation is built into the product; no API of AWS knows where one tenant ends."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Buyers are kept apart from each other",
    statement="No buyer of our SaaS product can reach the data or the settings of another.",
    risk="One forgotten check, and each buyer reads what all others stored.",
    steps=(
        "Write down what keeps tenants apart: accounts, schemas, row policies, scoped credentials.",
        "Let tests ask for other tenants' data by every way in: pages, API, search, exports,"
        " support.",
        "Run these tests with each release.",
        "Keep the last run as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
