"""M-AMI-1 is asked of who sells AMI products, with what AWS's interfaces say about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.controls.ami.m_ami_1_scan_passed_before_submission import CONTROL
from scanner.facts.catalog import ChangeSet
from scanner.vocabulary import Partial, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import FIVE_DAYS_AGO, a_product
from tests.cases import Case, Expected, not_applicable

LIST = "aws-marketplace:ListChangeSets"
DESCRIBE = "aws-marketplace:DescribeChangeSet"
PRODUCTS = (a_product("ami-0product"),)
SCAN = ChangeSet(
    id="cs-1",
    name="new version",
    status="FAILED",
    failure="CLIENT_ERROR",
    started=FIVE_DAYS_AGO,
    ended=FIVE_DAYS_AGO,
    entities=("prod-larkfield@4",),
    intent="VALIDATE",
    errors=("SCAN_ERROR: CVE-2026-1 found",),
)


def asked(shows: str = "") -> Expected:
    return Expected(Status.MANUAL, says="To confirm: Every version passed the test", shows=shows)


CASES = (
    Case(
        "who sells AMI products is asked",
        a_snapshot(products=(a_product("ami-0product"),)),
        asked(),
    ),
    Case(
        "an unread catalog may hide one",
        a_snapshot(products=denied("aws-marketplace:ListEntities")),
        asked(),
    ),
    Case("who sells none is not asked", a_snapshot(), not_applicable("No AMI product is sold")),
    Case(
        "the change sets that failed are shown",
        a_snapshot(products=PRODUCTS, failures=(SCAN,)),
        asked(
            "Failed change set new version of 2026-11-19: CLIENT_ERROR; VALIDATE;"
            " SCAN_ERROR: CVE-2026-1 found"
        ),
    ),
    Case(
        "those of other products are not",
        a_snapshot(products=PRODUCTS, failures=(replace(SCAN, entities=("prod-saas@4",)),)),
        asked("that failed in the last 90 days: none"),
    ),
    Case(
        "without the catalog all of them are",
        a_snapshot(products=denied("aws-marketplace:ListEntities"), failures=(SCAN,)),
        asked("Failed change set new version"),
    ),
    Case(
        "those that name no product are, as far as they were read",
        a_snapshot(
            products=PRODUCTS,
            failures=(
                replace(
                    SCAN, name="", entities=(), started=None, intent=denied(DESCRIBE), errors=()
                ),
            ),
        ),
        asked(f"Failed change set cs-1: CLIENT_ERROR; {DESCRIBE} could not be read"),
    ),
    Case(
        "of many five are shown",
        a_snapshot(products=PRODUCTS, failures=(SCAN,) * 7),
        asked("More of them: 2"),
    ),
    Case(
        "unread change sets say so",
        a_snapshot(products=PRODUCTS, failures=denied(LIST)),
        asked(f"Hint not available: {LIST} could not be read"),
    ),
    Case(
        "a cut list says so",
        a_snapshot(products=PRODUCTS, failures=Partial((SCAN,), (denied(LIST),))),
        asked(f"Not all could be read: {LIST}"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_asked(case: Case) -> None:
    case.holds_for(CONTROL)
