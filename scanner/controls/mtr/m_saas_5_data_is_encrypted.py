"""M-SAAS-5: the stores and endpoints of the product may lie in other accounts than this one."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Buyers' data is encrypted in transit and at rest",
    statement="Our SaaS product encrypts buyers' data in transit with TLS 1.2 or later, and"
    " at rest everywhere.",
    risk="A copied disk, backup or line gives away what buyers entrusted to the product.",
    steps=(
        "List the stores, queues, backups and exports that hold buyers' data, and how each is"
        " encrypted.",
        "Test each public endpoint: TLS 1.2 or later, valid certificates, no plain HTTP but a"
        " redirect.",
        "Say who may use the keys, and how they are rotated.",
        "Keep list and test as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
