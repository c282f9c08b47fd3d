"""CTR-01: as AMI-21, whose table has every edge, for container products."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ctr_01_security_assessment_passed import CONTROL
from scanner.facts.catalog import Assessment, ControlResult, Product
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Severity
from tests.builders import a_snapshot, days_ago, denied
from tests.builders_resources import a_product, an_assessment
from tests.cases import Case, fails, not_applicable, not_assessed, passes

LIST = "aws-marketplace:ListAssessments"
DESCRIBE = "aws-marketplace:DescribeAssessment"
FRAMEWORK = "ContainerSecurity@1.0"
ROOT = ControlResult("no-root-user", "FAIL", ("RUNS_AS_ROOT: the image runs as root",))
SKIPPED = ControlResult("secrets", "NOT_EXECUTED")
PASSED = an_assessment(framework=FRAMEWORK)
FAILED = an_assessment(framework=FRAMEWORK, result="FAIL", controls=(ROOT,))


def account(
    *assessments: Assessment,
    listed: Listed[Assessment] | None = None,
    visibility: str = "Public",
    products: Listed[Product] | None = None,
) -> Snapshot:
    one = a_product(
        type="ContainerProduct",
        versions=(),
        visibility=visibility,
        assessments=assessments if listed is None else listed,
    )
    return a_snapshot(products=(one,) if products is None else products)


CASES = (
    Case(
        "a pass that lasts passes",
        account(PASSED),
        passes("The latest ContainerSecurity assessments of Larkfield passed and stay valid."),
    ),
    Case(
        "a fail is high and names what failed",
        account(FAILED),
        fails(
            Severity.HIGH,
            "failed: no-root-user RUNS_AS_ROOT: the image runs as root.",
            shows="Failed: no-root-user",
        ),
    ),
    Case(
        "a pass that expires soon is medium",
        account(an_assessment(framework=FRAMEWORK, expires=days_ago(-29))),
        fails(Severity.MEDIUM, "expires in 29 days"),
    ),
    Case(
        "none on record is low",
        account(),
        fails(Severity.LOW, "No ContainerSecurity assessment of Larkfield is on record."),
    ),
    Case(
        "an assessment of images says nothing about containers",
        account(an_assessment()),
        fails(Severity.LOW, "is on record"),
    ),
    Case(
        "controls that were not executed are not assessed",
        account(an_assessment(framework=FRAMEWORK, controls=(SKIPPED,))),
        not_assessed(DESCRIBE, "did not run secrets"),
    ),
    Case("unread assessments are not assessed", account(listed=denied(LIST)), not_assessed(LIST)),
    Case(
        "an unread catalog is not assessed",
        account(products=denied("aws-marketplace:ListEntities")),
        not_assessed("aws-marketplace:ListEntities"),
    ),
    Case(
        "a product that not everybody can buy is not asked about",
        account(FAILED, visibility="Restricted"),
        not_applicable("Larkfield is Restricted, not public."),
    ),
    Case(
        "AMI products are another control's",
        account(products=(a_product("ami-0product"),)),
        not_applicable("no container product"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_latest_assessment_passed(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_adds_a_version_to_the_container_product() -> None:
    (outcome,) = outcomes_of(CONTROL, account(FAILED))
    (change,) = json.loads(outcome.values["change_set"])
    assert change["Entity"] == {"Type": "ContainerProduct@1.0", "Identifier": "prod-larkfield"}
    (option,) = change["DetailsDocument"]["DeliveryOptions"]
    assert list(option["Details"]) == ["EcrDeliveryOptionDetails"]
