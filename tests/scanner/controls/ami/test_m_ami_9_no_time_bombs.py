"""M-AMI-9 is asked of who sells AMI products."""

from __future__ import annotations

import pytest

from scanner.controls.ami.m_ami_9_no_time_bombs import CONTROL
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: No version is a beta", shows=shows)


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
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
