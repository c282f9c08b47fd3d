"""AMI-05: a product's image says that its instances require IMDSv2."""

from __future__ import annotations

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_05_images_enforce_imdsv2 import CONTROL
from scanner.facts.ec2 import Image
from scanner.remedy import fill
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_device, a_product, an_image
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

IMAGES = "ec2:DescribeImages"
LIST = denied("aws-marketplace:ListEntities")
PRODUCTS = (a_product("ami-0product"),)
V1 = an_image(imds_support="")
FAILS = fails(
    Severity.HIGH,
    "ImdsSupport of ami-0product is not v2.0",
    shows="ImdsSupport: left out: IMDSv1 and IMDSv2",
)


def of(sentence: str, expected: Expected, images: Listed[Image]) -> Case:
    return Case(sentence, a_snapshot(images=images, products=PRODUCTS), expected)


CASES = (
    of("an image with v2.0 passes", passes("require IMDSv2"), (an_image(),)),
    of("an image without it fails", FAILS, (V1,)),
    of(
        "what is asked on a page of best practices says so",
        passes(shows="best practices of the Seller Guide"),
        (an_image(),),
    ),
    of(
        "any other value fails",
        fails(Severity.HIGH, "is not v2.0", shows="ImdsSupport: v1.0"),
        (an_image(imds_support="v1.0"),),
    ),
    of("an image without devices fails alike", FAILS, (an_image(imds_support="", devices=[]),)),
    of(
        "images of no product are a remark",
        passes(shows="Own images of no product, not judged: ami-0other"),
        (an_image(), an_image("ami-0other", imds_support="")),
    ),
    Case(
        "without the catalog every own image is judged",
        a_snapshot(images=(V1,), products=LIST),
        FAILS,
    ),
    Case(
        "cut images show what was read and name the rest",
        a_snapshot(images=Partial((V1,), (denied(IMAGES),)), products=PRODUCTS),
        {"ami-0product": FAILS, "Account 111122223333": not_assessed(IMAGES)},
    ),
    of("unread images are not assessed", not_assessed(IMAGES), denied(IMAGES, HOME_REGION)),
    Case("who sells no image has nothing to judge", a_snapshot(images=(V1,)), not_applicable()),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_images_enforce_imdsv2(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_registers_the_snapshot_of_the_image_if_it_has_one() -> None:
    images = (an_image(imds_support="", devices=[a_device("snap-1", device="/dev/sda1")]),)
    (outcome,) = outcomes_of(CONTROL, a_snapshot(images=images, products=PRODUCTS))
    assert outcome.values["new_name"] == "ami-0product-imdsv2"
    terraform = fill(CONTROL.remedy, outcome.values).terraform
    assert 'snapshot_id = "snap-1"' in terraform
    assert 'root_device_name    = "/dev/sda1"' in terraform
