"""Keeps the lease of a running scan and shows its progress, from a thread beside the scan."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from posture.models import Leased, Scan, Verification, no_progress
from posture.models.plain import storable_json
from posture.models.tenancy import within

log = logging.getLogger(__name__)

SHOWN_EVERY = 1.0
"""Seconds between two writes of the progress, at least."""


_beating: "list[Heartbeat]" = []


def leave_running_scan() -> None:
    """Give the scan of this process back to the queue and end the process, if there is one.

    For workers that have to stop: calls to AWS that hang would keep them for minutes.
    """
    for heartbeat in _beating:
        heartbeat.leave()


class Heartbeat:
    """While the block runs, extends the lease and writes the last progress that was shown.

    `is_cancelled` turns True for good within a second or so when somebody asks the scan to end.
    `is_lost` turns True for good when the lease is another worker's, or when the database could
    not be reached for as long as a lease lasts: then the scan has to stop.
    """

    def __init__(self, scan: Leased, fence: int) -> None:
        self._scan = scan
        self._fence = fence
        self._latest: Mapping[str, Any] = no_progress()
        self._progress: Mapping[str, Any] | None = None
        self._lost = threading.Event()
        self._cancelled = threading.Event()
        self._over = threading.Event()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        _beating.append(self)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _beating.remove(self)
        self._over.set()
        self._thread.join()

    def leave(self) -> None:
        """Have the scan given back and this process ended, within a second."""
        self._leaving.set()

    def is_lost(self) -> bool:
        """Whether the scan has to stop; may be asked from any thread."""
        return self._lost.is_set()

    def is_cancelled(self) -> bool:
        """Whether somebody wants the scan to end; may be asked from any thread."""
        return self._cancelled.is_set()

    def show(self, progress: Mapping[str, Any]) -> None:
        """Remember a complete picture of the progress; it is written within a second or so."""
        self._latest = self._progress = progress

    def show_recording(self) -> None:
        """Write the last picture now, from the scan's own thread: all was read and judged."""
        self._progress = {**self._latest, "phase": "recording"}
        self._write(due=True)

    def _beat(self) -> None:
        try:
            last = time.monotonic()
            pause = min(SHOWN_EVERY, settings.HEARTBEAT_SECONDS)
            next_beat = last + settings.HEARTBEAT_SECONDS
            while not self._lost.is_set() and not self._over.wait(pause):
                if self._leaving.is_set():
                    self._leave()
                now = time.monotonic()
                due = now >= next_beat
                if self._write(due=due):
                    last = now
                    next_beat = now + settings.HEARTBEAT_SECONDS if due else next_beat
                elif now - last > settings.LEASE_SECONDS:
                    self._lost.set()
        finally:
            connection.close()  # this thread's own

    def _leave(self) -> NoReturn:
        """Give the scan back and end the process, whatever its other threads wait for."""
        try:
            with within(self._scan.organisation_id):
                self._scan.held(self._fence).update(lease_until=Now())
        except (DatabaseError, InterfaceError):
            log.exception("scan not given back; its lease will end")
        finally:
            os._exit(os.EX_TEMPFAIL)

    def _write(self, *, due: bool) -> bool:
        """Beat, show what there is to show, and listen; False when the database fails."""
        progress, self._progress = self._progress, None
        if not (due or progress is not None or isinstance(self._scan, Scan)):
            return True
        try:
            with within(self._scan.organisation_id):
                held, cancelled = self._written(progress, due=due)
        except (DatabaseError, InterfaceError) as error:
            log.warning("heartbeat failed", extra={"row": str(self._scan.pk), "error": str(error)})
            connection.close()
            return False
        if not held:
            self._lost.set()
        elif cancelled:
            self._cancelled.set()
        return True

    def _written(self, progress: Mapping[str, Any] | None, *, due: bool) -> tuple[bool, bool]:
        """Whether the row is still ours, and whether somebody asked for its end."""
        row = self._scan
        if due or progress is not None:
            row.beat(self._fence)
        if progress is not None and isinstance(row, Scan | Verification):
            row.held(self._fence).update(progress=storable_json(progress))
        if isinstance(row, Scan):
            asked = list(row.held(self._fence).values_list("cancel_requested_at", flat=True))
            return bool(asked), any(asked)
        return row.held(self._fence).exists(), False
