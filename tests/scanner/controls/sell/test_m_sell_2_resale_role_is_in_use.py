"""M-SELL-2 is asked where the service-linked role is, or may be."""

from __future__ import annotations

import pytest

from scanner.controls.sell.m_sell_2_resale_role_is_in_use import CONTROL, PATH
from scanner.facts.iam import Role
from scanner.vocabulary import Partial, Status
from tests.builders import AUTHORIZATION_DETAILS, a_role, a_snapshot, days_ago, denied
from tests.cases import Case, Expected, not_applicable

GAP = denied(AUTHORIZATION_DETAILS)
NAME = "AWSServiceRoleForMarketplaceResaleAuthorization"
RESALE = a_role(NAME, path=PATH, last_used=days_ago(3))


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="We resell", shows=shows)


def only(role: Role) -> tuple[Role, ...]:
    return (
        role,
        a_role("AWSServiceRoleForSupport", path="/aws-service-role/support.amazonaws.com/"),
    )


CASES = (
    Case(
        "The role is there",
        a_snapshot(roles=only(RESALE)),
        asked(f"{NAME}: made 2024-03-01, last used 2026-11-21"),
    ),
    Case(
        "It was never used",
        a_snapshot(roles=(a_role(NAME, path=PATH, last_used=None),)),
        asked("no use on record"),
    ),
    Case("It is not there", a_snapshot(), not_applicable("has no service-linked role for selling")),
    Case("The name alone is nothing", a_snapshot(roles=only(a_role(NAME))), not_applicable()),
    Case("Roles were not read", a_snapshot(roles=GAP), asked("Hint not available")),
    Case("Roles were cut", a_snapshot(roles=Partial((), (GAP,))), asked("Hint not available")),
    Case(
        "Roles were cut after it", a_snapshot(roles=Partial((RESALE,), (GAP,))), asked("made 2024")
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whether_the_role_is_needed_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
