"""M-MTR-3 is asked of sellers of SaaS; identifiers that calls name are a hint."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.m_mtr_3_new_identifiers import CONTROL
from scanner.facts.cloudtrail import METERING, TrailEvent
from scanner.vocabulary import Listed, Partial, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product, an_event
from tests.cases import Case, Expected, not_applicable

SAAS = (a_product(type="SaaSProduct"),)
LOOKUP = denied("cloudtrail:LookupEvents", "us-east-1")
OLD = an_event(parameters=("usageRecords", "customerIdentifier", "productCode"))
NEW = an_event(parameters=("usageRecords", "customerAWSAccountId", "licenseArn"))


def asked(sentence: str, calls: Listed[TrailEvent], shows: str) -> Case:
    expected = Expected(Status.MANUAL, says="since 1 June 2026", shows=shows)
    return Case(sentence, a_snapshot(products=SAAS, events={METERING: calls}), expected)


CASES = (
    asked(
        "The identifiers are counted",
        (OLD, NEW, NEW),
        "in 3 calls of BatchMeterUsage, last 90 days: CustomerIdentifier in 1,"
        " CustomerAWSAccountId in 2, LicenseArn in 2",
    ),
    asked("No call", (), "last 90 days: no call seen"),
    asked("A cut history", Partial((OLD,), (LOOKUP,)), "Not read: cloudtrail:LookupEvents"),
    asked("No history", LOOKUP, "Hint not available: cloudtrail:LookupEvents"),
    Case("Without SaaS it is not asked", a_snapshot(), not_applicable("No SaaS product")),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_identifiers_are_asked_for(case: Case) -> None:
    case.holds_for(CONTROL)
