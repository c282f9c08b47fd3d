"""M-SAAS-7 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_7_customers_are_authenticated import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "Our SaaS product lets in only people and machines that it has authenticated, and offers MFA."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_customers_are_authenticated(case: Case) -> None:
    case.holds_for(CONTROL)
