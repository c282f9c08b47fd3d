"""Whom the SaaS security policies of 30 April 2026 are for (controls.md section 10, M-SAAS)."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.scope.products import Kind, sells
from scanner.vocabulary import Observed

GUIDELINES = "AWS Marketplace Seller Guide: SaaS product guidelines, security of 30 April 2026"
GUIDELINES_URL = "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-guidelines.html"
NOT_SOLD = "No SaaS product is listed, and the profile names none."
READS = ("catalog.products",)


def sells_saas(snapshot: Snapshot) -> Observed[bool]:
    """Whether SaaS is sold, by the catalog or the profile; unobserved when products may be hidden."""
    return sells(snapshot, Kind.SAAS)
