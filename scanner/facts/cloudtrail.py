"""CloudTrail facts: trails, whether they log, event data stores, and looked-up events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a trail's deliveries fare, as GetTrailStatus says; errors stay until the next success."""

    latest: datetime | None
    error: str
    digest_error: str
    cloudwatch_error: str
    started: datetime | None
    stopped: datetime | None


@dataclass(frozen=True, slots=True)
class BasicSelector:
    """A basic event selector: All, ReadOnly or WriteOnly, and what it leaves out."""

    read_write: str
    management: bool
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """One field of an advanced event selector; its matchers by name, such as Equals."""

    name: str
    matchers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdvancedSelector:
    """An advanced event selector: events must fit all of its fields."""

    fields: tuple[FieldSelector, ...]


@dataclass(frozen=True, slots=True)
class Selectors:
    """The event selectors of a trail: basic or advanced ones, never both on AWS."""

    basic: tuple[BasicSelector, ...] = ()
    advanced: tuple[AdvancedSelector, ...] = ()


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
    delivery: Observed[Delivery]
    selectors: Observed[Selectors]
    kms_key: str = ""
    log_group: str = ""
    """ARN of the CloudWatch Logs group that the trail writes to."""
    prefix: str = ""
    """The S3 key prefix in front of AWSLogs/."""

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
    retention_days: int | None = None
    protected: bool = False
    """Whether termination protection is on."""


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
    region: str = ""
    caller_type: str = ""
    """userIdentity.type: Root, IAMUser, AssumedRole, ..."""
    caller: str = ""
    """ARN of the caller; of an assumed role the role's own ARN (its session issuer)."""
    error: str = ""
    parameters: tuple[str, ...] = ()
    """Names of the request's parameters, at any depth; their values are not kept."""


EXPORT = "StartSupportDataExport"
METERING = "BatchMeterUsage"
ROOT = "root"


@dataclass(frozen=True, slots=True)
class CloudTrailFacts:
    """All that was read of CloudTrail; `events` maps what was looked up to what was found.

    Keys are EXPORT and METERING (event names) and ROOT (a user name).
    """

    trails: Listed[Trail]
    data_stores: Listed[EventDataStore]
    events: Mapping[str, Listed[TrailEvent]] = field(default_factory=dict)
