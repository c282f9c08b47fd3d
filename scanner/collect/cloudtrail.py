"""Trails and what they record, event data stores, and past events that controls ask about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from
from scanner.collect.trail_events import BY_NAME, BY_USER, LOOKUP, look_up
from scanner.collect.trail_items import (
    SELECTORS,
    STATUS,
    STORE,
    delivery_from,
    selectors_from,
    store_from,
    trail_from,
)
from scanner.facts.cloudtrail import (
    EXPORT,
    METERING,
    ROOT,
    CloudTrailFacts,
    EventDataStore,
    Selectors,
    Trail,
)
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, merged, seen

TRAILS = "cloudtrail:DescribeTrails"
STORES = "cloudtrail:ListEventDataStores"
ACTIONS = (TRAILS, STATUS, SELECTORS, STORES, STORE, LOOKUP)

T = TypeVar("T")


def nobody_waits(trails: Listed[Trail]) -> None:
    """Nobody waits for the list of trails."""


def collect(
    aws: Aws,
    regions: Listed[str],
    now: datetime,
    trails_known: Callable[[Listed[Trail]], None] = nobody_waits,
) -> CloudTrailFacts:
    """Ask every region for its trails, stores and metering calls, home for other past events.

    `trails_known` is told of the trails before anything more is asked about them.
    """
    names = seen(regions) or (aws.home,)
    exports = aws.begin(partial(look_up, aws, aws.home, BY_NAME, EXPORT, now))
    by_root = aws.begin(partial(look_up, aws, aws.home, BY_USER, ROOT, now))
    metering = [aws.begin(partial(look_up, aws, name, BY_NAME, METERING, now)) for name in names]
    asked_stores = [aws.begin(partial(_stores, aws, name)) for name in names]
    trails = _once(aws.each(lambda name: _trails(aws, name), names))
    trails_known(trails)
    trails = _everywhere(_with_details(aws, trails), regions)
    stores = _everywhere(merged(*(asked.result() for asked in asked_stores)), regions)
    return CloudTrailFacts(
        trails=trails,
        data_stores=_with_store_details(aws, stores),
        events={
            EXPORT: exports.result(),
            METERING: _everywhere(merged(*(asked.result() for asked in metering)), regions),
            ROOT: by_root.result(),
        },
    )


def _trails(aws: Aws, region: str) -> Listed[Trail]:
    """Trails that the region shows, shadows of other regions' trails included."""
    listed = aws.pages(
        "cloudtrail", "DescribeTrails", "trailList", region=region, includeShadowTrails=True
    )
    return facts_from(listed, trail_from, action=TRAILS, region=region)


def _once(lists: Sequence[Listed[Trail]]) -> Listed[Trail]:
    """Every trail once: a multi-region trail has a shadow in each region."""
    listed = merged(*lists)
    if isinstance(listed, Unobserved):
        return listed
    trails = tuple({trail.arn: trail for trail in reversed(seen(listed))}.values())[::-1]
    return Partial(trails, gaps(listed)) if gaps(listed) else trails


def _with_details(aws: Aws, listed: Listed[Trail]) -> Listed[Trail]:
    """The trails with status and selectors, asked by ARN at home: a bare name fails for shadows."""
    if isinstance(listed, Unobserved):
        return listed
    selectors = [aws.begin(partial(_selected, aws, trail)) for trail in seen(listed)]
    judged = aws.each(lambda trail: _with_status(aws, trail), seen(listed))
    trails = tuple(
        replace(trail, selectors=asked.result())
        for trail, asked in zip(judged, selectors, strict=True)
    )
    return Partial(trails, gaps(listed)) if gaps(listed) else trails


def _with_status(aws: Aws, trail: Trail) -> Trail:
    answer = aws.call(
        "cloudtrail",
        "GetTrailStatus",
        region=trail.home_region,
        must=("IsLogging",),
        Name=trail.arn,
    )
    if isinstance(answer, Unobserved):
        return replace(trail, logging=answer, delivery=answer)
    return replace(
        trail,
        logging=bool(answer["IsLogging"]),
        delivery=delivery_from(answer, trail.home_region),
    )


def _selected(aws: Aws, trail: Trail) -> Observed[Selectors]:
    answer = aws.call(
        "cloudtrail", "GetEventSelectors", region=trail.home_region, TrailName=trail.arn
    )
    return selectors_from(answer, trail.home_region)


def _stores(aws: Aws, region: str) -> Listed[EventDataStore]:
    listed = aws.pages("cloudtrail", "ListEventDataStores", "EventDataStores", region=region)

    def store(said: Answer) -> EventDataStore:
        return EventDataStore(said["EventDataStoreArn"], said.get("Name", ""), region, NOT_READ)

    return facts_from(listed, store, action=STORES, region=region)


def _with_store_details(aws: Aws, listed: Listed[EventDataStore]) -> Listed[EventDataStore]:
    if isinstance(listed, Unobserved):
        return listed
    stores = tuple(aws.each(lambda one: _with_store(aws, one), seen(listed)))
    return Partial(stores, gaps(listed)) if gaps(listed) else stores


def _with_store(aws: Aws, store: EventDataStore) -> EventDataStore:
    answer = aws.call(
        "cloudtrail",
        "GetEventDataStore",
        region=store.region,
        must=("Status",),
        EventDataStore=store.arn,
    )
    return replace(store, details=store_from(answer, store.region))


def _everywhere(listed: Listed[T], regions: Listed[str]) -> Listed[T]:
    """The same list, cut where regions that nobody could name may hold more."""
    if isinstance(listed, Unobserved) or not gaps(regions):
        return listed
    return Partial(seen(listed), tuple(dict.fromkeys((*gaps(listed), *gaps(regions)))))
