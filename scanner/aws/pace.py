"""How fast we ask: slots in fair order, lanes for slow services, ceilings, and learned rates.

A rate starts unlimited. When AWS throttles more than half of the answers of a service in a region
it is halved; when few are throttled it grows again. So a full-speed burst is used up first, and
afterwards about as many calls are made as the bucket behind the service refills (reliability.md D.1).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may go: in how many seconds, and the ceiling under which that was booked."""

    seconds: float
    rate: float
    """Calls per second that the ceiling lets through for long."""
    burst: int
    """Calls that it lets through at once after a rest."""
    shared: bool = True
    """Whether all workers keep to it together; else this process keeps to a part of it alone."""


class Ceiling(Protocol):
    """How many calls an AWS account gets from all of us together; answers from many threads."""

    def turn(self, account: str, name: str, region: str) -> Turn:
        """Book a call to the account (12-digit id) and say when it may go; never raises.

        `name` is botocore's name of the service, or "service:Operation" of an operation that AWS
        counts by itself.
        """


class Slots:
    """A fixed number of calls in flight; whoever waits longest goes next, urgent ones first."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._urgent: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many callers wait for a slot."""
        return len(self._urgent) + len(self._waiting)

    def take(self, *, urgent: bool = False) -> None:
        """Wait for a slot."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            (self._urgent if urgent else self._waiting).append(turn)
        turn.wait()

    def give(self) -> None:
        """Hand the slot straight to the next in line, so that nobody can overtake."""
        with self._lock:
            for line in (self._urgent, self._waiting):
                if line:
                    line.popleft().set()
                    return
            self._free += 1


class Spacing:
    """At least so many seconds between two calls, but for `burst` of them at once after a rest."""

    def __init__(self, seconds: float, burst: int = 1, clock: Clock = time.monotonic) -> None:
        self._seconds = seconds
        self._ahead = (burst - 1) * seconds
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()

    def delay(self) -> float:
        """Book the next turn and say in how many seconds it comes."""
        with self._lock:
            now = self._clock()
            due = max(now, self._next)
            self._next = due + self._seconds
            return max(0.0, due - self._ahead - now)


class Rate:
    """Calls per second of one service in one region, limited only while AWS throttles us."""

    SAMPLE = 30
    SLOWEST = 5.0
    FASTEST = 200.0
    TOO_MANY = 0.5
    FEW = 0.4

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.limit: float | None = None
        self._clock = clock
        self._next = 0.0
        self._lock = threading.Lock()
        self._since = clock()
        self._answers = 0
        self._throttled = 0

    def delay(self) -> float:
        """Book the next turn and say in how many seconds it comes."""
        with self._lock:
            if self.limit is None:
                return 0.0
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self.limit
            return turn - now

    def note(self, *, throttled: bool) -> None:
        """Learn from one answer."""
        with self._lock:
            self._answers += 1
            self._throttled += throttled
            if self._answers < self.SAMPLE:
                return
            share = self._throttled / self._answers
            seconds = max(self._clock() - self._since, 0.001)
            if share > self.TOO_MANY:
                self.limit = max(self.SLOWEST, (self.limit or self._answers / seconds) / 2)
            elif self.limit is not None and share < self.FEW:
                faster = self.limit * 1.25
                self.limit = faster if faster < self.FASTEST else None
            self._since, self._answers, self._throttled = self._clock(), 0, 0
