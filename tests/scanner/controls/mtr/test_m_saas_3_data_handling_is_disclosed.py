"""M-SAAS-3 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_3_data_handling_is_disclosed import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "We tell buyers which of their data our SaaS product collects, where it lies, why, and who gets it."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_data_handling_is_disclosed(case: Case) -> None:
    case.holds_for(CONTROL)
