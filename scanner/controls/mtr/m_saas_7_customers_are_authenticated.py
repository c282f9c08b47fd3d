"""M-SAAS-7: who signs in to the product is known to the product alone."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.saas import GUIDELINES, GUIDELINES_URL, NOT_SOLD, READS, sells_saas

CONTROL = attested(
    module=__name__,
    title="Customers are authenticated before they get in",
    statement="Our SaaS product lets in only people and machines that it has authenticated,"
    " and offers MFA.",
    risk="Whoever guesses a password or forwards a registration link becomes the customer.",
    steps=(
        "Resolve the registration token on the server, and tie the account to who signed up.",
        "Offer single sign-on or MFA, and ask for it where people administer a tenant.",
        "Store passwords with a slow hash, limit attempts, and end sessions.",
        "Keep the description and the test as evidence.",
    ),
    references=(Reference(GUIDELINES, GUIDELINES_URL),),
    applies=sells_saas,
    not_applicable_because=NOT_SOLD,
    reads=READS,
)
