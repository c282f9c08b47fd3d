"""Rows that hold for each of the nine SaaS items: whom they are asked of."""

from __future__ import annotations

from scanner.facts.profile import Profile
from scanner.vocabulary import Partial, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

SAAS = a_product(type="SaaSProduct")
CATALOG = denied("aws-marketplace:ListEntities")


def saas_cases(statement: str, shows: str = "") -> tuple[Case, ...]:
    """The rows of an item that asks for `statement`; `shows` stands in its evidence."""
    asked = Expected(Status.MANUAL, says=f"To confirm: {statement}", shows=shows)
    return (
        Case("a seller of SaaS is asked", a_snapshot(products=(SAAS,)), asked),
        Case(
            "so is one whose profile says it",
            a_snapshot(profile=Profile(product_types=("saas_contract_usage",))),
            asked,
        ),
        Case(
            "whoever sells something else is not",
            a_snapshot(products=(a_product(),)),
            not_applicable("No SaaS product is listed"),
        ),
        Case("without products nobody is asked", a_snapshot(), not_applicable()),
        Case(
            "a catalog that cannot be read does not excuse",
            a_snapshot(products=CATALOG, profile=Profile(product_types=("ami",))),
            asked,
        ),
        Case(
            "a cut catalog may hide a product",
            a_snapshot(products=Partial((a_product(),), (CATALOG,))),
            asked,
        ),
    )
