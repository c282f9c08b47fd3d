"""Answers of CloudTrail about recorded events: the 90-day history and the event data stores."""

import json
from datetime import datetime

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import EventDataStore, TrailEvent

HISTORY_DAYS = 90
MOST_EVENTS = 50
_ATTRIBUTES = {
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
}


def lookup_events(ask: Ask) -> Answer:
    """Events of this region in the last 90 days, newest first, narrowed by one attribute and by time."""
    size = ask.params.get("MaxResults", MOST_EVENTS)
    if not 1 <= size <= MOST_EVENTS:
        raise ApiError(
            "InvalidMaxResultsException",
            f"A max results value of {size} is invalid. Specify max results between 1 and {MOST_EVENTS}.",
        )
    start, end = _aware(ask.params.get("StartTime")), _aware(ask.params.get("EndTime"))
    if start and end and start > end:
        raise ApiError(
            "InvalidTimeRangeException",
            "Time range provided is invalid. The start time must be before the end time.",
        )
    key, value = _attribute(ask)
    oldest = clock.days_ago(HISTORY_DAYS)
    events = [
        event
        for event in list(ask.account.events)
        if event.region == ask.region
        and event.time >= max(oldest, start or oldest)
        and (end is None or event.time <= end)
        and (not key or value in _values(event, key))
    ]
    events.sort(key=lambda event: event.time, reverse=True)
    page, tail = cut(ask, events, usual=MOST_EVENTS, most=MOST_EVENTS)
    return {"Events": [_event(ask, event) for event in page]} | tail


def _aware(moment: datetime | None) -> datetime | None:
    return clock.aware(moment) if moment else None


def _attribute(ask: Ask) -> tuple[str, str]:
    attributes = ask.params.get("LookupAttributes") or []
    if not attributes:
        return "", ""
    if len(attributes) > 1 or attributes[0]["AttributeKey"] not in _ATTRIBUTES:
        raise ApiError(
            "InvalidLookupAttributesException", "Lookup attributes list must have 1 valid entry."
        )
    return attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]


def _values(event: TrailEvent, key: str) -> list[str]:
    if key in {"ResourceType", "ResourceName"}:
        return [str(resource[key]) for resource in event.resources if key in resource]
    return [
        {
            "EventId": event.id,
            "EventName": event.name,
            "ReadOnly": "true" if event.read_only else "false",
            "Username": event.username,
            "EventSource": event.source,
            "AccessKeyId": event.access_key,
        }[key]
    ]


def _event(ask: Ask, event: TrailEvent) -> Answer:
    record = {
        "eventVersion": "1.09",
        "eventTime": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "eventID": event.id,
        "readOnly": event.read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ask.account.account,
        "userIdentity": _identity(ask.account.account, event.username),
    } | event.record
    return {
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": "true" if event.read_only else "false",
        "AccessKeyId": event.access_key or None,
        "EventTime": event.time,
        "EventSource": event.source,
        "Username": event.username,
        "Resources": event.resources,
        "CloudTrailEvent": json.dumps(record),
    }


def _identity(account: str, name: str) -> Answer:
    """Who called, when the record does not say it: a user, or root."""
    if name == "root":
        arn = f"arn:aws:iam::{account}:root"
        return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {"type": "IAMUser", "arn": arn, "userName": name, "accountId": account}


def list_event_data_stores(ask: Ask) -> Answer:
    """The event data stores of this region; the details are left to GetEventDataStore, as on AWS."""
    stores = [store for store in list(ask.account.data_stores) if store.region == ask.region]
    page, tail = cut(ask, stores, usual=100)
    return {
        "EventDataStores": [{"EventDataStoreArn": store.arn, "Name": store.name} for store in page]
    } | tail


def get_event_data_store(ask: Ask) -> Answer:
    """One event data store."""
    return _store(_named(ask))


def update_event_data_store(ask: Ask) -> Answer:
    """Change how long a store keeps events, and whether it may be deleted."""
    store = _named(ask)
    store.retention_days = ask.params.get("RetentionPeriod", store.retention_days)
    store.protected = ask.params.get("TerminationProtectionEnabled", store.protected)
    store.multi_region = ask.params.get("MultiRegionEnabled", store.multi_region)
    store.selectors = ask.params.get("AdvancedEventSelectors", store.selectors)
    return _store(store)


def _named(ask: Ask) -> EventDataStore:
    wanted = ask.params["EventDataStore"]
    for store in list(ask.account.data_stores):
        if store.region == ask.region and wanted in {store.arn, store.arn.rsplit("/", 1)[-1]}:
            return store
    raise ApiError(
        "EventDataStoreNotFoundException", f"The event data store {wanted} was not found."
    )


def _store(store: EventDataStore) -> Answer:
    return {
        "EventDataStoreArn": store.arn,
        "Name": store.name,
        "Status": store.status,
        "AdvancedEventSelectors": store.selectors,
        "MultiRegionEnabled": store.multi_region,
        "OrganizationEnabled": store.organization,
        "RetentionPeriod": store.retention_days,
        "TerminationProtectionEnabled": store.protected,
        "CreatedTimestamp": store.created,
        "UpdatedTimestamp": store.created,
        "BillingMode": "EXTENDABLE_RETENTION_PRICING",
    }


ANSWERS: dict[str, Handler] = {
    "LookupEvents": lookup_events,
    "ListEventDataStores": list_event_data_stores,
    "GetEventDataStore": get_event_data_store,
    "UpdateEventDataStore": update_event_data_store,
}
