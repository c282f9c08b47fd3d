"""How far a scan is: one row per service and region, shown as a complete picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.aws import Calls, Service, Turn
from scanner.vocabulary import Unobserved

NAMES = {
    "iam": "IAM",
    "catalog": "Marketplace catalog",
    "sns": "SNS",
    "events": "EventBridge",
    "sqs": "SQS",
    "ec2": "EC2 images and snapshots",
    "cloudtrail": "CloudTrail",
    "s3": "S3",
    "kms": "KMS",
    "organizations": "Organizations",
    "contacts": "Account contacts",
    "cloudwatch": "CloudWatch",
    "logs": "CloudWatch Logs",
}
"""What people call the services, by field of the snapshot."""

BOTOCORE = {
    "catalog": ("marketplace-catalog",),
    "s3": ("s3", "s3control"),
    "contacts": ("account",),
}
"""The names by which botocore knows what a field of the snapshot is read from, where they differ."""

FIELDS = {name: field for field, names in BOTOCORE.items() for name in names}
"""The snapshot's fields of botocore services, where the names differ."""

Picture = Mapping[str, Any]
PAUSE = 0.2
"""Seconds between two pictures, at least, while nothing begins or ends."""


@dataclass(slots=True)
class Row:
    """One service in one region; the state is waiting, reading, read, gaps or failed."""

    service: str
    region: str
    state: str = "waiting"
    calls: int = 0
    denied: int = 0
    held: float = 0.0
    """Seconds in which at least one call waited for our own ceiling."""


@dataclass(slots=True)
class Ceiled:
    """One ceiling that was asked, by the name and region that it counts."""

    name: str
    region: str
    rate: float = 0.0
    burst: int = 0
    shared: bool = True
    """Whether it was kept together with all other workers all the time."""
    held: float = 0.0


class Progress:
    """Collects what happens and shows it: phase, totals, and a row per service and region."""

    def __init__(self, show: Callable[[Picture], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str], Row] = {}
        self._phase = "connecting"
        self._calls = Calls()
        self._shown = 0.0
        self._ceilings: dict[tuple[str, str], Ceiled] = {}
        self._held_until: dict[tuple[str, str], float] = {}

    def count(self, calls: Calls) -> None:
        """Take the totals from these counters from now on."""
        self._calls = calls

    def enter(self, phase: str) -> None:
        """Begin a phase: connecting, reading or judging."""
        self._phase = phase
        self._picture(now=True)

    def expect(self, service: str, regions: Sequence[str]) -> None:
        """Add rows of a service, named as in the snapshot; "" is the region of a global one."""
        with self._lock:
            known = [row.state for (name, _), row in self._rows.items() if name == service]
            state = known[0] if known else "waiting"
            for region in regions:
                row = Row(NAMES.get(service, service), region, state)
                self._rows.setdefault((service, region), row)

    def begin(self, service: str) -> None:
        """A service is being read."""
        self._mark(service, lambda _: "reading")

    def finish(self, service: str, gaps: Sequence[Unobserved]) -> None:
        """A service was read, with these gaps."""
        hurt = {gap.region for gap in gaps}

        def state(region: str) -> str:
            return "gaps" if hurt & {region, ""} or (not region and hurt) else "read"

        self._mark(service, state)

    def watch(self, service: Service, event: str) -> None:
        """Hear from the wire of a request that was sent or denied; from any thread."""
        with self._lock:
            row = self._row_of(service)
            if row is not None:
                row.calls += event == "sent"
                row.denied += event == "denied"
        self._picture(now=False)

    def held(self, service: Service, name: str, turn: Turn) -> None:
        """Hear from the wire of a turn booked under the ceiling of a name; from any thread."""
        with self._lock:
            row = self._row_of(service)
            if row is None:
                return
            place = (name, service.region)
            one = self._ceilings.setdefault(place, Ceiled(*place))
            one.rate, one.burst = turn.rate, turn.burst
            one.shared = one.shared and turn.shared
            one.held += self._added((f"ceiling {name}", service.region), turn.seconds)
            row.held += self._added((row.service, row.region), turn.seconds)

    def _added(self, place: tuple[str, str], seconds: float) -> float:
        """How much longer something waits now: calls that wait at the same time count once."""
        now = time.monotonic()
        since = max(now, self._held_until.get(place, now))
        until = self._held_until[place] = max(now + seconds, since)
        return until - since

    def _row_of(self, service: Service) -> Row | None:
        name = FIELDS.get(service.name, service.name)
        row = self._rows.get((name, service.region)) or self._rows.get((name, ""))
        return row or self._one_more(name, service.region)

    def _one_more(self, service: str, region: str) -> Row | None:
        """A row of an expected service in a region that nobody foresaw: something there was named."""
        state = next((row.state for (name, _), row in self._rows.items() if name == service), "")
        if not state:
            return None
        row = self._rows[service, region] = Row(NAMES.get(service, service), region, state)
        return row

    def _mark(self, service: str, state: Callable[[str], str]) -> None:
        with self._lock:
            for (name, region), row in self._rows.items():
                if name == service:
                    row.state = state(region)
        self._picture(now=True)

    def _picture(self, *, now: bool) -> None:
        with self._lock:
            moment = time.monotonic()
            if not now and moment - self._shown < PAUSE:
                return
            self._shown = moment
            self._show(
                {
                    "phase": self._phase,
                    "calls": self._calls.total,
                    "denied": self._calls.denied,
                    "throttled": self._calls.throttled,
                    "services": [_rounded(row) for row in self._rows.values()],
                    "ceilings": [_rounded(one) for one in self._ceilings.values()],
                }
            )


def _rounded(one: Row | Ceiled) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__} | {"held": round(one.held, 1)}
