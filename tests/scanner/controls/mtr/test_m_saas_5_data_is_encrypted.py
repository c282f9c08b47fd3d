"""M-SAAS-5 is asked of sellers of SaaS, and of those who may be."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_saas_5_data_is_encrypted import CONTROL
from tests.builders_saas import saas_cases
from tests.cases import Case

CASES = saas_cases(
    "Our SaaS product encrypts buyers' data in transit with TLS 1.2 or later, and at rest everywhere."
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_data_is_encrypted(case: Case) -> None:
    case.holds_for(CONTROL)
