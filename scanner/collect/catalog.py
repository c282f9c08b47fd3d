"""The seller's products in the Marketplace Catalog, what AWS found in them, and failed changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scanner.aws import Answer, Aws
from scanner.collect.assessments import ACTIONS as ASSESSMENT_ACTIONS
from scanner.collect.assessments import assessments_of
from scanner.collect.catalog_items import DESCRIBE, details_in, versions_in, visibility_in
from scanner.collect.change_sets import ACTIONS as CHANGE_ACTIONS
from scanner.collect.change_sets import failed_since
from scanner.collect.reading import facts_from, unique
from scanner.facts.catalog import CatalogFacts, Product
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, merged, seen

LIST = "aws-marketplace:ListEntities"
ACTIONS = (LIST, DESCRIBE, *ASSESSMENT_ACTIONS, *CHANGE_ACTIONS)

CATALOG = "AWSMarketplace"
PAGE = 50
TYPES = (
    "AmiProduct",
    "SaaSProduct",
    "ContainerProduct",
    "DataProduct",
    "MachineLearningProduct",
    "ProfessionalServicesProduct",
)
VERSIONED = frozenset({"AmiProduct", "ContainerProduct"})
"""Types whose versions are read, and that AWS Marketplace assesses."""
DESCRIBED = VERSIONED | {"SaaSProduct"}
"""Types whose product code matters."""
PUBLIC = "Public"


def collect(aws: Aws, now: datetime) -> CatalogFacts:
    """Read all products, one call at a time, for the catalog's limits are low."""
    products = merged(*(_products(aws, kind) for kind in TYPES))
    described = tuple(_described(aws, product) for product in seen(products))
    complete = tuple(_assessed(aws, product) for product in described)
    return CatalogFacts(
        products=Partial(complete, gaps(products)) if gaps(products) else complete,
        failures=failed_since(aws, now),
    )


def _products(aws: Aws, kind: str) -> Listed[Product]:
    listed = aws.pages(
        "marketplace-catalog",
        "ListEntities",
        "EntitySummaryList",
        region=aws.home,
        Catalog=CATALOG,
        EntityType=kind,
        MaxResults=PAGE,
    )

    def product(said: Answer) -> Product:
        return Product(
            id=said["EntityId"],
            arn=said["EntityArn"],
            type=said.get("EntityType", kind),
            name=said.get("Name", ""),
            visibility=said.get("Visibility", ""),
        )

    made = facts_from(listed, product, action=LIST, region=aws.home)
    return unique(made, lambda one: one.arn)


def _kind(product: Product) -> str:
    """The product's type without its revision."""
    return product.type.partition("@")[0]


def _described(aws: Aws, product: Product) -> Product:
    """The product with its code and versions; versions are the gap when details were refused."""
    if _kind(product) not in DESCRIBED:
        return product
    answer = aws.call(
        "marketplace-catalog",
        "DescribeEntity",
        region=aws.home,
        Catalog=CATALOG,
        EntityId=product.id,
    )
    details = details_in(answer, aws.home)
    if isinstance(details, Unobserved):
        return replace(product, versions=details)
    return replace(
        product,
        versions=versions_in(details, aws.home) if _kind(product) in VERSIONED else (),
        visibility=product.visibility or visibility_in(details),
        code=str(details["Description"].get("ProductCode") or ""),
    )


def _assessed(aws: Aws, product: Product) -> Product:
    """The product with AWS's verdicts; what is not public needs none, so nobody asks."""
    if _kind(product) not in VERSIONED:
        return product
    if product.visibility not in {PUBLIC, ""}:
        return replace(product, assessments=NOT_READ)
    return replace(product, assessments=assessments_of(aws, product.id))
