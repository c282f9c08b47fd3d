"""M-SAAS-2 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_2_vulnerabilities_are_fixed import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "We scan our SaaS product and what it depends on for vulnerabilities and fix severe ones in time."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_vulnerabilities_are_fixed(case: Case) -> None:
    case.holds_for(CONTROL)
