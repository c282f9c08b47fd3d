"""M-AMI-15 is asked where a version names FPGA images, or may."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_15_fpga_images_are_ours import CONTROL
from scanner.facts.catalog import Product, Version, VersionImage
from scanner.vocabulary import Partial, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

LIST = "aws-marketplace:ListEntities"
OWN = "ec2:DescribeFpgaImages"


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: Every FPGA image", shows=shows)


def naming(*ids: str) -> Product:
    source = VersionImage("ami-0product", fpga_images=ids)
    return a_product(versions=(Version("version-1", "2.1", "Public", (source,)),))


CASES = (
    Case(
        "FPGA images are counted",
        a_snapshot(products=(naming("afi-1", "afi-2"),), fpga_images=("afi-1", "afi-2")),
        asked("FPGA images, Larkfield 2.1: 2, all ours"),
    ),
    Case(
        "those that are not ours are named",
        a_snapshot(products=(naming("afi-1", "afi-2"),), fpga_images=("afi-1",)),
        asked("2, not seen among ours: afi-2"),
    ),
    Case(
        "unread own images say so",
        a_snapshot(products=(naming("afi-1"),), fpga_images=denied(OWN)),
        asked(f"Own FPGA images: {OWN} could not be read"),
    ),
    Case(
        "a cut catalog is no reason not to ask",
        a_snapshot(products=Partial((a_product("ami-1"),), (denied(LIST),))),
        asked(f"Hint not available: {LIST} could not be read"),
    ),
    Case(
        "nor is an unread one",
        a_snapshot(products=denied(LIST)),
        asked("Hint not available"),
    ),
    Case(
        "what was read is enough to ask",
        a_snapshot(products=Partial((naming("afi-1"),), (denied(LIST),))),
        asked(f"Not all could be read: {LIST}"),
    ),
    Case(
        "without FPGA images nobody is asked",
        a_snapshot(products=(a_product("ami-1"),)),
        not_applicable("names FPGA images"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fpga_images_are_asked_about(case: Case) -> None:
    case.holds_for(CONTROL)
