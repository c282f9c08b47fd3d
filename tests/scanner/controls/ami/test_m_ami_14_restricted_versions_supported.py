"""M-AMI-14 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_14_restricted_versions_supported import CONTROL
from scanner.facts.catalog import Version
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

ENTITY = "aws-marketplace:DescribeEntity"


def asked(shows: str = "") -> Expected:
    return Expected(
        Status.MANUAL, says="To confirm: Every restricted version is supported", shows=shows
    )


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
        "public products are counted and restricted versions named",
        a_snapshot(
            products=(
                a_product("ami-1"),
                a_product(id="prod-2", versions=(Version("version-1", "1.0", "Restricted"),)),
                a_product("ami-2", id="prod-3", visibility="Limited"),
            )
        ),
        asked(
            "Public AMI products: 2 of 75 allowed by default\nRestricted versions: Larkfield 1.0"
        ),
    ),
    Case(
        "unread versions say so",
        a_snapshot(products=(a_product(versions=denied(ENTITY)),)),
        asked(f"Not all could be read: {ENTITY}"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
