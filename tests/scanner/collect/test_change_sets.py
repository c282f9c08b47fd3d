"""Failed change sets of the last 90 days, with AWS's reasons of the newest."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scanner.aws import Answer
from scanner.collect import change_sets
from scanner.facts.catalog import ChangeSet
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import NOW
from tests.fakes import DENIED, FakeAws, Reply

LIST, DESCRIBE = "aws-marketplace:ListChangeSets", "aws-marketplace:DescribeChangeSet"
PLAIN: Answer = {"Intent": "VALIDATE", "ChangeSet": []}


def said(number: int = 1) -> Answer:
    return {
        "ChangeSetId": f"cs-{number}",
        "ChangeSetName": "Add 2.1",
        "StartTime": "2026-11-20T08:00:00Z",
        "EndTime": "2026-11-20T09:00:00Z",
        "Status": "FAILED",
        "EntityIdList": ["prod-1"],
        "FailureCode": "CLIENT_ERROR",
    }


def read(listed: Reply | list[Reply], describe: Reply | list[Reply]) -> Listed[ChangeSet]:
    return change_sets.failed_since(FakeAws({LIST: listed, DESCRIBE: describe}), NOW)


def test_a_failed_change_set_is_read_with_its_reasons() -> None:
    error = {"ErrorCode": "SCAN_ERROR", "ErrorMessage": "Fix openssl"}
    changes = [{"ErrorDetailList": [error, error]}, {"ChangeType": "AddDeliveryOptions"}]
    answer = {"Intent": "APPLY", "ChangeSet": changes, "FailureDescription": "too many"}
    assert read({"ChangeSetSummaryList": [said()]}, answer) == (
        ChangeSet(
            "cs-1", "Add 2.1", "FAILED", "CLIENT_ERROR",
            datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC),
            ("prod-1",), "APPLY", ("SCAN_ERROR: Fix openssl", "too many"),
        ),
    )  # fmt: skip


def test_failed_ones_of_ninety_days_are_asked_for_newest_first() -> None:
    aws = FakeAws({LIST: {"ChangeSetSummaryList": []}})
    assert change_sets.failed_since(aws, NOW) == ()
    ((_, region, asked),) = aws.asked
    assert region == "us-east-1"
    assert asked["FilterList"] == [
        {"Name": "Status", "ValueList": ["FAILED"]},
        {"Name": "AfterStartTime", "ValueList": ["2026-08-26T08:40:00Z"]},
    ]
    assert asked["Sort"] == {"SortBy": "StartTime", "SortOrder": "DESCENDING"}


def test_pages_are_joined_up_to_a_cap() -> None:
    listed: list[Reply] = [
        {"ChangeSetSummaryList": [said(page)], "NextToken": f"t{page}"} for page in range(99)
    ]
    found = read(listed, PLAIN)
    assert isinstance(found, Partial)
    assert len(found.items) == change_sets.MOST_PAGES
    assert [gap.error for gap in found.why] == ["OverCap"]


def test_reasons_are_read_of_the_newest_only() -> None:
    listed = {"ChangeSetSummaryList": [said(number) for number in range(30)]}
    found = seen(read(listed, PLAIN))
    unread = [one.id for one in found if gaps(one.errors)]
    assert unread == [f"cs-{number}" for number in range(20, 30)]
    assert {gap.error for one in found for gap in gaps(one.intent)} == {"OverCap"}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (DENIED, "AccessDenied"),
        ({}, "BadAnswer"),
        ({"ChangeSet": 7}, "BadAnswer"),
        ({"ChangeSet": [{"ErrorDetailList": ["x"]}]}, "BadAnswer"),
    ],
)
def test_reasons_that_cannot_be_read_leave_the_change_set(reply: Reply, error: str) -> None:
    (one,) = seen(read({"ChangeSetSummaryList": [said()]}, reply))
    assert [gap.error for gap in gaps(one.errors)] == [error]
    assert isinstance(one.intent, Unobserved)


def test_a_refused_list_is_unobserved_and_an_odd_item_a_gap() -> None:
    assert isinstance(read(DENIED, PLAIN), Unobserved)
    assert isinstance(read({"ChangeSetSummaryList": [{}, said()]}, PLAIN), Partial)
