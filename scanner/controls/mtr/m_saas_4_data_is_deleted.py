"""M-SAAS-4: whether data is gone shows in the product's own stores, which nobody lets us read."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Buyers' data is deleted when it should be",
    statement="We delete the data of buyers who ask for it or leave, in the time that we promised.",
    risk="Data that nobody needs any more is stolen all the same, and cannot be explained to"
    " its owner.",
    steps=(
        "Write down in which stores, logs and backups a buyer's data lies.",
        "Make deletion a procedure that ends with a record, and let buyers get their data out"
        " before.",
        "Delete a test tenant, and look for what is left a backup cycle later.",
        "Keep the record of the test as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
