"""Products of all types are listed; AMI and container products tell versions and images."""

import json
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect import catalog
from scanner.facts.catalog import (
    CatalogFacts,
    DeliveryOption,
    Product,
    RecommendedRule,
    Version,
    VersionImage,
)
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.builders import NOW
from tests.fakes import DENIED, FakeAws, Reply

LIST, DESCRIBE = "aws-marketplace:ListEntities", "aws-marketplace:DescribeEntity"
ASSESSMENTS, CHANGE_SETS = "aws-marketplace:ListAssessments", "aws-marketplace:ListChangeSets"
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
                    "OperatingSystem": {
                        "Name": "AMAZONLINUX",
                        "Version": "2023",
                        "Username": "ec2-user",
                        "ScanningPort": "22",
                    },
                    "AfiIds": ["afi-1"],
                },
                {"Type": "Other", "Id": "s-2"},
            ],
            "DeliveryOptions": [
                {"Id": "do-1", "Visibility": "Limited"},
                {"Id": "do-2", "Title": "64-bit", "Visibility": "Public"},
            ],
        }
    ]
}


def entities(region: str, params: Answer) -> Answer:
    kind = params["EntityType"]
    if kind != "AmiProduct":
        return {"EntitySummaryList": []}
    said = {"Name": "Gateway", "EntityType": kind, "EntityId": "prod-1", "EntityArn": ARN}
    return {"EntitySummaryList": [said | {"Visibility": "Public"}]}


def facts_of(listed: Reply, describe: Reply, **more: Reply) -> CatalogFacts:
    quiet: dict[str, Reply] = {
        ASSESSMENTS: {"AssessmentSummaryList": []},
        CHANGE_SETS: {"ChangeSetSummaryList": []},
    }
    said = {f"aws-marketplace:{name}": reply for name, reply in more.items()}
    return catalog.collect(FakeAws({LIST: listed, DESCRIBE: describe, **quiet, **said}), NOW)


def the_product(describe: Reply, listed: Reply = entities) -> Product:
    (product,) = seen(facts_of(listed, describe).products)
    return product


@pytest.mark.parametrize(
    "answer", [{"DetailsDocument": DETAILS}, {"Details": json.dumps(DETAILS)}], ids=["new", "old"]
)
def test_an_ami_product_tells_its_versions_and_images(answer: Answer) -> None:
    product = the_product(answer)
    image = VersionImage("ami-1", "x86_64", "AMAZONLINUX 2023", "ec2-user", 22, ("afi-1",))
    options = (DeliveryOption("do-1", "", "Limited"), DeliveryOption("do-2", "64-bit", "Public"))
    assert product.versions == (Version("v-1", "2.1", "Public", (image,), options),)
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
    aws = FakeAws({LIST: {"EntitySummaryList": []}, CHANGE_SETS: {"ChangeSetSummaryList": []}})
    assert catalog.collect(aws, NOW).products == ()
    asked = [params["EntityType"] for action, _, params in aws.asked if action == LIST]
    assert set(asked) == set(catalog.TYPES)


def test_a_type_that_is_refused_leaves_a_gap() -> None:
    def reply(region: str, params: Answer) -> Answer:
        if params["EntityType"] == "SaaSProduct":
            raise DENIED
        return entities(region, params)

    products = facts_of(reply, {"DetailsDocument": DETAILS}).products
    assert isinstance(products, Partial)
    assert [product.id for product in products.items] == ["prod-1"]


def test_a_product_that_comes_twice_is_one() -> None:
    def reply(region: str, params: Answer) -> Answer:
        answer = entities(region, params)
        return {"EntitySummaryList": answer["EntitySummaryList"] * 2}

    assert len(seen(facts_of(reply, {"DetailsDocument": DETAILS}).products)) == 1


def listed_as(wanted: str, visibility: str | None = "Public") -> Reply:
    def reply(region: str, params: Answer) -> Answer:
        if params["EntityType"] != wanted:
            return {"EntitySummaryList": []}
        said = {"Name": "Relay", "EntityType": wanted, "EntityId": "prod-1", "EntityArn": ARN}
        return {"EntitySummaryList": [said | ({"Visibility": visibility} if visibility else {})]}

    return reply


def test_a_saas_product_tells_its_code_and_no_versions() -> None:
    details = {"Description": {"ProductCode": "4xk2m9q7w1ex"}, "Versions": DETAILS["Versions"]}
    product = the_product({"DetailsDocument": details}, listed_as("SaaSProduct"))
    assert (product.code, product.versions, product.assessments) == ("4xk2m9q7w1ex", (), ())


def test_a_saas_product_whose_details_are_refused_says_so() -> None:
    product = the_product(DENIED, listed_as("SaaSProduct"))
    assert [gap.action for gap in gaps(product.versions)] == [DESCRIBE]


def test_a_container_product_tells_its_versions() -> None:
    option = {"Id": "do-1", "Visibility": "Public", "Instructions": {"Usage": "helm pull"}}
    sources = [{"Type": "DockerImages", "Id": "s-1", "Images": ["repository:1"]}]
    details = {"Versions": [{"Id": "v-1", "Sources": sources, "DeliveryOptions": [option]}]}
    product = the_product({"DetailsDocument": details}, listed_as("ContainerProduct"))
    assert product.versions == (
        Version("v-1", "", "Public", (), (DeliveryOption("do-1", "", "Public", (), "", True),)),
    )


def test_other_products_are_not_described() -> None:
    assert the_product(DENIED, listed_as("DataProduct")).versions == ()


def test_visibility_comes_from_the_details_where_the_list_lacks_it() -> None:
    details = {"Description": {"Visibility": "Limited"}}
    product = the_product({"DetailsDocument": details}, listed_as("AmiProduct", None))
    assert (product.visibility, product.assessments) == ("Limited", NOT_READ)


@pytest.mark.parametrize(("visibility", "asked"), [("Public", 1), (None, 1), ("Restricted", 0)])
def test_verdicts_are_asked_of_what_may_be_public(visibility: str | None, asked: int) -> None:
    aws = FakeAws(
        {
            LIST: listed_as("ContainerProduct", visibility),
            DESCRIBE: {"DetailsDocument": {}},
            ASSESSMENTS: {"AssessmentSummaryList": []},
            CHANGE_SETS: {"ChangeSetSummaryList": []},
        }
    )
    catalog.collect(aws, NOW)
    assert aws.times()[ASSESSMENTS] == asked


def options_with(**option: object) -> object:
    said = {"Id": "do-1", "Visibility": "Public", **option}
    version = {"Id": "v-1", "DeliveryOptions": [said]}
    (found,) = seen(the_product({"DetailsDocument": {"Versions": [version]}}).versions)
    return found.options


HTTPS = {"Protocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIps": ["0.0.0.0/0"]}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (HTTPS, RecommendedRule("tcp", 443, 443, ("0.0.0.0/0",))),
        (HTTPS | {"FromPort": "22", "ToPort": " 90"}, RecommendedRule("tcp", 22, 90, ("0.0.0.0/0",))),
        (
            {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": ["::/0", "10.0.0.0/8"]},
            RecommendedRule("udp", 53, 53, ("::/0", "10.0.0.0/8")),
        ),
        ({"Protocol": "-1", "CidrIps": []}, RecommendedRule("-1", None, None, ())),
        (HTTPS | {"FromPort": -1, "ToPort": ""}, RecommendedRule("tcp", None, None, ("0.0.0.0/0",))),
    ],
)  # fmt: skip
def test_recommended_rules_are_read_in_every_spelling(said: Answer, rule: RecommendedRule) -> None:
    options = options_with(Recommendations={"SecurityGroups": [said]})
    assert options == (DeliveryOption("do-1", "", "Public", (rule,)),)


@pytest.mark.parametrize(
    "said",
    [
        {},
        "tcp",
        HTTPS | {"FromPort": "https"},
        HTTPS | {"CidrIps": "0.0.0.0/0"},
        HTTPS | {"CidrIps": [{"CidrIp": "0.0.0.0/0"}]},
        {"Protocol": "tcp", "CidrIps": ["0.0.0.0/0"]},
    ],
)
def test_an_option_with_an_odd_rule_is_a_gap(said: object) -> None:
    (gap,) = gaps(options_with(Recommendations={"SecurityGroups": [said]}))
    assert (gap.action, gap.error) == (DESCRIBE, "BadAnswer")


@pytest.mark.parametrize(
    ("instructions", "protocol", "usage"),
    [
        ({"Usage": "Open it", "Access": {"Protocol": "http", "Port": 80}}, "http", True),
        ({"Usage": "  ", "Access": None}, "", False),
        (None, "", False),
    ],
)
def test_instructions_tell_how_buyers_reach_it(
    instructions: object, protocol: str, usage: bool
) -> None:
    expected = DeliveryOption("do-1", "", "Public", (), protocol, usage)
    assert options_with(Instructions=instructions) == (expected,)
