"""M-AMMP-4 is asked of every seller; roles of other workloads are a hint."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.m_ammp_4_account_is_dedicated import CONTROL
from scanner.facts.profile import CAS_ACCOUNT
from scanner.scope.cas import ASSET_SERVICE
from scanner.vocabulary import Status
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_role, a_snapshot, denied
from tests.cases import Case, Expected
from tests.documents import a_malformed_policy, allow, trust

WITHOUT = "Roles of services and pipelines without Marketplace rights"


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="Nothing runs in this account", shows=shows)


CASES = (
    Case(
        "Other workloads are named",
        a_snapshot(roles=(a_role("website"), a_role("batch"))),
        asked(f"{WITHOUT}: batch, website"),
    ),
    Case(
        "Marketplace's own, people's and AWS's roles are not",
        a_snapshot(
            roles=(
                a_role("metering", inline={"p": allow("aws-marketplace:BatchMeterUsage")}),
                a_role("publisher", inline={"p": allow("aws-marketplace:StartChangeSet")}),
                a_role("reports", trusted=trust(f"arn:aws:iam::{CAS_ACCOUNT}:root")),
                a_role("images", trusted=trust({"Service": ASSET_SERVICE})),
                a_role("people", trusted=trust(OWN)),
                a_role("linked", path="/aws-service-role/x.amazonaws.com/"),
            )
        ),
        asked(f"{WITHOUT}: none"),
    ),
    Case(
        "A trust that does not parse is told",
        a_snapshot(roles=(a_role("x", trusted=a_malformed_policy()), a_role("website"))),
        asked("Not read: iam:GetAccountAuthorizationDetails"),
    ),
    Case(
        "Roles that were refused",
        a_snapshot(roles=denied(AUTHORIZATION_DETAILS)),
        asked("Hint not available"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_dedication_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
