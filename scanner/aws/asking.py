"""One question to AWS with everything it may need: its lane, new credentials, a slower second pass."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.aws.actions import IDENTITY, action_of
from scanner.aws.pace import Ceiling, Spacing
from scanner.aws.trouble import CannotReach, Kind, Stopped, Trouble, Undeclared

Answer = dict[str, Any]

SERIAL = frozenset({"iam", "marketplace-catalog"})
"""Services with one low limit per account: one call at a time (controls.md 14)."""

SPACED = {("cloudtrail", "LookupEvents"): 0.5}
"""Operations with a documented rate per account and region: seconds between two calls.

A ceiling counts them by themselves, so where there is one nothing else spaces them.
"""

SLOW_TRIES = {Kind.THROTTLED: 8, Kind.UNWELL: 2}
"""How often the second pass asks again."""


CANCELLED = "Cancelled"
"""The error of what was not asked any more because somebody had seen enough."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard we ask and how long we wait; seconds unless said otherwise."""

    in_flight: int = 32
    attempts: int = 6
    connect: float = 5.0
    read: float = 20.0
    slow_at_once: int = 2
    slow_wait: float = 0.5
    slow_wait_most: float = 8.0
    session: int = 900
    refresh_before: int = 300
    report_wait: float = 60.0
    details: int = 2_000
    """Most detail calls of one kind in one region."""
    pages: int = 1_000
    """Most pages of one list."""
    event_pages: int = 20
    object_pages: int = 50
    """Most pages of one bucket's objects."""
    spaced: float = 1.0
    """Share of the pauses of SPACED that is kept; 0 where nobody counts."""
    ceiling: Ceiling | None = None
    """What is asked before each request, because others visit the same account as well."""


@dataclass(slots=True)
class Calls:
    """What was asked so far, retries included, and how often AWS said no or not so fast."""

    by_action: Counter[str] = field(default_factory=Counter)
    denied: int = 0
    throttled: int = 0

    @property
    def total(self) -> int:
        """All requests that were sent."""
        return self.by_action.total()


@dataclass(frozen=True, slots=True)
class Service:
    """A botocore service in one region, as questions are addressed to it."""

    name: str
    region: str


class Wire(Protocol):
    """What carries one request; the real one is scanner.aws.wire, tests answer from a dict."""

    calls: Calls

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        """Send one request and give the answer; raises Trouble."""

    def renew(self) -> bool:
        """Get new credentials for the same role; False when there is no role to assume again."""

    def endpoint(self, service: Service) -> str:
        """The address that requests to this service go to."""

    def close(self) -> None:
        """End its connections; nothing is asked after that."""


def ceiling_name(service: str, operation: str) -> str:
    """Give the name by which a ceiling counts a call: "iam", or "cloudtrail:LookupEvents"."""
    return f"{service}:{operation}" if (service, operation) in SPACED else service


class Asker:
    """Asks within the declared IAM actions until the scan ends."""

    def __init__(
        self,
        wire: Wire,
        actions: frozenset[str],
        limits: Limits,
        stop: Callable[[], bool],
        home: Service,
    ) -> None:
        self._wire = wire
        self._actions = actions
        self._limits = limits
        self._stop = stop
        self._enough: Callable[[], bool] = lambda: False
        self._home = home
        self._ended = threading.Event()
        self._why: CannotReach | None = None
        self._slow = threading.BoundedSemaphore(limits.slow_at_once)
        self._lanes = {name: threading.Lock() for name in SERIAL}
        self._spacings: dict[tuple[str, str, str], Spacing] = {}
        self._renewing = threading.Lock()
        self._generation = 0

    def heed(self, enough: Callable[[], bool]) -> None:
        """From now on ask nothing more once `enough` says so; it is asked from any thread."""
        self._enough = enough

    def check(self) -> None:
        """Raise what keeps the next request from being sent, if anything does.

        Stopped, or CannotReach, when the scan is to end; Trouble when somebody has seen enough.
        """
        self._check_end()
        if self._enough():
            raise Trouble(CANCELLED, Kind.OTHER, "the scan was cancelled before")

    def _check_end(self) -> None:
        if self._why is not None:
            raise self._why
        if self._ended.is_set() or self._stop():
            raise Stopped

    def end(self, why: CannotReach | None = None) -> None:
        """Let every job of this scan end at its next question."""
        self._why = self._why or why
        self._ended.set()

    def pause(self, seconds: float) -> None:
        """Sleep, unless the scan ends meanwhile."""
        self._ended.wait(seconds)
        self._check_end()

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        """Ask once, as often as it takes; raises Trouble, Stopped or CannotReach."""
        action = action_of(service.name, operation)
        if action not in self._actions:
            message = f"{action} is not declared by a collector of this scan"
            raise Undeclared(message)
        with self._lane(service):
            self._keep_distance(service, operation)
            try:
                return self._ask_renewing(service, operation, params)
            except Trouble as trouble:
                if trouble.kind not in SLOW_TRIES:
                    raise
                first = trouble
            return self._ask_slowly(service, operation, params, first)

    def _lane(self, service: Service) -> AbstractContextManager[Any]:
        return self._lanes.get(service.name, nullcontext())

    def _keep_distance(self, service: Service, operation: str) -> None:
        """Wait for the turn of a call whose documented rate is counted per region."""
        seconds = SPACED.get((service.name, operation), 0.0) * self._limits.spaced
        if seconds and self._limits.ceiling is None:
            key = (service.name, operation, service.region)
            self.pause(self._spacings.setdefault(key, Spacing(seconds)).delay())

    def _ask_slowly(
        self, service: Service, operation: str, params: Answer, last: Trouble
    ) -> Answer:
        """The second pass: few at once, with growing pauses, until the service has room again."""
        with self._slow:
            for attempt in range(SLOW_TRIES[last.kind]):
                wait = min(self._limits.slow_wait * 2**attempt, self._limits.slow_wait_most)
                self.pause(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret
                try:
                    return self._ask_renewing(service, operation, params)
                except Trouble as trouble:
                    if trouble.kind not in SLOW_TRIES:
                        raise
                    last = trouble
        raise last

    def _ask_renewing(self, service: Service, operation: str, params: Answer) -> Answer:
        """Ask; on expired credentials renew them once for all threads and ask again."""
        self.check()
        generation = self._generation
        try:
            return self._wire.ask(service, operation, params)
        except Trouble as trouble:
            if trouble.kind is not Kind.EXPIRED:
                raise
        self._renew(generation)
        try:
            return self._wire.ask(service, operation, params)
        except Trouble as trouble:
            if trouble.kind is Kind.EXPIRED:
                self._check_identity()
            raise

    def _renew(self, generation: int) -> None:
        with self._renewing:
            if generation == self._generation and self._wire.renew():
                self._generation += 1

    def _check_identity(self) -> None:
        """Tell one odd service from credentials that no service takes any more."""
        try:
            self._wire.ask(self._home, IDENTITY.split(":")[1], {})
        except Trouble as trouble:
            self.check()
            self.end(
                CannotReach(
                    "credentials_expired",
                    f"The credentials stopped working during the scan ({trouble.code}).",
                    "Scan again; if it happens again, check that the role still exists.",
                )
            )
            self.check()
