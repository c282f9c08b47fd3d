"""M-MTR-1 is asked of sellers of SaaS; rights and calls in this account are hints."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_mtr_1_seller_account_calls import CONTROL
from scanner.facts.cloudtrail import METERING
from scanner.vocabulary import Partial, Status
from tests.builders import AUTHORIZATION_DETAILS, a_role, a_snapshot, a_user, denied
from tests.builders_resources import a_product, an_event
from tests.cases import Case, Expected, not_applicable
from tests.documents import allow

SAAS = (a_product(type="SaaSProduct"),)
GAP = denied(AUTHORIZATION_DETAILS)
LOOKUP = denied("cloudtrail:LookupEvents", "us-east-1")
METERS = {"p": allow("aws-marketplace:BatchMeterUsage")}


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="registered as seller", shows=shows)


CASES = (
    Case(
        "Who may and who did are shown",
        a_snapshot(
            products=SAAS,
            roles=(a_role("meter", inline=METERS), a_role("other")),
            users=(a_user("bot", inline=METERS),),
            events={METERING: (an_event(),)},
        ),
        asked(
            "With metering rights (MTR-01): Role meter, User bot\n"
            "Calls of BatchMeterUsage by arn:aws:iam::111122223333:role/metering: 1"
        ),
    ),
    Case("Nobody may and nobody did", a_snapshot(products=SAAS), asked("(MTR-07): none seen")),
    Case(
        "Calls that were not looked up",
        a_snapshot(products=SAAS, events={METERING: Partial((an_event(),), (LOOKUP,))}),
        asked("Not read: cloudtrail:LookupEvents"),
    ),
    Case(
        "Roles that were not listed",
        a_snapshot(products=SAAS, roles=GAP, users=GAP, events={METERING: (an_event(),)}),
        asked("Not read: iam:GetAccountAuthorizationDetails"),
    ),
    Case(
        "Neither was read",
        a_snapshot(products=SAAS, roles=GAP, users=GAP, events={METERING: LOOKUP}),
        asked("iam:GetAccountAuthorizationDetails could not be read"),
    ),
    Case(
        "Without the catalog it is asked",
        a_snapshot(products=denied("aws-marketplace:ListEntities")),
        asked("none seen"),
    ),
    Case("Without SaaS it is not", a_snapshot(), not_applicable("No SaaS product")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_seller_account_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
