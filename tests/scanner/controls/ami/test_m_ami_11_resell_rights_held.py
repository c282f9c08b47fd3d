"""M-AMI-11 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_11_resell_rights_held import CONTROL
from scanner.facts.catalog import Version, VersionImage
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

ENTITY = "aws-marketplace:DescribeEntity"


def a_version(*images: VersionImage) -> Version:
    return Version("version-1", "2.1", "Public", images)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: For every operating system and", shows=shows)


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
        "the declared systems are shown",
        a_snapshot(
            products=(
                a_product(
                    versions=(
                        a_version(
                            VersionImage("ami-1", operating_system="RHEL 9"), VersionImage("ami-2")
                        ),
                    )
                ),
            )
        ),
        asked("Declared operating system, Larkfield 2.1: RHEL 9, not said"),
    ),
    Case(
        "unread versions say so",
        a_snapshot(products=(a_product(versions=denied(ENTITY)),)),
        asked(f"Hint not available: {ENTITY} could not be read"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
