"""M-AMMP-1 is asked where federated people reach the portal, or may."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.m_ammp_1_federated_mfa import CONTROL
from scanner.facts.iam import Role
from scanner.vocabulary import Partial, Status
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_role, a_snapshot, denied
from tests.cases import Case, Expected, not_applicable
from tests.documents import a_malformed_policy, allow, trust

GAP = denied(AUTHORIZATION_DETAILS)
PORTAL = {"p": allow("aws-marketplace:ListEntities")}
BY_SAML = allow(
    "sts:AssumeRoleWithSAML", on=None, to={"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}
)


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="identity provider lets nobody", shows=shows)


def federated(name: str = "seller") -> Role:
    return a_role(name, trusted=BY_SAML, inline=PORTAL)


CASES = (
    Case(
        "A SAML role that reaches the portal is named",
        a_snapshot(roles=(federated(), a_role("worker", inline=PORTAL))),
        asked("reach the portal: seller"),
    ),
    Case(
        "So is a permission set's",
        a_snapshot(
            roles=(
                a_role(
                    "AWSReservedSSO_x", path="/aws-reserved/sso.amazonaws.com/", inline=PORTAL
                ),
            )
        ),
        asked("AWSReservedSSO_x"),
    ),
    Case(
        "Of many some are named",
        a_snapshot(roles=tuple(federated(f"seller{n}") for n in range(8))),
        asked("seller4 and 3 more"),
    ),
    Case(
        "Federated people without the portal and portal roles without people are no reason to ask",
        a_snapshot(roles=(a_role("reader", trusted=BY_SAML), a_role("app", trusted=trust(OWN), inline=PORTAL))),
        not_applicable("No role that a SAML provider"),
    ),
    Case("An account without roles", a_snapshot(), not_applicable()),
    Case(
        "Roles that could not be read may be federated",
        a_snapshot(roles=GAP),
        asked("Hint not available"),
    ),
    Case(
        "A cut list of roles names those that were read",
        a_snapshot(roles=Partial((federated(),), (GAP,))),
        asked("Not read: iam:GetAccountAuthorizationDetails"),
    ),
    Case(
        "A trust that does not parse may be federated",
        a_snapshot(roles=(a_role("seller", trusted=a_malformed_policy(), inline=PORTAL),)),
        asked("reach the portal: none"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_mfa_of_federated_people_is_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
