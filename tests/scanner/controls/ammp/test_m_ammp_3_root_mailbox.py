"""M-AMMP-3 is asked of every seller; the contact for security is a hint."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.m_ammp_3_root_mailbox import CONTROL
from scanner.vocabulary import Status
from tests.builders import a_snapshot, denied
from tests.cases import Case, Expected


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="a mailbox of our own", shows=shows)


CASES = (
    Case("With a contact", a_snapshot(), asked("Alternate contact for security: set")),
    Case("Without one", a_snapshot(security_contact=False), asked("security: not set")),
    Case(
        "A contact that was not told",
        a_snapshot(security_contact=denied("account:GetAlternateContact")),
        asked("Hint not available: account:GetAlternateContact could not be read"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_root_mailbox_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
