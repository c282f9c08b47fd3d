"""What a monitoring system may know: counts and durations, and of nobody in particular.

Facts about scans come from the database at every look, so it does not matter which process ran
them. Requests are counted where they are answered; gunicorn.conf.py lets its workers share a
directory for that. No figure names an organisation, an account or a person.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from posture.models import LeaseState, installation
from posture.models.leased import ACTIVE

ENDED_WITHIN = timedelta(hours=1)
"""Scans that ended longer ago are not in the figures; older ones are in nobody's graph of today."""

SHARED = "PROMETHEUS_MULTIPROC_DIR"
_OWN = CollectorRegistry()
_ENDED = [state for state in LeaseState if state not in ACTIVE]
_QUANTILES = ("0.5", "0.95", "1")

requests = Counter(
    "seller_posture_http_requests",
    "Requests answered, by the name of their route and the status of the answer.",
    ["route", "status"],
    registry=_OWN,
)


def exposition() -> bytes:
    """Return all figures as Prometheus reads them; two queries. Raises DatabaseError."""
    registry = CollectorRegistry()
    if SHARED in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # has no types
    else:
        registry.register(requests)
    registry.register(FromDatabase())
    return generate_latest(registry)


class FromDatabase(Collector):
    """Figures about scans, the tick and the lock."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name nothing beforehand; the registry would otherwise ask the database when it is made."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the database and give each figure."""
        found = _figures()
        active, ended = found["active"], found["ended"]
        yield _by("scans", "Scans that wait or run now.", "state", ACTIVE, active)
        yield _by("scans_ended_last_hour", "Scans that ended.", "state", _ENDED, ended)
        for figure, title, says in _PLAIN:
            yield _one(title, says, found[figure].get("", 0.0))
        for figure, title, says in _SPANS:
            yield _by(title, says, "quantile", _QUANTILES, found[figure])
        state = installation()
        age = float("inf") if state.tick_age is None else state.tick_age
        yield _one("tick_age_seconds", "Since the last tick; +Inf when there was none.", age)
        yield _one("locked", "1 while nothing may leave this installation.", bool(state.locked))


_PLAIN = (
    ("oldest_queued", "oldest_queued_scan_seconds", "How long the oldest scan has waited."),
    ("lapsed", "scans_without_worker", "Running scans whose worker has gone silent."),
    ("calls", "aws_calls_last_hour", "Calls to AWS by scans that ended."),
    ("denied", "aws_denied_last_hour", "Calls that AWS refused for want of permission."),
    ("throttled", "aws_throttled_last_hour", "Calls that AWS asked to repeat later."),
)
_SPANS = (
    ("seconds", "scan_seconds_last_hour", "From the first claim of a scan to its end."),
    ("recording", "recording_seconds_last_hour", "The transaction that records a scan."),
)


def _figures() -> Mapping[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT figure, label, value FROM operation_figures(make_interval(secs => %s))",
            [ENDED_WITHIN.total_seconds()],
        )
        for figure, label, value in cursor.fetchall():
            if value is not None:
                found[figure][label] = value
    return found


def _one(title: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"seller_posture_{title}", says, value=value)


def _by(
    title: str, says: str, label: str, values: Sequence[str], found: Mapping[str, float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"seller_posture_{title}", says, labels=[label])
    for value in values:
        family.add_metric([str(value)], found.get(str(value), 0.0))
    return family
