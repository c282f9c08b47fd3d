"""M-SAAS-2: no API of AWS Marketplace sees what runs behind a SaaS listing."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Vulnerabilities of the SaaS product are found and fixed",
    statement="We scan our SaaS product and what it depends on for vulnerabilities and fix"
    " severe ones in time.",
    risk="An unpatched service gives the data of all buyers away at once.",
    steps=(
        "Scan code, dependencies, images and hosts of the product on a schedule.",
        "Set a time to fix by severity, and write down who accepts an exception and until when.",
        "Have the product tested by somebody who did not write it, at least once a year.",
        "Keep the last reports as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
