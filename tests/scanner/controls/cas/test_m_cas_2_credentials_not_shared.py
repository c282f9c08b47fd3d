"""M-CAS-2 shows who may make the call, and with how many keys."""

from __future__ import annotations

import pytest

from scanner.controls.cas.m_cas_2_credentials_not_shared import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Partial, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_key,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_cas import a_delivery_role
from tests.cases import Case, Expected, not_applicable
from tests.documents import allow

IAM = denied(AUTHORIZATION_DETAILS)
CALL = allow("marketplacecommerceanalytics:GenerateDataSet")
LABEL = "May call GenerateDataSet: "


def asked(shows: str = "") -> Expected:
    says = "To confirm: No credentials that can call GenerateDataSet"
    return Expected(Status.MANUAL, says=says, shows=shows)


def with_keys(count: int) -> Snapshot:
    report = a_report(a_row(keys=[a_key()] * count))
    return a_snapshot(users=(a_user(inline={"p": CALL}),), report=report)


CASES = (
    Case("A role has no keys", a_snapshot(roles=(a_role(inline={"p": CALL}),)), asked(f"{LABEL}role worker")),
    Case("One key is told", with_keys(1), asked(f"{LABEL}user deploy, one access key")),
    Case("Two keys are told", with_keys(2), asked("user deploy, 2 active access keys")),
    Case(
        "Keys that were not read say so",
        a_snapshot(users=(a_user(inline={"p": CALL}),), report=denied("iam:GetCredentialReport")),
        asked("user deploy, keys not read: iam:GetCredentialReport could not be read"),
    ),
    Case(
        "Many are cut",
        a_snapshot(roles=tuple(a_role(f"r{n}", inline={"p": CALL}) for n in range(12))),
        asked("More: 2"),
    ),
    Case("A delivery role is enough to ask", a_snapshot(roles=(a_delivery_role(),)), asked()),
    Case(
        "A cut list says so",
        a_snapshot(roles=Partial((a_role(inline={"p": CALL}),), (IAM,))),
        asked(f"Not all could be read: {IAM.action}"),
    ),
    Case("What is not known is asked", a_snapshot(roles=IAM), asked("Not all could be read")),
    Case(
        "Without callers and data it is not",
        a_snapshot(roles=(a_role("admin", inline={"p": allow("*")}),)),
        not_applicable("Nobody but administrators"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_credentials_are_attested(case: Case) -> None:
    case.holds_for(CONTROL)
