"""The seller's products in the Marketplace Catalog, and the images behind AMI products."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, unique
from scanner.facts.catalog import CatalogFacts, Product, Version, VersionImage
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, merged, seen

LIST = "aws-marketplace:ListEntities"
DESCRIBE = "aws-marketplace:DescribeEntity"
ACTIONS = (LIST, DESCRIBE)

CATALOG = "AWSMarketplace"
PAGE = 50
AMI_PRODUCT = "AmiProduct"
TYPES = (
    AMI_PRODUCT,
    "SaaSProduct",
    "ContainerProduct",
    "DataProduct",
    "MachineLearningProduct",
    "ProfessionalServicesProduct",
)


def collect(aws: Aws) -> CatalogFacts:
    """Read all products, one call at a time, for the catalog's limits are low."""
    products = merged(*(_products(aws, kind) for kind in TYPES))
    if isinstance(products, Unobserved):
        return CatalogFacts(products)
    described = tuple(
        replace(product, versions=_versions(aws, product))
        if product.type.partition("@")[0] == AMI_PRODUCT
        else product
        for product in seen(products)
    )
    return CatalogFacts(Partial(described, gaps(products)) if gaps(products) else described)


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


def _versions(aws: Aws, product: Product) -> Listed[Version]:
    answer = aws.call(
        "marketplace-catalog",
        "DescribeEntity",
        region=aws.home,
        Catalog=CATALOG,
        EntityId=product.id,
    )
    if isinstance(answer, Unobserved):
        return answer
    try:
        document = answer.get("DetailsDocument") or json.loads(answer["Details"])
        versions = tuple(document.get("Versions") or ())
    except (*MALFORMED, RecursionError) as fault:
        return bad_answer(DESCRIBE, aws.home, fault)
    return facts_from(versions, _version, action=DESCRIBE, region=aws.home)


def _version(said: Answer) -> Version:
    return Version(
        id=str(said.get("Id", "")),
        title=str(said.get("VersionTitle", "")),
        status=_status(said),
        images=tuple(_images(said.get("Sources") or ())),
    )


def _status(said: Answer) -> str:
    """The version's own status, or the visibility of its most visible delivery option."""
    shown = [str(one.get("Visibility", "")) for one in said.get("DeliveryOptions") or ()]
    public = "Public" if "Public" in shown else next(iter(shown), "")
    return str(said.get("Status") or said.get("Visibility") or public)


def _images(sources: Iterable[Answer]) -> Iterable[VersionImage]:
    for source in sources:
        if source.get("Type") != "AmazonMachineImage":
            continue
        system = source.get("OperatingSystem") or {}
        name = f"{system.get('Name', '')} {system.get('Version', '')}".strip()
        yield VersionImage(str(source["Image"]), str(source.get("Architecture", "")), name)
