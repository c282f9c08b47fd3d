"""The temporary keys of the seller's role, renewed before they end, by the clock of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scanner.aws.trouble import CannotReach

TRY_AGAIN = 30.0
"""Seconds until keys that still work are renewed again after that failed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary credentials; never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires: datetime


class Keeper:
    """Hands out keys to all threads of a scan; asks for new ones `before` seconds before they end.

    How long keys last is measured from now on: a wall clock that is wrong, or a session that is
    shorter than asked for, must not make every request ask for keys anew.
    """

    def __init__(
        self,
        fetch: Callable[[], Keys],
        *,
        lasting: float,
        before: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._lasting = lasting
        self._before = before
        self._clock = clock
        self._lock = threading.Lock()
        self._keys = fetch()
        self._set_due()

    def keys(self) -> Keys:
        """Give keys that work; raises CannotReach when they ended and there are no new ones."""
        if self._clock() < self._due:
            return self._keys
        with self._lock:
            if self._clock() >= self._due:
                self._renew_early()
            return self._keys

    def renew(self) -> bool:
        """Get new keys now, because AWS takes the old ones no more; always True."""
        with self._lock:
            self._keys = self._fetch()
            self._set_due()
        return True

    def _renew_early(self) -> None:
        try:
            self._keys = self._fetch()
            self._set_due()
        except CannotReach:
            if self._clock() >= self._end:
                raise
            self._due = self._clock() + TRY_AGAIN

    def _set_due(self) -> None:
        now = datetime.now(UTC)  # noqa: TID251 - set against the expiry that STS names
        stated = (self._keys.expires - now).total_seconds()
        lasts = stated if 0 < stated <= self._lasting else self._lasting
        self._end = self._clock() + lasts
        self._due = self._clock() + max(lasts - self._before, lasts / 2)
