"""M-AMI-5 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_5_vetting_can_sign_in import CONTROL
from scanner.facts.catalog import Version, VersionImage
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

ENTITY = "aws-marketplace:DescribeEntity"


def a_version(*images: VersionImage) -> Version:
    return Version("version-1", "2.1", "Public", images)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: In an instance of every", shows=shows)


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
        "port and user of each version are shown",
        a_snapshot(
            products=(
                a_product(
                    versions=(
                        a_version(VersionImage("ami-1", user_name="admin", scanning_port=2222)),
                    )
                ),
            )
        ),
        asked("Declared for scanning, Larkfield 2.1: admin on port 2222"),
    ),
    Case(
        "what the catalog leaves out is said",
        a_snapshot(products=(a_product(versions=(a_version(VersionImage("ami-1")),)),)),
        asked("no user named on port not said"),
    ),
    Case(
        "unread versions say so",
        a_snapshot(products=(a_product(versions=denied(ENTITY)),)),
        asked(f"Hint not available: {ENTITY} could not be read"),
    ),
    Case(
        "versions that nobody can get are left out",
        a_snapshot(products=(a_product("ami-1", visibility="Restricted"),)),
        asked("Declared for scanning: no version says so"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
