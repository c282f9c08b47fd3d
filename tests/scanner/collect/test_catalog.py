"""Products of all types are listed; AMI products tell their versions and images."""

import json
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect import catalog
from scanner.facts.catalog import Product, Version, VersionImage
from scanner.vocabulary import Partial, Unobserved, seen
from tests.fakes import DENIED, FakeAws, Reply

LIST, DESCRIBE = "aws-marketplace:ListEntities", "aws-marketplace:DescribeEntity"
ARN = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/AmiProduct/prod-1"
DETAILS: dict[str, Any] = {
    "Versions": [
        {
            "Id": "v-1",
            "VersionTitle": "2.1",
            "Sources": [
                {
                    "Type": "AmazonMachineImage",
                    "Image": "ami-1",
                    "Architecture": "x86_64",
                    "OperatingSystem": {"Name": "AMAZONLINUX", "Version": "2023"},
                },
                {"Type": "Other", "Id": "s-2"},
            ],
            "DeliveryOptions": [{"Visibility": "Limited"}, {"Visibility": "Public"}],
        }
    ]
}


def entities(region: str, params: Answer) -> Answer:
    kind = params["EntityType"]
    if kind != "AmiProduct":
        return {"EntitySummaryList": []}
    said = {"Name": "Gateway", "EntityType": kind, "EntityId": "prod-1", "EntityArn": ARN}
    return {"EntitySummaryList": [said | {"Visibility": "Public"}]}


def the_product(describe: Reply) -> Product:
    (product,) = seen(catalog.collect(FakeAws({LIST: entities, DESCRIBE: describe})).products)
    return product


@pytest.mark.parametrize(
    "answer", [{"DetailsDocument": DETAILS}, {"Details": json.dumps(DETAILS)}], ids=["new", "old"]
)
def test_an_ami_product_tells_its_versions_and_images(answer: Answer) -> None:
    product = the_product(answer)
    image = VersionImage("ami-1", "x86_64", "AMAZONLINUX 2023")
    assert product.versions == (Version("v-1", "2.1", "Public", (image,)),)
    assert (product.arn, product.type, product.visibility) == (ARN, "AmiProduct", "Public")


def test_a_product_without_versions_has_none() -> None:
    assert the_product({"DetailsDocument": {"Description": {}}}).versions == ()


@pytest.mark.parametrize(
    "answer",
    [{}, {"Details": "{cut"}, {"Details": "[1]"}, {"DetailsDocument": {"Versions": 7}},
     {"Details": "[" * 99_999}],
)  # fmt: skip
def test_details_that_cannot_be_read_are_unobserved(answer: Answer) -> None:
    versions = the_product(answer).versions
    assert isinstance(versions, Unobserved)
    assert (versions.action, versions.error) == (DESCRIBE, "BadAnswer")


def test_a_version_that_cannot_be_read_is_a_gap() -> None:
    source = {"Type": "AmazonMachineImage"}
    document = {"Versions": [*DETAILS["Versions"], {"Id": "v-2", "Sources": [source]}]}
    versions = the_product({"DetailsDocument": document}).versions
    assert isinstance(versions, Partial)
    assert [version.id for version in versions.items] == ["v-1"]


def test_refused_details_leave_the_product() -> None:
    gap = Unobserved(DESCRIBE, "AccessDenied", "us-east-1", DENIED.detail)
    assert the_product(DENIED).versions == gap


def test_all_product_types_are_asked_for() -> None:
    aws = FakeAws({LIST: {"EntitySummaryList": []}})
    assert catalog.collect(aws).products == ()
    assert {params["EntityType"] for _, _, params in aws.asked} == set(catalog.TYPES)


def test_a_type_that_is_refused_leaves_a_gap() -> None:
    def reply(region: str, params: Answer) -> Answer:
        if params["EntityType"] == "SaaSProduct":
            raise DENIED
        return entities(region, params)

    products = catalog.collect(
        FakeAws({LIST: reply, DESCRIBE: {"DetailsDocument": DETAILS}})
    ).products
    assert isinstance(products, Partial)
    assert [product.id for product in products.items] == ["prod-1"]


def test_a_product_that_comes_twice_is_one() -> None:
    def reply(region: str, params: Answer) -> Answer:
        answer = entities(region, params)
        return {"EntitySummaryList": answer["EntitySummaryList"] * 2}

    aws = FakeAws({LIST: reply, DESCRIBE: {"DetailsDocument": DETAILS}})
    assert len(seen(catalog.collect(aws).products)) == 1
