"""Trails are listed once, with status and selectors from home; stores beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from scanner.aws import Answer
from scanner.collect import cloudtrail
from scanner.facts.cloudtrail import (
    EXPORT,
    METERING,
    ROOT,
    AdvancedSelector,
    BasicSelector,
    CloudTrailFacts,
    DataStoreDetails,
    Delivery,
    FieldSelector,
    Selectors,
    Trail,
)
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
    "S3KeyPrefix": "trails",
    "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k",
    "CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*",
}
STORE = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/e1"
QUIET: Mapping[str, Reply] = {
    "cloudtrail:DescribeTrails": {"trailList": []},
    "cloudtrail:GetTrailStatus": {"IsLogging": True},
    "cloudtrail:GetEventSelectors": {"EventSelectors": []},
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


def the_trail(**replies: Reply) -> Trail:
    (trail,) = seen(collected({"DescribeTrails": {"trailList": [TRAIL]}, **replies}).trails)
    return trail


def test_a_trail_tells_where_it_writes_and_how_it_encrypts() -> None:
    trail = the_trail()
    assert (trail.bucket, trail.prefix) == ("logs", "trails")
    assert trail.kms_key == TRAIL["KmsKeyId"]
    assert trail.log_group == TRAIL["CloudWatchLogsLogGroupArn"]
    bare = {name: None if isinstance(value, str) else value for name, value in TRAIL.items()}
    named = bare | {name: TRAIL[name] for name in ("TrailARN", "Name", "HomeRegion")}
    trail = the_trail(DescribeTrails={"trailList": [named]})
    assert (trail.bucket, trail.prefix, trail.kms_key, trail.log_group) == ("", "", "", "")


def test_deliveries_are_read_without_the_dates_that_are_texts() -> None:
    status = {
        "IsLogging": True,
        "LatestDeliveryTime": NOW,
        "LatestDeliveryError": "AccessDenied",
        "LatestDigestDeliveryError": "NoSuchBucket",
        "LatestCloudWatchLogsDeliveryError": "no group",
        "StartLoggingTime": NOW,
        "LatestDeliveryAttemptTime": "",
        "TimeLoggingStarted": "nonsense",
    }
    expected = Delivery(NOW, "AccessDenied", "NoSuchBucket", "no group", NOW, None)
    assert the_trail(GetTrailStatus=status).delivery == expected
    assert the_trail().delivery == Delivery(None, "", "", "", None, None)


def test_an_odd_date_leaves_deliveries_unread_and_logging_known() -> None:
    trail = the_trail(GetTrailStatus={"IsLogging": True, "LatestDeliveryTime": "yesterday"})
    assert trail.logging is True
    assert [gap.error for gap in gaps(trail.delivery)] == ["BadAnswer"]


def test_basic_selectors_are_read_by_arn_at_home() -> None:
    said = {
        "ReadWriteType": "WriteOnly",
        "IncludeManagementEvents": True,
        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
    }
    aws = account(
        {"DescribeTrails": {"trailList": [TRAIL]}, "GetEventSelectors": {"EventSelectors": [said]}}
    )
    (trail,) = seen(cloudtrail.collect(aws, REGIONS, NOW).trails)
    basic = BasicSelector("WriteOnly", True, ("kms.amazonaws.com",))
    assert trail.selectors == Selectors(basic=(basic,))
    asked = [one for one in aws.asked if one[0] == "cloudtrail:GetEventSelectors"]
    assert asked == [("cloudtrail:GetEventSelectors", "eu-west-1", {"TrailName": ARN})]


def test_advanced_selectors_are_read_with_all_their_matchers() -> None:
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"], "StartsWith": ["a", "b"]},
    ]
    answer = {"TrailARN": ARN, "AdvancedEventSelectors": [{"Name": "n", "FieldSelectors": fields}]}
    expected = AdvancedSelector(
        (
            FieldSelector("eventCategory", {"Equals": ("Management",)}),
            FieldSelector(
                "eventSource", {"NotEquals": ("kms.amazonaws.com",), "StartsWith": ("a", "b")}
            ),
        )
    )
    assert the_trail(GetEventSelectors=answer).selectors == Selectors(advanced=(expected,))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (DENIED, "AccessDenied"),
        ({"TrailARN": ARN}, "BadAnswer"),
        ({"EventSelectors": [{}]}, "BadAnswer"),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [{"Equals": []}]}]}, "BadAnswer"),
    ],
)
def test_selectors_that_cannot_be_read_are_unobserved(answer: Reply, error: str) -> None:
    (gap,) = gaps(the_trail(GetEventSelectors=answer).selectors)
    assert (gap.action, gap.error) == ("cloudtrail:GetEventSelectors", error)


def test_the_list_of_trails_is_known_before_anything_is_asked_about_them() -> None:
    aws = account({"DescribeTrails": {"trailList": [TRAIL]}})
    heard: list[tuple[str, ...]] = []

    def known(trails: Listed[Trail]) -> None:
        assert aws.times()["cloudtrail:GetTrailStatus"] == 0
        heard.append(tuple(trail.arn for trail in seen(trails)))

    cloudtrail.collect(aws, REGIONS, NOW, known)
    assert heard == [(ARN,)]


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
        "RetentionPeriod": 2557,
        "TerminationProtectionEnabled": True,
    }
    facts = collected(
        {
            "ListEventDataStores": {"EventDataStores": [{"EventDataStoreArn": STORE, "Name": "s"}]},
            "GetEventDataStore": store,
        },
        regions=("us-east-1",),
    )
    (found,) = seen(facts.data_stores)
    assert found.details == DataStoreDetails("ENABLED", True, management, 2557, True)


def test_a_refused_store_keeps_its_place() -> None:
    listed = {"EventDataStores": [{"EventDataStoreArn": STORE}]}
    facts = collected({"ListEventDataStores": listed, "GetEventDataStore": DENIED}, ("us-east-1",))
    assert [gaps(store.details) != () for store in seen(facts.data_stores)] == [True]


def test_a_store_of_odd_shape_is_unobserved() -> None:
    listed = {"EventDataStores": [{"EventDataStoreArn": STORE}]}
    for odd in ({"RetentionPeriod": "long"}, {"AdvancedEventSelectors": ["x"]}):
        said: Reply = {"Status": "ENABLED", **odd}
        replies: dict[str, Reply] = {"ListEventDataStores": listed, "GetEventDataStore": said}
        (store,) = seen(collected(replies, ("us-east-1",)).data_stores)
        assert [gap.error for gap in gaps(store.details)] == ["BadAnswer"]


def looked_up(aws: FakeAws) -> set[tuple[str, str]]:
    return {
        (region, params["LookupAttributes"][0]["AttributeValue"])
        for action, region, params in aws.asked
        if action == "cloudtrail:LookupEvents"
    }


def test_metering_is_looked_up_everywhere_and_the_rest_at_home() -> None:
    aws = account()
    facts = cloudtrail.collect(aws, REGIONS, NOW)
    assert looked_up(aws) == {
        ("us-east-1", EXPORT), ("us-east-1", ROOT), ("us-east-1", METERING), ("eu-west-1", METERING),
    }  # fmt: skip
    assert facts.events == {EXPORT: (), METERING: (), ROOT: ()}


def test_events_of_a_region_that_refuses_are_a_gap() -> None:
    def reply(region: str, params: Answer) -> Answer:
        if region == "eu-west-1":
            raise DENIED
        return {"Events": []}

    facts = collected({"LookupEvents": reply})
    assert [gap.region for gap in gaps(facts.events[METERING])] == ["eu-west-1"]
    assert facts.events[ROOT] == ()


def test_unknown_regions_may_hide_metering() -> None:
    gap = Unobserved("ec2:DescribeRegions", "AccessDenied")
    assert collected(regions=gap).events[METERING] == Partial((), (gap,))
    cut = Partial(("us-east-1",), (gap,))
    assert collected(regions=cut).events[METERING] == Partial((), (gap,))


def test_an_account_that_refuses_everything_has_no_list_at_all() -> None:
    facts = collected({"DescribeTrails": DENIED, "ListEventDataStores": DENIED}, ("us-east-1",))
    assert isinstance(facts.trails, Unobserved)
    assert isinstance(facts.data_stores, Unobserved)
