"""CloudTrail's answers about trails, selectors, events and event data stores."""

import json
from datetime import timedelta
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.state import EventDataStore, Trail, TrailEvent
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

MANAGEMENT = "444455550000"


def arn(name: str, account: str = ACCOUNT) -> str:
    """The ARN of a trail in us-east-1."""
    return f"arn:aws:cloudtrail:us-east-1:{account}:trail/{name}"


@pytest.fixture
def trails(fake_aws: FakeAws) -> FakeAws:
    """A multi-region trail, a single-region one and an organisation's, all with home us-east-1."""
    fake_aws.state(ACCOUNT).trails += [
        Trail("everywhere", arn("everywhere"), multi_region=True, validation=True),
        Trail("here-only", arn("here-only"), logging=False),
        Trail("org", arn("org", MANAGEMENT), multi_region=True, organization=True),
    ]
    return fake_aws


def cloudtrail(fake: FakeAws, region: str = "us-east-1") -> Any:
    """An administrator's CloudTrail client."""
    return client(fake, "cloudtrail", admin_keys(fake), region)


@pytest.mark.parametrize(
    ("region", "params", "seen"),
    [
        ("us-east-1", {}, ["everywhere", "here-only", "org"]),
        ("eu-west-1", {}, ["everywhere", "org"]),
        ("eu-west-1", {"includeShadowTrails": False}, []),
        ("us-east-1", {"trailNameList": [arn("org", MANAGEMENT)]}, ["org"]),
        ("us-east-1", {"trailNameList": ["here-only"]}, ["here-only"]),
    ],
)
def test_trails_of_other_regions_show_as_shadows(
    trails: FakeAws, region: str, params: dict[str, Any], seen: list[str]
) -> None:
    answer = cloudtrail(trails, region).describe_trails(**params)["trailList"]
    assert [trail["Name"] for trail in answer] == seen
    assert {trail["HomeRegion"] for trail in answer} <= {"us-east-1"}


def test_a_shadow_answers_to_its_arn_only(trails: FakeAws) -> None:
    there = cloudtrail(trails, "eu-west-1")
    assert there.get_trail_status(Name=arn("everywhere"))["IsLogging"] is True
    assert error_of(there.get_trail_status, Name="everywhere")[0] == "TrailNotFoundException"
    assert (
        error_of(there.get_event_selectors, TrailName=arn("here-only"))[0]
        == "TrailNotFoundException"
    )


def test_the_status_tells_of_deliveries(trails: FakeAws) -> None:
    here = cloudtrail(trails)
    logging = here.get_trail_status(Name="everywhere")
    assert logging["LatestDeliveryTime"] > clock.days_ago(1)
    assert "LatestDigestDeliveryTime" in logging
    stopped = here.get_trail_status(Name="here-only")
    assert stopped["IsLogging"] is False
    assert "LatestDeliveryTime" not in stopped
    trails.state(ACCOUNT).trails[0].status = {"LatestDeliveryError": "NoSuchBucket"}
    assert here.get_trail_status(Name="everywhere")["LatestDeliveryError"] == "NoSuchBucket"


def test_selectors_start_with_the_default_and_one_kind_replaces_the_other(trails: FakeAws) -> None:
    here = cloudtrail(trails)
    default = here.get_event_selectors(TrailName="everywhere")["EventSelectors"][0]
    assert (default["ReadWriteType"], default["IncludeManagementEvents"]) == ("All", True)
    advanced = [
        {"Name": "m", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
    ]
    here.put_event_selectors(TrailName="everywhere", AdvancedEventSelectors=advanced)
    answer = here.get_event_selectors(TrailName="everywhere")
    assert answer["AdvancedEventSelectors"] == advanced
    assert "EventSelectors" not in answer
    basic = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]
    here.put_event_selectors(TrailName="everywhere", EventSelectors=basic)
    answer = here.get_event_selectors(TrailName="everywhere")
    assert answer["EventSelectors"] == basic
    assert "AdvancedEventSelectors" not in answer


def test_a_remediation_makes_a_trail_that_counts(fake_aws: FakeAws) -> None:
    here = cloudtrail(fake_aws)
    made = here.create_trail(Name="seller-trail", S3BucketName="logs", IsMultiRegionTrail=True)
    assert made["TrailARN"] == arn("seller-trail")
    assert here.get_trail_status(Name="seller-trail")["IsLogging"] is False
    here.start_logging(Name="seller-trail")
    assert (
        here.update_trail(Name="seller-trail", EnableLogFileValidation=True)[
            "LogFileValidationEnabled"
        ]
        is True
    )
    trail = cloudtrail(fake_aws, "us-west-2").describe_trails()["trailList"][0]
    assert (trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (True, True)
    assert [one["Name"] for one in here.list_trails()["Trails"]] == ["seller-trail"]
    assert (
        error_of(here.create_trail, Name="seller-trail", S3BucketName="x")[0]
        == "TrailAlreadyExistsException"
    )
    here.stop_logging(Name="seller-trail")
    here.delete_trail(Name="seller-trail")
    assert here.describe_trails()["trailList"] == []


def test_an_organisation_s_trail_is_not_the_member_s_to_change(trails: FakeAws) -> None:
    here = cloudtrail(trails)
    assert error_of(here.stop_logging, Name=arn("org", MANAGEMENT))[0] == "AccessDeniedException"
    assert here.get_trail_status(Name=arn("org", MANAGEMENT))["IsLogging"] is True


@pytest.fixture
def history(fake_aws: FakeAws) -> FakeAws:
    """Four events, one of another region and one older than 90 days."""
    fake_aws.state(ACCOUNT).events += [
        TrailEvent("1", "StartChangeSet", "marketplacecatalog.amazonaws.com", clock.days_ago(2), "ann", access_key="AKIA1"),
        TrailEvent("2", "StartSupportDataExport", "marketplacecommerceanalytics.amazonaws.com", clock.days_ago(20), "bob",
                   resources=[{"ResourceType": "AWS::S3::Bucket", "ResourceName": "reports"}]),
        TrailEvent("3", "DescribeEntity", "marketplacecatalog.amazonaws.com", clock.days_ago(91), "ann", read_only=True),
        TrailEvent("4", "BatchMeterUsage", "metering-marketplace.amazonaws.com", clock.days_ago(1), "app", region="eu-west-1"),
    ]  # fmt: skip
    return fake_aws


@pytest.mark.parametrize(
    ("key", "value", "seen"),
    [
        (None, None, ["1", "2"]),
        ("EventName", "StartSupportDataExport", ["2"]),
        ("EventSource", "marketplacecatalog.amazonaws.com", ["1"]),
        ("Username", "ann", ["1"]),
        ("ReadOnly", "false", ["1", "2"]),
        ("ReadOnly", "true", []),
        ("EventId", "2", ["2"]),
        ("AccessKeyId", "AKIA1", ["1"]),
        ("ResourceName", "reports", ["2"]),
        ("ResourceType", "AWS::SQS::Queue", []),
    ],
)
def test_events_are_looked_up_by_one_attribute(
    history: FakeAws, key: str | None, value: str | None, seen: list[str]
) -> None:
    params = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]} if key else {}
    events = cloudtrail(history).lookup_events(**params)["Events"]
    assert [event["EventId"] for event in events] == seen


def test_events_are_looked_up_by_time_newest_first(history: FakeAws) -> None:
    here = cloudtrail(history)
    lately = here.lookup_events(StartTime=clock.days_ago(5))["Events"]
    before = here.lookup_events(EndTime=clock.days_ago(5))["Events"]
    assert [event["EventId"] for event in lately + before] == ["1", "2"]
    assert '"eventName": "StartChangeSet"' in lately[0]["CloudTrailEvent"]
    assert [
        event["EventId"] for event in cloudtrail(history, "eu-west-1").lookup_events()["Events"]
    ] == ["4"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2}, "InvalidLookupAttributesException"),
        ({"StartTime": clock.now(), "EndTime": clock.now() - timedelta(days=1)}, "InvalidTimeRangeException"),
    ],
)  # fmt: skip
def test_a_lookup_that_makes_no_sense_is_refused(
    history: FakeAws, params: dict[str, Any], code: str
) -> None:
    assert error_of(cloudtrail(history).lookup_events, **params)[0] == code


def test_event_data_stores_are_listed_by_region_and_described(fake_aws: FakeAws) -> None:
    lake = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/lake"
    fake_aws.state(ACCOUNT).data_stores.append(
        EventDataStore(lake, "lake", selectors=[{"Name": "all"}])
    )
    here = cloudtrail(fake_aws)
    assert here.list_event_data_stores()["EventDataStores"] == [
        {"EventDataStoreArn": lake, "Name": "lake"}
    ]
    store = here.get_event_data_store(EventDataStore=lake)
    assert (store["Status"], store["MultiRegionEnabled"], store["RetentionPeriod"]) == (
        "ENABLED",
        True,
        2557,
    )
    there = cloudtrail(fake_aws, "eu-west-1")
    assert there.list_event_data_stores()["EventDataStores"] == []
    assert (
        error_of(there.get_event_data_store, EventDataStore=lake)[0]
        == "EventDataStoreNotFoundException"
    )


def test_a_store_is_changed_by_a_remedy(fake_aws: FakeAws) -> None:
    lake = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/lake"
    store = EventDataStore(lake, "lake", retention_days=90, protected=False)
    fake_aws.state(ACCOUNT).data_stores.append(store)
    here = cloudtrail(fake_aws)
    assert here.get_event_data_store(EventDataStore=lake)["TerminationProtectionEnabled"] is False
    here.update_event_data_store(
        EventDataStore=lake, RetentionPeriod=400, TerminationProtectionEnabled=True
    )
    changed = here.get_event_data_store(EventDataStore=lake)
    assert (changed["RetentionPeriod"], changed["TerminationProtectionEnabled"]) == (400, True)


def test_a_trail_tells_its_key_its_log_group_and_its_prefix(trails: FakeAws) -> None:
    here = cloudtrail(trails)
    (plain,) = here.describe_trails(trailNameList=["here-only"])["trailList"]
    assert not plain.keys() & {"KmsKeyId", "CloudWatchLogsLogGroupArn", "S3KeyPrefix"}
    given = {
        "KmsKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k",
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/trail",
        "S3KeyPrefix": "trails",
    }
    here.update_trail(Name="here-only", **given)
    (changed,) = here.describe_trails(trailNameList=["here-only"])["trailList"]
    assert {name: changed[name] for name in given} == given


def test_records_say_who_called(history: FakeAws) -> None:
    history.state(ACCOUNT).events.append(
        TrailEvent("5", "ConsoleLogin", "signin.amazonaws.com", clock.days_ago(3), "root")
    )
    asked = [{"AttributeKey": "Username", "AttributeValue": "root"}]
    (event,) = cloudtrail(history).lookup_events(LookupAttributes=asked)["Events"]
    assert json.loads(event["CloudTrailEvent"])["userIdentity"] == {
        "type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT,
    }  # fmt: skip
