"""M-MTR-4 is asked of sellers of images and containers."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_mtr_4_buyers_get_the_policy import CONTROL
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

ASKED = Expected(Status.MANUAL, says="the policy that buyers have to attach")

CASES = (
    Case("Images are sold", a_snapshot(products=(a_product(),)), ASKED),
    Case("Containers are", a_snapshot(products=(a_product(type="ContainerProduct"),)), ASKED),
    Case(
        "Without the catalog it is asked",
        a_snapshot(products=denied("aws-marketplace:ListEntities")),
        ASKED,
    ),
    Case(
        "SaaS is not asked",
        a_snapshot(products=(a_product(type="SaaSProduct"),)),
        not_applicable("No AMI or container"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_instructions_are_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
