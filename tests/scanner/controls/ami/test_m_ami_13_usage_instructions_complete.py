"""M-AMI-13 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_13_usage_instructions_complete import CONTROL
from scanner.facts.catalog import DeliveryOption, Version
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product, an_option
from tests.cases import Case, Expected, not_applicable

ENTITY = "aws-marketplace:DescribeEntity"


def a_version(*options: DeliveryOption) -> Version:
    return Version("version-1", "2.1", "Public", (), options)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: The usage instructions of every", shows=shows)


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
        "which options have a text is shown",
        a_snapshot(
            products=(
                a_product(
                    versions=(a_version(an_option(), an_option(id="do-2", has_usage_text=False)),)
                ),
            )
        ),
        asked("Usage instructions, Larkfield 2.1: 64-bit: there, 64-bit: empty"),
    ),
    Case(
        "a version without options says nothing",
        a_snapshot(products=(a_product(versions=(a_version(),)),)),
        asked("Usage instructions: no version says so"),
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
