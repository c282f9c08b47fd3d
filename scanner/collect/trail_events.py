"""Past events of the account, looked up in the event history that CloudTrail keeps anyway."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, moment
from scanner.facts.cloudtrail import TrailEvent
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

LOOKUP = "cloudtrail:LookupEvents"

HISTORY = timedelta(days=90)
PAGE = 50
BY_NAME = "EventName"
BY_USER = "Username"

MOST_NAMES = 100
LONGEST_NAME = 100
"""Who calls may name parameters at will: so many of so many characters are kept of an event."""


def look_up(aws: Aws, region: str, attribute: str, value: str, now: datetime) -> Listed[TrailEvent]:
    """Events of the last 90 days in a region, by an attribute such as EventName.

    An event whose record cannot be read keeps what stands beside the record, and leaves a gap.
    """
    listed = aws.pages(
        "cloudtrail",
        "LookupEvents",
        "Events",
        region=region,
        most=aws.limits.event_pages,
        LookupAttributes=[{"AttributeKey": attribute, "AttributeValue": value}],
        StartTime=now - HISTORY,
        EndTime=now,
        MaxResults=PAGE,
    )
    if isinstance(listed, Unobserved):
        return listed
    found: dict[str, TrailEvent] = {}
    why = list(gaps(listed))
    for said in seen(listed):
        try:
            event = _event(said, region)
            found.setdefault(event.id, event)
            found[event.id] = _with_record(event, said)
        except (*MALFORMED, RecursionError) as fault:
            why.append(bad_answer(LOOKUP, region, fault))
    events = tuple(found.values())
    return Partial(events, tuple(dict.fromkeys(why))) if why else events


def _event(said: Answer, region: str) -> TrailEvent:
    """The event without its record."""
    when = moment(said["EventTime"])
    if when is None:
        raise ValueError("EventTime is empty")
    return TrailEvent(
        id=said["EventId"],
        name=said["EventName"],
        source=said.get("EventSource", ""),
        time=when,
        user=said.get("Username", ""),
        region=region,
    )


def _with_record(event: TrailEvent, said: Answer) -> TrailEvent:
    """The event with what its record, a text written after the caller's wishes, says of it."""
    record = json.loads(said["CloudTrailEvent"])
    identity = record["userIdentity"]
    return replace(
        event,
        region=_text(record.get("awsRegion")) or event.region,
        caller_type=_text(identity.get("type")),
        caller=_caller(identity),
        error=_text(record.get("errorCode")),
        parameters=_names(record.get("requestParameters")),
    )


def _caller(identity: dict[str, Any]) -> str:
    """The caller's ARN; sessions of a role go by the role itself."""
    if identity.get("type") == "AssumedRole":
        issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
        if issuer.get("arn"):
            return _text(issuer["arn"])
    return _text(identity.get("arn"))


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _names(parameters: object) -> tuple[str, ...]:
    """Names of parameters at any depth, each once; no value is kept."""
    names: dict[str, None] = {}
    for name in _all_names(parameters):
        names.setdefault(name[:LONGEST_NAME])
        if len(names) == MOST_NAMES:
            break
    return tuple(names)


def _all_names(parameters: object) -> Iterator[str]:
    waiting = deque([parameters])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            yield from value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
