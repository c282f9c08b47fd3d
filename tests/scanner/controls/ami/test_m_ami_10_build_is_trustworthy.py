"""M-AMI-10 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_10_build_is_trustworthy import CONTROL
from scanner.vocabulary import Partial, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product, an_image
from tests.cases import Case, Expected, not_applicable

IMAGES = "ec2:DescribeImages"
PRODUCTS = (a_product("ami-0product"),)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: Every image is built by", shows=shows)


CASES = (
    Case(
        "who sells AMI products is asked",
        a_snapshot(products=(a_product("ami-0product"),)),
        asked(),
    ),
    Case(
        "an unread catalog may hide one",
        a_snapshot(products=denied("aws-marketplace:ListEntities")),
        asked(),
    ),
    Case("who sells none is not asked", a_snapshot(), not_applicable("No AMI product is sold")),
    Case(
        "what each image was made of is shown",
        a_snapshot(products=PRODUCTS, images=(an_image(source_image="ami-0base"),)),
        asked("ami-0product was made of: ami-0base"),
    ),
    Case(
        "EC2 may not say",
        a_snapshot(products=PRODUCTS, images=(an_image(),)),
        asked("ami-0product was made of: not said"),
    ),
    Case(
        "unread images say so",
        a_snapshot(products=PRODUCTS, images=denied(IMAGES)),
        asked(f"Hint not available: {IMAGES} could not be read"),
    ),
    Case(
        "cut images say so",
        a_snapshot(products=PRODUCTS, images=Partial((an_image(),), (denied(IMAGES),))),
        asked(f"Not all could be read: {IMAGES}"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
