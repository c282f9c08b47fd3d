"""Facts of CloudWatch and CloudWatch Logs: queue traffic, alarms, metric filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class QueueTraffic:
    """What a queue's metrics say of the last 24 hours; None where there is no data point.

    Numbers of messages and receives are sums, the age of the oldest message a maximum in seconds.
    """

    received: int | None
    empty_receives: int | None
    sent: int | None
    oldest_age: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A metric alarm; a composite one or one on metric maths has no metric of its own."""

    name: str
    region: str
    metric: str
    namespace: str
    actions: tuple[str, ...]
    actions_enabled: bool


@dataclass(frozen=True, slots=True)
class CloudWatchFacts:
    """All that was read of CloudWatch; `queues` maps queue ARNs to their traffic."""

    alarms: Listed[Alarm]
    queues: Mapping[str, Observed[QueueTraffic]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A metric filter; `metrics` are pairs of namespace and name that it feeds."""

    name: str
    region: str
    log_group: str
    pattern: str
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by namespace and name."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class LogsFacts:
    """All that was read of CloudWatch Logs: the metric filters of all trails' log groups.

    A group that could not be read is a gap with the group's ARN as its detail.
    """

    filters: Listed[MetricFilter]
