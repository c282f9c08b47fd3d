"""CloudTrail facts: trails, whether they log, event data stores, and looked-up events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail that covers this account, listed once, by ARN."""

    arn: str
    name: str
    home_region: str
    multi_region: bool
    organization: bool
    validates_files: bool
    global_events: bool
    bucket: str
    logging: Observed[bool]

    @property
    def key(self) -> str:
        """The trail's ARN."""
        return self.arn

    @property
    def region(self) -> str:
        """Where the trail is managed."""
        return self.home_region


@dataclass(frozen=True, slots=True)
class DataStoreDetails:
    """What GetEventDataStore said of one CloudTrail Lake store."""

    status: str
    multi_region: bool
    management_events: bool


@dataclass(frozen=True, slots=True)
class EventDataStore:
    """A CloudTrail Lake event data store."""

    arn: str
    name: str
    region: str
    details: Observed[DataStoreDetails]


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event found by LookupEvents."""

    id: str
    name: str
    source: str
    time: datetime
    user: str = ""


@dataclass(frozen=True, slots=True)
class CloudTrailFacts:
    """All that was read of CloudTrail; `events` maps a looked-up event name to what was found."""

    trails: Listed[Trail]
    data_stores: Listed[EventDataStore]
    events: Mapping[str, Listed[TrailEvent]] = field(default_factory=dict)
