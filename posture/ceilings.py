"""How many calls an AWS account gets from all workers together: token buckets in Redis.

A bucket is one number, the moment at which it would be full again (a generic cell rate
algorithm): booking calls moves it on, and says when they may go. One script per booking, on the
clock of Redis, so that no worker's clock and no race between workers counts.
"""

import hashlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings

from scanner.aws import Spacing, Turn

log = logging.getLogger(__name__)

BOOK = """
local interval, ahead, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = tonumber(redis.call('GET', KEYS[1]) or '')
if not due or not (due >= now and due <= now + longest) then due = now end
local full = due + interval * tonumber(ARGV[4])
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
return {now, due - ahead}
"""
LONGEST_SECONDS = 300
"""A bucket that is to be full later than that was set by another clock, or by somebody else."""
ASKED_AGAIN_AFTER = 5.0
"""Seconds for which Redis is left alone once it did not answer, so that waiting does not add up."""
PART_ALONE = 4
"""Without Redis each process keeps to the fourth part: so many workers stay below the ceiling."""
AT_A_TIME = 8
KEPT_SECONDS = 0.1
"""Where a tenth of a second takes several calls, a few are booked at a time and kept that long."""
CONNECTIONS = 4
MOST_PLACES = 1_000
MICROSECONDS = 1_000_000


class Booked(NamedTuple):
    """What a bucket said: its own clock, and when each call may go, all in microseconds."""

    now: int
    turns: tuple[int, ...]


class Place:
    """What a process knows of one bucket: turns that it has booked, and its part when alone."""

    def __init__(self, rate: float, burst: int) -> None:
        self.lock = threading.Lock()
        self.turns: deque[float] = deque()
        self.kept_until = 0.0
        self.alone = Spacing(PART_ALONE / rate, max(1, burst // PART_ALONE))


def bucket(account: str, name: str, region: str) -> str:
    """Return the key of a bucket: of the same length whatever the names, and telling nothing."""
    text = "\0".join((account, name, region))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"posture:ceiling:{digest[:32]}"


def at_a_time(rate: float, burst: int) -> int:
    """Return how many calls are booked in one question: one where the ceiling is low."""
    return max(1, min(AT_A_TIME, int(rate * KEPT_SECONDS), burst // AT_A_TIME))


class SharedCeiling:
    """Books calls in Redis; while it does not answer, each process keeps to a part by itself.

    `rates` gives calls per second and calls at once by the name of a service or operation, and
    for all others by the name "other".
    """

    def __init__(self, url: str, rates: Mapping[str, tuple[float, int]]) -> None:
        self._rates = rates
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=1,
            socket_timeout=1,
            socket_connect_timeout=1,
            retry=None,
        )
        self._redis = redis.Redis(connection_pool=pool)
        self._book = self._redis.register_script(BOOK)
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._away = False
        self._away_until = 0.0

    def turn(self, account: str, name: str, region: str) -> Turn:
        """Book a call and say when it may go; a ceiling of Redis, or of this process alone."""
        rate, burst = self._rates.get(name, self._rates["other"])
        key = bucket(account, name, region)
        place = self._place(key, rate, burst)
        with place.lock:
            if not place.turns or time.monotonic() > place.kept_until:
                place.turns = deque(self._asked(key, rate, burst))
                place.kept_until = time.monotonic() + KEPT_SECONDS
            if place.turns:
                return Turn(max(0.0, place.turns.popleft() - time.monotonic()), rate, burst)
        return Turn(place.alone.delay(), rate, burst, shared=False)

    def book(self, key: str, rate: float, burst: int) -> Booked:
        """Book as many calls as are booked at a time in the bucket of Redis; raises RedisError.

        Turns may be used a little later than booked; the calls at once are so many fewer that the
        ceiling holds for those that are late, too.
        """
        number = at_a_time(rate, burst)
        late = math.ceil(rate * KEPT_SECONDS) if number > 1 else 0
        interval = math.ceil(MICROSECONDS / rate)
        ahead = (max(1, burst - late) - 1) * interval
        longest = LONGEST_SECONDS * MICROSECONDS + ahead
        now, first = map(int, self._book(keys=[key], args=[interval, ahead, longest, number]))
        return Booked(now, tuple(max(now, first + one * interval) for one in range(number)))

    def _asked(self, key: str, rate: float, burst: int) -> list[float]:
        """Turns of Redis by this process's monotonic clock; none while it does not answer."""
        if not self._may_ask():
            return []
        try:
            booked = self.book(key, rate, burst)
        except (redis.RedisError, OSError) as error:
            self._went_away(error)
            return []
        self._came_back()
        here = time.monotonic()
        return [here + (turn - booked.now) / MICROSECONDS for turn in booked.turns]

    def _place(self, key: str, rate: float, burst: int) -> Place:
        with self._lock:
            if len(self._places) >= MOST_PLACES and key not in self._places:
                self._places.clear()
            return self._places.setdefault(key, Place(rate, burst))

    def _may_ask(self) -> bool:
        """Whether to ask Redis; while it is away one caller tries now and then."""
        with self._lock:
            now = time.monotonic()
            if self._away and now < self._away_until:
                return False
            self._away_until = now + ASKED_AGAIN_AFTER
            return True

    def _went_away(self, error: Exception) -> None:
        with self._lock:
            told, self._away = self._away, True
            self._away_until = time.monotonic() + ASKED_AGAIN_AFTER
        if not told:
            self._redis.connection_pool.disconnect(inuse_connections=False)
            log.warning(
                "Redis does not answer: this process keeps to a part of the rate ceilings alone",
                extra={"part": f"1/{PART_ALONE}", "error": str(error)},
            )

    def _came_back(self) -> None:
        with self._lock:
            told, self._away = not self._away, False
        if not told:
            log.info("Redis answers again: rate ceilings are shared by all workers")


def shared_ceiling() -> SharedCeiling:
    """Return the ceiling of this process, as the settings say.

    In the Redis of the cache: counters may be evicted, what the broker holds may not.
    """
    return _ceiling(settings.CACHE_URL, tuple(settings.RATE_CEILINGS.items()))


@cache
def _ceiling(url: str, rates: tuple[tuple[str, tuple[float, int]], ...]) -> SharedCeiling:
    return SharedCeiling(url, dict(rates))
