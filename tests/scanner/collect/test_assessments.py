"""Assessments are listed per product; controls are read of the newest ones alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.aws import Answer
from scanner.collect import assessments
from scanner.facts.catalog import Assessment, ControlResult
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.fakes import DENIED, FakeAws, Reply

LIST, DESCRIBE = "aws-marketplace:ListAssessments", "aws-marketplace:DescribeAssessment"
NONE: Answer = {"ControlAssessments": []}


def said(
    number: int, day: int, option: str = "do-1", framework: str = "AMISecurity@1.0", **more: object
) -> Answer:
    name = framework.partition("@")[0] + "Summary"
    return {
        "AssessmentId": f"assessment-{number}",
        "AssessmentArn": f"arn:aws:aws-marketplace:us-east-1::AWSMarketplace/Assessment/assessment-{number}",
        "FrameworkId": framework,
        "AssessmentTargetSummary": {"EntityId": "prod-1"},
        "FrameworkSummary": {name: {"DeliveryOptionId": option}},
        "AssessmentResult": "PASS",
        "CreatedAt": f"2026-11-{day:02}T08:00:00Z",
        "ExpiresAt": f"2027-02-{day:02}T08:00:00Z",
        **more,
    }


def read(listed: Reply | list[Reply], describe: Reply | list[Reply]) -> Listed[Assessment]:
    return assessments.assessments_of(FakeAws({LIST: listed, DESCRIBE: describe}), "prod-1")


def test_an_assessment_is_read_with_its_controls() -> None:
    errors = [{"Code": "CVE_FOUND", "Message": "openssl", "Scope": []}]
    control = {"ControlId": "c-1", "ControlAssessmentResult": "FAIL", "Errors": errors}
    listed = {"AssessmentSummaryList": [said(1, 5, AssessmentResult="FAIL")]}
    (one,) = seen(read(listed, {"ControlAssessments": [control]}))
    assert (one.framework, one.entity, one.option, one.result) == (
        "AMISecurity@1.0", "prod-1", "do-1", "FAIL",
    )  # fmt: skip
    assert one.created == datetime(2026, 11, 5, 8, tzinfo=UTC)
    assert one.expires == datetime(2027, 2, 5, 8, tzinfo=UTC)
    assert one.controls == (ControlResult("c-1", "FAIL", ("CVE_FOUND: openssl",)),)


def test_controls_are_read_of_the_newest_per_framework_and_option() -> None:
    listed = {
        "AssessmentSummaryList": [
            said(1, 5),
            said(2, 9, framework="AMISecurity@1.1"),
            said(3, 2, option="do-2"),
            said(5, 1, option="do-2"),
            said(4, 1, framework="ContainerSecurity@1.0"),
        ]
    }
    aws = FakeAws({LIST: listed, DESCRIBE: NONE})
    found = {one.id: one.controls for one in seen(assessments.assessments_of(aws, "prod-1"))}
    assert found == {
        "assessment-1": NOT_READ, "assessment-2": (), "assessment-3": (), "assessment-5": NOT_READ,
        "assessment-4": (),
    }  # fmt: skip
    assert aws.asked[0] == (
        LIST,
        "us-east-1",
        {
            "Catalog": "AWSMarketplace",
            "AssessmentTargetFilter": {"EntityId": "prod-1"},
            "MaxResults": 100,
        },
    )


def test_all_pages_of_both_lists_are_read() -> None:
    control = {"ControlId": "c", "ControlAssessmentResult": "PASS"}
    found = read(
        [
            {"AssessmentSummaryList": [said(1, 5)], "NextToken": "t"},
            {"AssessmentSummaryList": [said(2, 6, option="do-2")]},
        ],
        [
            {"ControlAssessments": [control], "NextToken": "t"},
            {"ControlAssessments": [control]},
        ],
    )
    assert {one.id: len(seen(one.controls)) for one in seen(found)} == {
        "assessment-1": 2, "assessment-2": 1,
    }  # fmt: skip


def test_a_refused_list_is_unobserved_and_a_cut_one_partial() -> None:
    assert read(DENIED, NONE) == Unobserved(LIST, "AccessDenied", "us-east-1", DENIED.detail)
    cut = read([{"AssessmentSummaryList": [said(1, 5)], "NextToken": "t"}, DENIED], NONE)
    assert isinstance(cut, Partial)
    assert len(cut.items) == 1


def test_refused_controls_leave_the_verdict() -> None:
    (one,) = seen(read({"AssessmentSummaryList": [said(1, 5)]}, DENIED))
    assert [gap.action for gap in gaps(one.controls)] == [DESCRIBE]


def test_what_cannot_be_read_is_a_gap() -> None:
    found = read({"AssessmentSummaryList": [{}, said(1, 5)]}, {"ControlAssessments": [{}]})
    assert [(gap.action, gap.error) for gap in gaps(found)] == [(LIST, "BadAnswer")]
    assert [gap.action for gap in gaps(seen(found)[0].controls)] == [DESCRIBE]


def test_an_assessment_without_date_or_option_is_the_oldest_of_its_own() -> None:
    bare = said(1, 5, FrameworkSummary={}, CreatedAt=None, AssessmentTargetSummary={})
    (one, newer) = seen(
        read({"AssessmentSummaryList": [bare, said(2, 1, FrameworkSummary={})]}, NONE)
    )
    assert (one.option, one.entity, one.created) == ("", "prod-1", None)
    assert (one.controls, newer.controls) == (NOT_READ, ())


def test_failed_ones_come_first_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessments, "MOST", 1)
    bad = said(2, 1, option="do-2", AssessmentResult="FAIL")
    good, failed = seen(read({"AssessmentSummaryList": [said(1, 5), bad]}, NONE))
    assert [gap.error for gap in gaps(good.controls)] == ["OverCap"]
    assert failed.controls == ()
