"""M-PSC-1: buyers who opted out were promised that their contact data goes."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.psc import may_hold_contacts
from scanner.scope.report_hints import contacts_left

ONCE = 3650
"""The service has ended, so nothing can be added: one answer stands (controls.md section 10)."""

CONTROL = attested(
    module=__name__,
    title="Contact data of opted-out buyers was deleted everywhere",
    statement="Contact data of buyers that came by Product Support Connection was deleted"
    " everywhere when they opted out, and when the service ended.",
    risk="Buyers are called by people who must not have their number, and may complain.",
    steps=(
        "See in the evidence which buckets still hold exported files, and delete them (PSC-02).",
        "Search CRM, ticketing, mailing lists and laptops for what was imported from the exports.",
        "Delete what belongs to buyers who opted out, and all of it that nothing else justifies.",
        "If Product Support Connection was never used, say so in the assessment profile.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide of June 2023, Product Support Connection"),
    ),
    valid_days=ONCE,
    hint=contacts_left,
    applies=may_hold_contacts,
    not_applicable_because="Product Support Connection was never used, and no file of it is left.",
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets"),
)
