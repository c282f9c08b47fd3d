"""M-CT-1 is asked of every seller, who is shown what alerts somebody already."""

from __future__ import annotations

import pytest

from scanner.controls.ct.m_ct_1_logs_are_reviewed import CONTROL
from scanner.vocabulary import HOME_REGION, Partial, Status
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_alerts import ALL_ALARMS, ALL_FILTERS, ALL_RULES, a_log_group
from tests.builders_resources import a_trail
from tests.cases import Case, Expected

TRAIL = a_trail(log_group=a_log_group())


def asked(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="Somebody reviews our CloudTrail logs", shows=shows)


CASES = (
    Case("without alerts that is shown", a_snapshot(), asked("Alert on change sets: none")),
    Case(
        "rules are shown",
        a_snapshot(trails=(TRAIL,), rules=ALL_RULES),
        asked("EventBridge rule trails: tells arn:aws:sns"),
    ),
    Case(
        "alarms are shown",
        a_snapshot(trails=(TRAIL,), filters=ALL_FILTERS, alarms=ALL_ALARMS),
        asked("Metric filter root: feeds alarm root-alarm"),
    ),
    Case(
        "a trail of the organisation is shown",
        a_snapshot(trails=(a_trail("org", account=STRANGER, organization=True),)),
        asked("Trails of the organisation: org"),
    ),
    Case(
        "rules that cannot be read are told",
        a_snapshot(rules=denied("events:ListRules", HOME_REGION)),
        asked("Alert on change sets: events:ListRules could not be read"),
    ),
    Case(
        "trails that cannot be read are told",
        a_snapshot(trails=Partial((), (denied("cloudtrail:DescribeTrails", "eu-north-1"),))),
        asked("Not read: cloudtrail:DescribeTrails could not be read in eu-north-1"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_logs_are_reviewed(case: Case) -> None:
    case.holds_for(CONTROL)
