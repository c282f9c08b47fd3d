"""M-SELL-1 shows who reaches which part of the portal."""

from __future__ import annotations

import pytest

from scanner.controls.sell.m_sell_1_rights_match_jobs import CONTROL
from scanner.vocabulary import Partial, Status
from tests.builders import AUTHORIZATION_DETAILS, a_role, a_snapshot, a_user, denied
from tests.cases import Case, Expected, not_applicable
from tests.documents import a_malformed_policy, allow, allow_all_but

GAP = denied(AUTHORIZATION_DETAILS)
READER = {"p": allow("aws-marketplace:ListEntities")}
MONEY = {"p": allow("tax:PutTaxInterview", "aws-marketplace-management:PutSeller*")}


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="Everyone shown in the evidence", shows=shows)


CASES = (
    Case(
        "Each principal is a row, those with most first",
        a_snapshot(users=(a_user("ada", inline=READER),), roles=(a_role("cfo", inline=MONEY),)),
        asked(
            "Role cfo: see or change identity, bank and secondary users, change payouts and tax\n"
            "User ada: see products and offers"
        ),
    ),
    Case(
        "Whoever has nearly everything has every part",
        a_snapshot(users=(a_user("eve", inline={"p": allow_all_but("iam:*")}),)),
        asked("change products and offers, see products and offers, upload files, see reports"),
    ),
    Case(
        "What opens no part that we know is told",
        a_snapshot(users=(a_user("eve", inline={"p": allow("aws-marketplace:CancelChangeSet")}),)),
        asked("User eve: other pages"),
    ),
    Case(
        "Of many some are shown",
        a_snapshot(users=tuple(a_user(f"user{n}", inline=READER) for n in range(23))),
        asked("More principals of the portal: 3"),
    ),
    Case(
        "A policy that was not read may open more",
        a_snapshot(users=(a_user("eve", inline={**READER, "b": a_malformed_policy()}),)),
        asked("see products and offers, maybe more"),
    ),
    Case(
        "A list that was cut says so",
        a_snapshot(users=Partial((a_user("ada", inline=READER),), (GAP,))),
        asked("Not read: iam:GetAccountAuthorizationDetails"),
    ),
    Case("A list that was cut to nothing too", a_snapshot(users=GAP), asked("Not read")),
    Case("An account that was not read", a_snapshot(users=GAP, roles=GAP), asked("not")),
    Case("Nobody uses the portal", a_snapshot(users=(a_user(),)), not_applicable("Nobody")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whether_rights_match_jobs_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
