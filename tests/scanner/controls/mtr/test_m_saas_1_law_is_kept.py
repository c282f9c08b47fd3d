"""M-SAAS-1 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_1_law_is_kept import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "We know which laws apply to our SaaS product where we sell it, and we keep them."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_law_is_kept(case: Case) -> None:
    case.holds_for(CONTROL)
