"""M-SAAS-4 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_4_data_is_deleted import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "We delete the data of buyers who ask for it or leave, in the time that we promised."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_data_is_deleted(case: Case) -> None:
    case.holds_for(CONTROL)
