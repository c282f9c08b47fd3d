"""M-SAAS-8 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_8_incidents_are_reported import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "We tell affected buyers and AWS of security incidents in time, and anybody can report one to us."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_incidents_are_reported(case: Case) -> None:
    case.holds_for(CONTROL)
