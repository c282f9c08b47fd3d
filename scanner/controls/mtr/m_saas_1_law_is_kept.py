"""M-SAAS-1: whoever sells a service answers for the law of the places it is sold in."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="The SaaS product keeps the laws that apply to it",
    statement="We know which laws apply to our SaaS product where we sell it, and we keep them.",
    risk="A listing that breaks the law of a buyer's country can be taken down, and buyers"
    " sue the seller.",
    steps=(
        "List the countries that the product is offered in, and the data of buyers that it"
        " handles.",
        "Have counsel name the laws that apply: data protection, export control, trade of the"
        " sector.",
        "Write down who keeps watch over changes, and when this was last reviewed.",
        "Keep the review as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
