"""M-SAAS-6 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_6_tenants_are_kept_apart import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases("No buyer of our SaaS product can reach the data or the settings of another.")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tenants_are_kept_apart(case: Case) -> None:
    case.holds_for(CONTROL)
