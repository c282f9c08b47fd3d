"""M-SAAS-8: a procedure and an address are people's work; the account shows neither."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Incidents are told to buyers, and can be reported to us",
    statement="We tell affected buyers and AWS of security incidents in time, and anybody can"
    " report one to us.",
    risk="Buyers who learn of a breach from the news do not come back, and finders without an"
    " address publish.",
    steps=(
        "Publish how to report a security problem: an address, or a security.txt, that people"
        " read.",
        "Write down who decides, who informs buyers and AWS, and within how many hours.",
        "Rehearse it once a year with those who would do it.",
        "Keep address, procedure and date of the rehearsal as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
