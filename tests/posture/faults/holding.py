"""Stops a worker at one chosen place: a call to AWS that gets no answer, a lock that a test holds."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import psycopg

from posture.models.crossing import CLAIMING
from sandbox.aws.faults import Fault
from tests.posture.workers import wait_until

if TYPE_CHECKING:
    from types import TracebackType

    from sandbox.aws.client import FakeAws

CLAIM = f"SELECT pg_advisory_xact_lock({CLAIMING})"
ACCOUNT = "SELECT FROM posture_account WHERE id = %(account)s FOR UPDATE"
ORGANISATION = "SELECT FROM posture_organisation WHERE id = %(organisation)s FOR UPDATE"
SNAPSHOTS = "LOCK TABLE posture_storedsnapshot IN SHARE MODE"
FINDINGS = "LOCK TABLE posture_finding IN SHARE MODE"
EVENTS = "LOCK TABLE posture_findingevent IN SHARE MODE"
RESULTS = "LOCK TABLE posture_controlresult IN SHARE MODE"
POINTS = "LOCK TABLE posture_scorepoint IN SHARE MODE"

HANGS_SECONDS = 60


class Place(Protocol):
    """Where a worker can be made to stand still."""

    def hold(self) -> None:
        """Let nobody pass from now on."""

    def wait(self, explain: Callable[[], object]) -> None:
        """Return as soon as a worker stands there."""

    def release(self) -> None:
        """Let everybody pass; harmless when repeated."""


@dataclass
class Call:
    """The first call with this IAM action, which reaches the fake AWS and gets no answer."""

    aws: "FakeAws"
    action: str

    def hold(self) -> None:
        fault = Fault(kind="latency", action=self.action, seconds=HANGS_SECONDS, times=1)
        self.aws.inject(fault)

    def wait(self, explain: Callable[[], object]) -> None:
        wait_until(lambda: self.aws.struck()[-1] > 0, explain)

    def release(self) -> None:
        self.aws.clear_faults()


class Lock:
    """A statement of PostgreSQL that has to wait for one of the test's own."""

    def __init__(self, statement: str, ids: Mapping[str, object]) -> None:
        self._statement, self._ids = statement, ids
        self._mine: psycopg.Connection[tuple[object, ...]] | None = None

    def hold(self) -> None:
        self._mine = psycopg.connect(os.environ["DATABASE_OWNER_URL"])
        self._mine.execute(self._statement.encode(), self._ids)

    def wait(self, explain: Callable[[], object]) -> None:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as asking:
            wait_until(lambda: self._is_waited_for(asking), explain)

    def _is_waited_for(self, asking: "psycopg.Connection[tuple[object, ...]]") -> bool:
        assert self._mine is not None
        waiting = "SELECT FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid))"
        return asking.execute(waiting, [self._mine.info.backend_pid]).fetchone() is not None

    def release(self) -> None:
        if self._mine is not None:
            self._mine.close()


class Held(AbstractContextManager["Held"]):
    """Leads a worker from place to place; within the block it stands at the last that was named."""

    def __init__(self, explain: Callable[[], object]) -> None:
        self._explain = explain
        self._at: Place | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.let_go()

    def hold(self, place: Place) -> None:
        """Close the first place, before anything comes."""
        place.hold()
        self._at = place

    def lead_to(self, place: Place) -> None:
        """Close the next place when a worker stands at the last, and only then let it go on."""
        self.wait()
        place.hold()
        self.let_go()
        self._at = place

    def wait(self) -> None:
        """Return when a worker stands there."""
        assert self._at is not None
        self._at.wait(self._explain)

    def let_go(self) -> None:
        """Open the place; whoever waits there goes on."""
        if self._at is not None:
            self._at.release()
            self._at = None
