"""The catalog's answers about assessments and change sets."""

from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.state import Assessment, ChangeSet
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

CATALOG = {"Catalog": "AWSMarketplace"}


@pytest.fixture
def catalog(fake_aws: FakeAws) -> Any:
    """An administrator's catalog client of an account with three assessments and change sets."""
    state = fake_aws.state(ACCOUNT)
    control = {"ControlId": "c-1", "ControlAssessmentResult": "PASS"}
    state.assessments = [
        Assessment("assessment-1", "prod-1", "do-1", created=clock.days_ago(9), controls=[control] * 3),
        Assessment("assessment-2", "prod-1", "do-2", "AMISecurity@1.1", created=clock.days_ago(2)),
        Assessment("assessment-3", "prod-2", "do-3", "ContainerSecurity@1.0", "FAIL"),
    ]  # fmt: skip
    state.change_sets = [
        ChangeSet("cs-1", "first", entities=["prod-1"], started=clock.days_ago(40)),
        ChangeSet("cs-2", "second", "SUCCEEDED", None, entities=["prod-1"]),
        ChangeSet("cs-3", "third", entities=["prod-2"], started=clock.days_ago(1), ended=None),
    ]
    return client(fake_aws, "marketplace-catalog", admin_keys(fake_aws))


@pytest.mark.parametrize(
    ("params", "seen"),
    [
        ({}, ["2", "1", "3"]),
        ({"AssessmentTargetFilter": {"EntityId": "prod-1"}}, ["2", "1"]),
        ({"AssessmentTargetFilter": {"ChangeSetId": "cs-1"}}, []),
        ({"FrameworkId": "AMISecurity"}, ["2", "1"]),
        ({"FrameworkFilters": {"AMISecurityFilters": {"DeliveryOptionId": "do-1"}}}, ["1"]),
    ],
)
def test_assessments_are_listed_newest_first(
    catalog: Any, params: dict[str, Any], seen: list[str]
) -> None:
    listed = catalog.list_assessments(**CATALOG, **params)["AssessmentSummaryList"]
    assert [one["AssessmentId"].removeprefix("assessment-") for one in listed] == seen


def test_an_assessment_names_its_option_by_framework(catalog: Any) -> None:
    (one,) = catalog.list_assessments(**CATALOG, FrameworkId="ContainerSecurity@1.0")[
        "AssessmentSummaryList"
    ]
    assert one["FrameworkSummary"] == {"ContainerSecuritySummary": {"DeliveryOptionId": "do-3"}}
    assert (one["AssessmentResult"], len(one["CreatedAt"])) == ("FAIL", 20)
    described = catalog.describe_assessment(**CATALOG, AssessmentIdentifier=one["AssessmentArn"])
    assert described["AssessmentId"] == "assessment-3"


def test_lists_come_in_pages(catalog: Any, fake_aws: FakeAws) -> None:
    first = catalog.describe_assessment(
        **CATALOG, AssessmentIdentifier="assessment-1", MaxResults=2
    )
    rest = catalog.describe_assessment(
        **CATALOG, AssessmentIdentifier="assessment-1", NextToken=first["NextToken"]
    )
    assert (len(first["ControlAssessments"]), len(rest["ControlAssessments"])) == (2, 1)
    fake_aws.force_pages(
        {"aws-marketplace:ListAssessments": 1, "aws-marketplace:ListChangeSets": 2}
    )
    assert "NextToken" in catalog.list_assessments(**CATALOG)
    assert len(catalog.list_change_sets(**CATALOG)["ChangeSetSummaryList"]) == 2


def filters(**wanted: list[str]) -> dict[str, Any]:
    return {"FilterList": [{"Name": name, "ValueList": values} for name, values in wanted.items()]}


LATELY = f"{clock.days_ago(10):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("params", "seen"),
    [
        ({}, ["cs-3", "cs-2", "cs-1"]),
        (filters(Status=["FAILED"]), ["cs-3", "cs-1"]),
        (filters(Status=["FAILED"], AfterStartTime=[LATELY]), ["cs-3"]),
        (filters(BeforeStartTime=[LATELY]), ["cs-1"]),
        (filters(AfterEndTime=[LATELY]), ["cs-2", "cs-1"]),
        (filters(BeforeEndTime=[LATELY]), []),
        (filters(EntityId=["prod-1"], ChangeSetName=["second"]), ["cs-2"]),
        ({"Sort": {"SortBy": "StartTime", "SortOrder": "ASCENDING"}}, ["cs-1", "cs-2", "cs-3"]),
    ],
)
def test_change_sets_pass_all_filters(
    catalog: Any, params: dict[str, Any], seen: list[str]
) -> None:
    listed = catalog.list_change_sets(**CATALOG, **params)["ChangeSetSummaryList"]
    assert [one["ChangeSetId"] for one in listed] == seen


def test_a_change_set_is_described_with_its_failure(catalog: Any, fake_aws: FakeAws) -> None:
    fake_aws.state(ACCOUNT).change_sets[0].failure_description = "too many changes"
    described = catalog.describe_change_set(**CATALOG, ChangeSetId="cs-1")
    assert (described["FailureCode"], described["FailureDescription"], described["Intent"]) == (
        "CLIENT_ERROR", "too many changes", "APPLY",
    )  # fmt: skip
    assert "FailureCode" not in catalog.describe_change_set(**CATALOG, ChangeSetId="cs-2")


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("describe_assessment", {"AssessmentIdentifier": "assessment-9"}, "ResourceNotFoundException"),
        ("describe_change_set", {"ChangeSetId": "cs-9"}, "ResourceNotFoundException"),
        ("list_change_sets", filters(Owner=["me"]), "ValidationException"),
        ("list_change_sets", {"MaxResults": 21}, "ValidationException"),
        ("list_assessments", {"MaxResults": 101}, "ValidationException"),
    ],
)  # fmt: skip
def test_what_does_not_exist_or_makes_no_sense_is_refused(
    fake_aws: FakeAws, catalog: Any, call: str, params: dict[str, Any], code: str
) -> None:
    unchecked = client(fake_aws, "marketplace-catalog", admin_keys(fake_aws), checks=False)
    assert error_of(getattr(unchecked, call), **CATALOG, **params)[0] == code
    odd = {"AssessmentIdentifier": "odd"}
    assert error_of(unchecked.describe_assessment, **CATALOG, **odd)[0] == "ValidationException"
