"""Past events keep who called, from where, and the names of parameters; never their values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect.trail_events import (
    BY_NAME,
    LONGEST_NAME,
    MOST_NAMES,
    look_up,
)
from scanner.facts.cloudtrail import METERING, TrailEvent
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import NOW, OWN
from tests.fakes import DENIED, FakeAws, Reply, limited

LOOKUP = "cloudtrail:LookupEvents"
ROLE = f"arn:aws:iam::{OWN}:role/metering"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/metering/pod-1"
RECORD: dict[str, Any] = {
    "userIdentity": {
        "type": "AssumedRole",
        "arn": SESSION,
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
    },
    "awsRegion": "eu-west-1",
    "errorCode": "ThrottlingException",
    "requestParameters": {
        "productCode": "secret-1",
        "usageRecords": [{"dimension": "secret-2", "quantity": 3}, {"dimension": "secret-3"}],
    },
}


def said(record: object = RECORD, **more: object) -> Answer:
    return {
        "EventId": "e-1",
        "EventName": METERING,
        "EventSource": "metering-marketplace.amazonaws.com",
        "EventTime": NOW,
        "Username": "pod-1",
        "CloudTrailEvent": record if isinstance(record, str) else json.dumps(record),
        **more,
    }


def found(reply: Reply | list[Reply], **limits: int) -> Listed[TrailEvent]:
    aws = FakeAws({LOOKUP: reply}, limits=limited(**limits))
    return look_up(aws, "us-east-1", BY_NAME, METERING, NOW)


def the_event(record: object) -> TrailEvent:
    (event,) = seen(found({"Events": [said(record)]}))
    return event


def test_an_event_is_read_with_its_record() -> None:
    assert the_event(RECORD) == TrailEvent(
        "e-1", METERING, "metering-marketplace.amazonaws.com", NOW, "pod-1", "eu-west-1",
        "AssumedRole", ROLE, "ThrottlingException",
        ("productCode", "usageRecords", "dimension", "quantity"),
    )  # fmt: skip


def test_no_value_of_a_parameter_is_kept() -> None:
    assert "secret" not in repr(the_event(RECORD))


@pytest.mark.parametrize(
    ("identity", "caller"),
    [
        ({"type": "Root", "arn": f"arn:aws:iam::{OWN}:root"}, f"arn:aws:iam::{OWN}:root"),
        ({"type": "AssumedRole", "arn": SESSION}, SESSION),
        ({"type": "AssumedRole", "arn": SESSION, "sessionContext": None}, SESSION),
        ({"type": "AWSService", "invokedBy": "config.amazonaws.com"}, ""),
        ({}, ""),
    ],
)
def test_callers_go_by_their_arn(identity: dict[str, Any], caller: str) -> None:
    event = the_event({"userIdentity": identity})
    assert (event.caller_type, event.caller) == (identity.get("type", ""), caller)
    assert (event.region, event.error, event.parameters) == ("us-east-1", "", ())


@pytest.mark.parametrize(
    "record",
    [
        "", "{cut", "[1]", "null", "7", "[" * 99_999, {}, {"userIdentity": None},
        {"userIdentity": {"type": 7}}, {"userIdentity": {"arn": ["x"]}},
        {"userIdentity": {}, "errorCode": {"x": 1}},
        {"userIdentity": {"type": "AssumedRole", "sessionContext": "x"}},
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_leaves_the_event_and_a_gap(record: object) -> None:
    events = found({"Events": [said(record)]})
    assert isinstance(events, Partial)
    assert [(one.id, one.user, one.caller_type) for one in events.items] == [("e-1", "pod-1", "")]
    assert [(gap.action, gap.error) for gap in events.why] == [(LOOKUP, "BadAnswer")]


def test_an_event_without_its_own_fields_is_a_gap() -> None:
    for odd in ({}, said(EventTime=None), said(EventTime="soon")):
        events = found({"Events": [odd]})
        assert isinstance(events, Partial)
        assert events.items == ()


def test_names_are_kept_within_bounds() -> None:
    many = {f"name{number}": number for number in range(500)} | {"x" * 9_999: 1}
    assert len(the_event(RECORD | {"requestParameters": many}).parameters) == MOST_NAMES
    long = the_event(RECORD | {"requestParameters": {"x" * 9_999: 1}}).parameters
    assert long == ("x" * LONGEST_NAME,)


def test_names_are_found_however_deep() -> None:
    deep: Any = {"innermost": 1}
    for _ in range(200):
        deep = {"outer": [deep]}
    assert the_event(RECORD | {"requestParameters": deep}).parameters == ("outer", "innermost")


def test_ninety_days_are_looked_up_in_pages() -> None:
    pages: list[Reply] = [
        {"Events": [said()], "NextToken": "t"},
        {"Events": [said(), said(EventId="e-2")]},
    ]
    aws = FakeAws({LOOKUP: pages})
    events = look_up(aws, "eu-west-1", BY_NAME, METERING, NOW)
    assert [one.id for one in seen(events)] == ["e-1", "e-2"]
    (_, region, asked), (_, _, again) = aws.asked
    assert (region, again["NextToken"]) == ("eu-west-1", "t")
    assert asked["StartTime"] == datetime(2026, 8, 26, 8, 40, tzinfo=UTC)
    assert asked["LookupAttributes"] == [
        {"AttributeKey": "EventName", "AttributeValue": "BatchMeterUsage"}
    ]


def test_too_many_events_are_a_partial_list() -> None:
    events = found({"Events": [said()], "NextToken": "t"}, event_pages=1)
    assert isinstance(events, Partial)
    assert [gap.error for gap in gaps(events)] == ["OverCap"]


def test_a_refused_lookup_is_unobserved() -> None:
    assert isinstance(found(DENIED), Unobserved)
