"""M-MTR-2 is asked of sellers of SaaS."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_mtr_2_usage_is_reported_right import CONTROL
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product
from tests.cases import Case, Expected, not_applicable

ASKED = Expected(Status.MANUAL, says="a record for each buyer every hour")

CASES = (
    Case("SaaS is sold", a_snapshot(products=(a_product(type="SaaSProduct"),)), ASKED),
    Case(
        "Without the catalog it is asked",
        a_snapshot(products=denied("aws-marketplace:ListEntities")),
        ASKED,
    ),
    Case("Images are not asked", a_snapshot(products=(a_product(),)), not_applicable("No SaaS")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_usage_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
