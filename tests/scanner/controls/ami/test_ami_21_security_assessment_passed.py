"""AMI-21: what AWS found last in a public AMI product is a pass that does not expire soon."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_21_security_assessment_passed import CONTROL
from scanner.facts.catalog import Assessment, ControlResult, Product, Version
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Partial, Severity
from tests.builders import a_snapshot, days_ago, denied
from tests.builders_resources import a_product, an_assessment, an_option
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

LIST = "aws-marketplace:ListAssessments"
DESCRIBE = "aws-marketplace:DescribeAssessment"
CATALOG = denied("aws-marketplace:ListEntities")
FRAMEWORK = "AMISecurity@1.0"
PASSED = an_assessment(framework=FRAMEWORK)
FAILED = an_assessment(
    framework=FRAMEWORK,
    result="FAIL",
    controls=(
        ControlResult("no-root-login", "PASS"),
        ControlResult("vulnerabilities", "FAIL", ("CVE_FOUND: CVE-2026-1234 in openssl",)),
    ),
)
EXEMPT = ControlResult("no-root-login", "EXEMPTION_PASS")
SKIPPED = ControlResult("scan-windows", "NOT_EXECUTED")


def expiring(days: float, *, option: str = "do-1") -> Assessment:
    return an_assessment(framework=FRAMEWORK, expires=days_ago(-days), option=option)


def account(
    *assessments: Assessment,
    listed: Listed[Assessment] | None = None,
    visibility: str = "Public",
    versions: Listed[Version] = (),
    products: Listed[Product] | None = None,
) -> Snapshot:
    one = a_product(
        type="AmiProduct",
        versions=versions,
        visibility=visibility,
        assessments=assessments if listed is None else listed,
    )
    return a_snapshot(products=(one,) if products is None else products)


def of(sentence: str, expected: Expected, *assessments: Assessment) -> Case:
    return Case(sentence, account(*assessments), expected)


def with_options(**visibility: str) -> tuple[Version, ...]:
    """A version with delivery options do_1, do_2, ... and who gets them."""
    options = tuple(
        an_option(id=name.replace("_", "-"), visibility=seen) for name, seen in visibility.items()
    )
    return (Version("version-1", "2.1", "Public", (), options),)


CASES = (
    of(
        "a pass that lasts passes",
        passes(
            "The latest AMISecurity assessments of Larkfield passed",
            shows="delivery option do-1: PASS of 2024-03-01, expires 2027-06-12",
        ),
        PASSED,
    ),
    of(
        "a fail is high and names what failed",
        fails(
            Severity.HIGH,
            "of delivery option do-1 failed: vulnerabilities CVE_FOUND: CVE-2026-1234 in openssl.",
            shows="Failed: vulnerabilities: CVE_FOUND: CVE-2026-1234 in openssl",
        ),
        FAILED,
    ),
    of(
        "a fail whose controls are unread is a fail",
        fails(Severity.HIGH, "assessment of delivery option do-1 failed."),
        an_assessment(framework=FRAMEWORK, result="FAIL", controls=denied(DESCRIBE)),
    ),
    of(
        "the newest counts, wherever it stands",
        passes(),
        an_assessment(framework=FRAMEWORK, result="FAIL", created=days_ago(90)),
        an_assessment("asmt-2", framework=FRAMEWORK, created=days_ago(2)),
    ),
    of(
        "a newer fail takes the pass away",
        fails(Severity.HIGH, "failed"),
        an_assessment(framework=FRAMEWORK, result="FAIL", created=days_ago(1)),
        an_assessment("asmt-2", framework=FRAMEWORK, created=days_ago(90)),
    ),
    of(
        "one without a date is the oldest",
        passes(shows="do-1: PASS of"),
        an_assessment(framework=FRAMEWORK, result="FAIL", created=None),
        an_assessment("asmt-2", framework=FRAMEWORK, created=days_ago(900)),
    ),
    of(
        "another version of the framework is the same one",
        fails(Severity.HIGH, "failed"),
        PASSED,
        an_assessment(framework="AMISecurity@2.0", result="FAIL", created=days_ago(1)),
    ),
    of(
        "another framework says nothing",
        fails(Severity.LOW, "No AMISecurity assessment of Larkfield is on record."),
        an_assessment(framework="Another@1.0", result="FAIL"),
    ),
    of("none on record is low", fails(Severity.LOW, "of Larkfield is on record.")),
    of(
        "an expired pass is medium",
        fails(Severity.MEDIUM, "of delivery option do-1 expired on 2026-11-23."),
        expiring(-1),
    ),
    of("the moment of expiry counts", fails(Severity.MEDIUM, "expired"), expiring(0)),
    of("30 days before is soon", fails(Severity.MEDIUM, "expires in 30 days, on"), expiring(30)),
    of("31 days are enough", passes(), expiring(31)),
    of(
        "a fail that expired is still a fail",
        fails(Severity.HIGH, "failed"),
        an_assessment(framework=FRAMEWORK, result="FAIL", expires=days_ago(9)),
    ),
    of(
        "a date of expiry that AWS left out is not assessed",
        not_assessed(LIST, "ExpiresAt of assessment asmt-1"),
        an_assessment(framework=FRAMEWORK, expires=None),
    ),
    of(
        "controls that were not executed are not assessed, by name",
        not_assessed(DESCRIBE, "NotExecuted (assessment asmt-1 did not run scan-windows"),
        an_assessment(framework=FRAMEWORK, controls=(SKIPPED,)),
    ),
    of(
        "another fact proves a fail all the same",
        fails(Severity.MEDIUM, "expired"),
        an_assessment(framework=FRAMEWORK, controls=(SKIPPED,), expires=days_ago(1)),
    ),
    of(
        "an exemption is a remark",
        passes(shows="Passed by exemption: no-root-login: asmt-1"),
        an_assessment(framework=FRAMEWORK, controls=(EXEMPT,)),
    ),
    of(
        "unread controls of a pass are not assessed",
        not_assessed(DESCRIBE),
        an_assessment(framework=FRAMEWORK, controls=denied(DESCRIBE)),
    ),
    of(
        "a result that we do not know is not assessed",
        not_assessed(LIST, "UnknownResult"),
        an_assessment(framework=FRAMEWORK, result="PENDING"),
    ),
    of(
        "it may be worse than one that expires",
        not_assessed(LIST, "UnknownResult"),
        an_assessment(framework=FRAMEWORK, result=""),
        expiring(3, option="do-2"),
    ),
    of(
        "each delivery option is judged, and all reasons are one finding",
        fails(Severity.HIGH, "of delivery option do-2 expires in 3 days"),
        FAILED,
        expiring(3, option="do-2"),
    ),
    of(
        "an assessment of no option is one of the product",
        fails(Severity.HIGH, "assessment of the product failed."),
        an_assessment(framework=FRAMEWORK, result="FAIL", option="", controls=()),
    ),
    Case(
        "options that are not public are a remark",
        account(
            PASSED,
            an_assessment(framework=FRAMEWORK, result="FAIL", option="do-2"),
            versions=with_options(do_1="Public", do_2="Restricted"),
        ),
        passes(shows="Options that are not public, not judged: do-2"),
    ),
    Case(
        "a public option without an assessment is low",
        account(PASSED, versions=with_options(do_1="Public", do_2="Public")),
        fails(Severity.LOW, "No AMISecurity assessment of delivery option do-2 is on record."),
    ),
    Case(
        "when no assessment names a public option, all are judged",
        account(FAILED, versions=with_options(other="Public")),
        fails(Severity.HIGH, "failed"),
    ),
    Case(
        "nor are options told apart when not all were read",
        account(
            PASSED,
            an_assessment(framework=FRAMEWORK, result="FAIL", option="do-2"),
            versions=Partial(
                with_options(do_1="Public", do_2="Restricted"),
                (denied("aws-marketplace:DescribeEntity"),),
            ),
        ),
        fails(Severity.HIGH, "of delivery option do-2 failed"),
    ),
    Case("unread assessments are not assessed", account(listed=denied(LIST)), not_assessed(LIST)),
    Case(
        "a cut list may hide a fail",
        account(listed=Partial((PASSED,), (denied(LIST),))),
        not_assessed(LIST),
    ),
    Case(
        "also behind a milder one",
        account(listed=Partial((expiring(3),), (denied(LIST),))),
        not_assessed(LIST),
    ),
    Case(
        "a cut list proves a fail",
        account(listed=Partial((FAILED,), (denied(LIST),))),
        fails(Severity.HIGH, "failed"),
    ),
    Case(
        "a product that not everybody can buy is not asked about",
        account(FAILED, visibility="Limited"),
        not_applicable("Larkfield is Limited, not public."),
    ),
    Case(
        "a product that does not say counts as public",
        account(FAILED, visibility=""),
        fails(Severity.HIGH, "failed"),
    ),
    Case("an unread catalog is not assessed", account(products=CATALOG), not_assessed("aws-marke")),
    Case(
        "products of other kinds are not asked about",
        account(products=(a_product(type="ContainerProduct", assessments=(FAILED,)),)),
        not_applicable("no AMI product"),
    ),
    of(
        "a hostile message stays text",
        fails(Severity.HIGH, "$(reboot)"),
        an_assessment(
            framework=FRAMEWORK, result="FAIL", controls=(ControlResult("$(reboot)", "FAIL"),)
        ),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_latest_assessment_passed(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_adds_a_version_to_the_product() -> None:
    (outcome,) = outcomes_of(CONTROL, account(FAILED))
    (change,) = json.loads(outcome.values["change_set"])
    assert change["Entity"] == {"Type": "AmiProduct@1.0", "Identifier": "prod-larkfield"}
    (option,) = change["DetailsDocument"]["DeliveryOptions"]
    assert list(option["Details"]) == ["AmiDeliveryOptionDetails"]
