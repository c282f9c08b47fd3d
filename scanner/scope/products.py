"""What the seller sells, by the catalog and by what the profile adds to it (controls.md 1.3, 1.7)."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from scanner.facts.catalog import Product
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Observed, derived, gaps, seen


class Kind(StrEnum):
    """A type of product as the catalog spells it."""

    SAAS = "SaaSProduct"
    AMI = "AmiProduct"
    CONTAINER = "ContainerProduct"


ANSWERS = {
    Kind.SAAS: frozenset({"saas_subscription", "saas_contract", "saas_contract_usage"}),
    Kind.AMI: frozenset({"ami"}),
    Kind.CONTAINER: frozenset({"container"}),
}
"""The profile's answers that say the same."""


def products_of(snapshot: Snapshot, kind: Kind) -> Listed[Product]:
    """The catalog's products of a type, in any state of publication."""

    def chosen(product: Product) -> list[Product]:
        return [product] if product.type.partition("@")[0] == kind else []

    return derived(snapshot.catalog.products, chosen)


def sells(snapshot: Snapshot, kind: Kind) -> Observed[bool]:
    """Say whether products of a type are sold; unobserved when the catalog may hide some.

    The profile may add to the catalog, never stand in for it: who refuses us the catalog must not
    gain by it. What the profile says is told in the gap's detail.
    """
    listed = products_of(snapshot, kind)
    if seen(listed) or says_so(snapshot, kind):
        return True
    missing = gaps(listed)
    if not missing:
        return False
    answered = snapshot.profile.product_types
    said = "the profile does not say" if answered is None else "the profile says no"
    return replace(missing[0], detail=f"{missing[0].detail}; {said}".removeprefix("; "))


def says_so(snapshot: Snapshot, kind: Kind) -> bool:
    """Say whether the profile names products of a type."""
    return not ANSWERS[kind].isdisjoint(snapshot.profile.product_types or ())
