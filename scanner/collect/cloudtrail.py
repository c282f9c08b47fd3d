"""Trails, event data stores, and the retired call that is looked up in the event history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from, moment
from scanner.facts.cloudtrail import (
    CloudTrailFacts,
    DataStoreDetails,
    EventDataStore,
    Trail,
    TrailEvent,
)
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, merged, seen

TRAILS = "cloudtrail:DescribeTrails"
STORES = "cloudtrail:ListEventDataStores"
LOOKUP = "cloudtrail:LookupEvents"
ACTIONS = (
    TRAILS,
    "cloudtrail:GetTrailStatus",
    STORES,
    "cloudtrail:GetEventDataStore",
    LOOKUP,
)

LOOKED_UP = "StartSupportDataExport"
HISTORY = timedelta(days=90)
PAGE = 50


def collect(aws: Aws, regions: Listed[str], now: datetime) -> CloudTrailFacts:
    """Ask every region for its trails and stores, and the home region for past events."""
    names = seen(regions) or (aws.home,)
    events = aws.begin(lambda: _events(aws, now))
    asked_stores = [aws.begin(partial(_stores, aws, name)) for name in names]
    trails = _with_status(aws, _once(aws.each(lambda name: _trails(aws, name), names)))
    stores = merged(*(asked.result() for asked in asked_stores))
    return CloudTrailFacts(trails, _with_details(aws, stores), {LOOKED_UP: events.result()})


def _trails(aws: Aws, region: str) -> Listed[Trail]:
    """Trails that the region shows, shadows of other regions' trails included."""
    listed = aws.pages(
        "cloudtrail", "DescribeTrails", "trailList", region=region, includeShadowTrails=True
    )

    def trail(said: Answer) -> Trail:
        return Trail(
            arn=said["TrailARN"],
            name=said["Name"],
            home_region=said["HomeRegion"],
            multi_region=bool(said["IsMultiRegionTrail"]),
            organization=bool(said.get("IsOrganizationTrail", False)),
            validates_files=bool(said.get("LogFileValidationEnabled", False)),
            global_events=bool(said.get("IncludeGlobalServiceEvents", False)),
            bucket=said.get("S3BucketName", ""),
            logging=NOT_READ,
        )

    return facts_from(listed, trail, action=TRAILS, region=region)


def _once(lists: Sequence[Listed[Trail]]) -> Listed[Trail]:
    """Every trail once: a multi-region trail has a shadow in each region."""
    listed = merged(*lists)
    if isinstance(listed, Unobserved):
        return listed
    trails = tuple({trail.arn: trail for trail in reversed(seen(listed))}.values())[::-1]
    return Partial(trails, gaps(listed)) if gaps(listed) else trails


def _with_status(aws: Aws, listed: Listed[Trail]) -> Listed[Trail]:
    if isinstance(listed, Unobserved):
        return listed
    trails = tuple(aws.each(lambda one: replace(one, logging=_logging(aws, one)), seen(listed)))
    return Partial(trails, gaps(listed)) if gaps(listed) else trails


def _logging(aws: Aws, trail: Trail) -> Observed[bool]:
    """Whether it logs, asked by ARN at home: a bare name fails for shadows."""
    answer = aws.call(
        "cloudtrail",
        "GetTrailStatus",
        region=trail.home_region,
        must=("IsLogging",),
        Name=trail.arn,
    )
    return answer if isinstance(answer, Unobserved) else bool(answer["IsLogging"])


def _stores(aws: Aws, region: str) -> Listed[EventDataStore]:
    listed = aws.pages("cloudtrail", "ListEventDataStores", "EventDataStores", region=region)

    def store(said: Answer) -> EventDataStore:
        return EventDataStore(said["EventDataStoreArn"], said.get("Name", ""), region, NOT_READ)

    return facts_from(listed, store, action=STORES, region=region)


def _with_details(aws: Aws, listed: Listed[EventDataStore]) -> Listed[EventDataStore]:
    if isinstance(listed, Unobserved):
        return listed
    stores = tuple(aws.each(lambda one: replace(one, details=_details(aws, one)), seen(listed)))
    return Partial(stores, gaps(listed)) if gaps(listed) else stores


def _details(aws: Aws, store: EventDataStore) -> Observed[DataStoreDetails]:
    answer = aws.call(
        "cloudtrail",
        "GetEventDataStore",
        region=store.region,
        must=("Status",),
        EventDataStore=store.arn,
    )
    if isinstance(answer, Unobserved):
        return answer
    selectors = answer.get("AdvancedEventSelectors") or ()
    return DataStoreDetails(
        status=str(answer["Status"]),
        multi_region=bool(answer.get("MultiRegionEnabled", False)),
        management_events=any(_takes_management_events(one) for one in selectors),
    )


def _takes_management_events(selector: Answer) -> bool:
    """Whether a selector takes all management events: no field beside the category narrows it."""
    fields = list(selector.get("FieldSelectors") or ())
    return len(fields) == 1 and (
        fields[0].get("Field") == "eventCategory"
        and "Management" in (fields[0].get("Equals") or ())
    )


def _events(aws: Aws, now: datetime) -> Listed[TrailEvent]:
    listed = aws.pages(
        "cloudtrail",
        "LookupEvents",
        "Events",
        region=aws.home,
        most=aws.limits.event_pages,
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": LOOKED_UP}],
        StartTime=now - HISTORY,
        EndTime=now,
        MaxResults=PAGE,
    )

    def event(said: Answer) -> TrailEvent:
        when = moment(said["EventTime"])
        if when is None:
            raise ValueError("EventTime is empty")
        return TrailEvent(
            id=said["EventId"],
            name=said["EventName"],
            source=said.get("EventSource", ""),
            time=when,
            user=said.get("Username", ""),
        )

    return facts_from(listed, event, action=LOOKUP, region=aws.home)
