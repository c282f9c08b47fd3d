"""Trails are listed once, with their status from home; stores and past events beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect import cloudtrail
from scanner.facts.cloudtrail import CloudTrailFacts, DataStoreDetails
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import NOW
from tests.fakes import DENIED, FakeAws, Reply, limited

REGIONS = ("us-east-1", "eu-west-1")
ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
TRAIL: Answer = {
    "TrailARN": ARN,
    "Name": "audit",
    "HomeRegion": "eu-west-1",
    "IsMultiRegionTrail": True,
    "IsOrganizationTrail": False,
    "LogFileValidationEnabled": True,
    "IncludeGlobalServiceEvents": True,
    "S3BucketName": "logs",
}
STORE = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/e1"
QUIET: Mapping[str, Reply] = {
    "cloudtrail:DescribeTrails": {"trailList": []},
    "cloudtrail:GetTrailStatus": {"IsLogging": True},
    "cloudtrail:ListEventDataStores": {"EventDataStores": []},
    "cloudtrail:GetEventDataStore": {"Status": "ENABLED"},
    "cloudtrail:LookupEvents": {"Events": []},
}


def account(replies: Mapping[str, Reply] | None = None, **limits: int) -> FakeAws:
    said = {f"cloudtrail:{name}": reply for name, reply in (replies or {}).items()}
    return FakeAws({**QUIET, **said}, limits=limited(**limits))


def collected(
    replies: Mapping[str, Reply] | None = None, regions: Listed[str] = REGIONS, **limits: int
) -> CloudTrailFacts:
    return cloudtrail.collect(account(replies, **limits), regions, NOW)


def test_a_trail_with_shadows_is_one_and_its_status_comes_from_home_by_arn() -> None:
    aws = account({"DescribeTrails": {"trailList": [TRAIL]}})
    (trail,) = seen(cloudtrail.collect(aws, REGIONS, NOW).trails)
    assert (trail.arn, trail.home_region, trail.multi_region, trail.logging) == (
        ARN, "eu-west-1", True, True,
    )  # fmt: skip
    statuses = [asked for asked in aws.asked if asked[0] == "cloudtrail:GetTrailStatus"]
    assert statuses == [("cloudtrail:GetTrailStatus", "eu-west-1", {"Name": ARN})]


def test_single_region_trails_of_every_region_are_found() -> None:
    def reply(region: str, params: Answer) -> Answer:
        name = {"TrailARN": f"arn:{region}", "HomeRegion": region, "IsMultiRegionTrail": False}
        return {"trailList": [TRAIL | name]}

    facts = collected({"DescribeTrails": reply})
    assert [trail.home_region for trail in seen(facts.trails)] == list(REGIONS)


def test_a_refused_status_is_unobserved_and_the_trail_stays() -> None:
    facts = collected({"DescribeTrails": {"trailList": [TRAIL]}, "GetTrailStatus": DENIED})
    (trail,) = seen(facts.trails)
    assert trail.logging == Unobserved(
        "cloudtrail:GetTrailStatus", "AccessDenied", "eu-west-1", DENIED.detail
    )


def test_a_status_without_is_logging_is_unobserved() -> None:
    facts = collected({"DescribeTrails": {"trailList": [TRAIL]}, "GetTrailStatus": {}})
    assert [isinstance(trail.logging, Unobserved) for trail in seen(facts.trails)] == [True]


def test_a_region_that_refuses_leaves_a_gap_of_that_region() -> None:
    def reply(region: str, params: Answer) -> Answer:
        if region == "eu-west-1":
            raise DENIED
        return {"trailList": [TRAIL]}

    facts = collected({"DescribeTrails": reply, "ListEventDataStores": reply})
    assert isinstance(facts.trails, Partial)
    assert [trail.arn for trail in facts.trails.items] == [ARN]
    assert [gap.region for gap in facts.trails.why] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("fields", "management"),
    [
        ([{"Field": "eventCategory", "Equals": ["Management"]}], True),
        ([{"Field": "eventCategory", "Equals": ["Data"]}], False),
        (
            [
                {"Field": "eventCategory", "Equals": ["Management"]},
                {"Field": "readOnly", "Equals": ["true"]},
            ],
            False,
        ),
        ([], False),
    ],
)
def test_a_store_takes_management_events_only_without_further_fields(
    fields: list[dict[str, Any]], management: bool
) -> None:
    store = {
        "Status": "ENABLED",
        "MultiRegionEnabled": True,
        "AdvancedEventSelectors": [{"FieldSelectors": fields}],
    }
    facts = collected(
        {
            "ListEventDataStores": {"EventDataStores": [{"EventDataStoreArn": STORE, "Name": "s"}]},
            "GetEventDataStore": store,
        },
        regions=("us-east-1",),
    )
    (found,) = seen(facts.data_stores)
    assert found.details == DataStoreDetails("ENABLED", True, management)


def test_a_refused_store_keeps_its_place() -> None:
    listed = {"EventDataStores": [{"EventDataStoreArn": STORE}]}
    facts = collected({"ListEventDataStores": listed, "GetEventDataStore": DENIED}, ("us-east-1",))
    assert [gaps(store.details) != () for store in seen(facts.data_stores)] == [True]


def test_the_retired_call_is_looked_up_for_ninety_days() -> None:
    event = {
        "EventId": "e", "EventName": "StartSupportDataExport", "EventTime": NOW, "Username": "bot",
        "EventSource": "marketplacecommerceanalytics.amazonaws.com",
    }  # fmt: skip
    aws = account({"LookupEvents": {"Events": [event]}})
    found = seen(cloudtrail.collect(aws, REGIONS, NOW).events["StartSupportDataExport"])
    assert [(one.id, one.user, one.time) for one in found] == [("e", "bot", NOW)]
    ((_, region, asked),) = [one for one in aws.asked if one[0] == "cloudtrail:LookupEvents"]
    assert region == "us-east-1"
    assert asked["StartTime"] == datetime(2026, 8, 26, 8, 40, tzinfo=UTC)
    assert asked["LookupAttributes"] == [
        {"AttributeKey": "EventName", "AttributeValue": "StartSupportDataExport"}
    ]


def test_too_many_events_are_a_partial_list() -> None:
    event = {"EventId": "e", "EventName": "StartSupportDataExport", "EventTime": NOW}
    facts = collected({"LookupEvents": {"Events": [event], "NextToken": "t"}}, event_pages=1)
    found = facts.events["StartSupportDataExport"]
    assert isinstance(found, Partial)
    assert [gap.error for gap in found.why] == ["OverCap"]
