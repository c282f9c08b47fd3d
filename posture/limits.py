"""How many requests a caller may send: token buckets in Redis, shared by all web processes.

A bucket is one number, the moment at which it would be whole again (a generic cell rate algorithm),
moved on by one script on the clock of Redis. While Redis does not answer everybody is let through:
guessing of passwords has limits of its own (posture.cache).
"""

import hashlib
import logging
import math
import time
from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings

log = logging.getLogger(__name__)

TAKE = """
local interval, whole = tonumber(ARGV[1]), tonumber(ARGV[1]) * tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = tonumber(redis.call('GET', KEYS[1]) or '')
if not due or due < now or due > now + whole then due = now end
local after = due + interval
if after > now + whole then return {0, 0, after - now - whole, due - now} end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000) + 1000)
return {1, math.floor((now + whole - after) / interval), 0, after - now}
"""
MICROSECONDS = 1_000_000
PATIENCE_SECONDS = 0.5
ASKED_AGAIN_AFTER = 5.0
"""Seconds for which Redis is left alone once it did not answer, so that waiting does not add up."""


class Allowance(NamedTuple):
    """What a caller has left: requests at once, and seconds until that is the whole burst again."""

    kind: str
    allowed: bool
    burst: int
    window: int
    left: int
    whole_in: int
    wait: int
    """Seconds until one more is allowed; 0 when this one was."""

    @property
    def headers(self) -> dict[str, str]:
        """The fields RateLimit and RateLimit-Policy of the IETF draft, and Retry-After."""
        told = {
            "RateLimit-Policy": f'"{self.kind}";q={self.burst};w={self.window}',
            "RateLimit": f'"{self.kind}";r={self.left};t={self.whole_in}',
        }
        return told if self.allowed else {**told, "Retry-After": str(self.wait)}


class Limiter:
    """Takes requests out of buckets; after an outage of Redis it asks again a while later."""

    def __init__(self, url: str) -> None:
        self._server = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=None,
        )
        self._take = self._server.register_script(TAKE)
        self._away_until = 0.0

    def take(self, kind: str, who: str) -> Allowance | None:
        """Take one request of a caller; None while Redis does not answer.

        `kind` is one of the settings' RATE_LIMITS; `who` is told to nobody, Redis included.
        """
        if time.monotonic() < self._away_until:
            return None
        rate, burst = settings.RATE_LIMITS[kind]
        interval = round(MICROSECONDS / rate)
        try:
            allowed, left, wait, whole_in = self._take(
                keys=[_key(kind, who)], args=[interval, burst]
            )
        except (redis.RedisError, OSError) as error:
            log.warning("requests are not limited: Redis is away", extra={"error": str(error)})
            self._away_until = time.monotonic() + ASKED_AGAIN_AFTER
            return None
        window = math.ceil(burst / rate)
        return Allowance(
            kind, bool(allowed), burst, window, left, _seconds(whole_in), _seconds(wait)
        )


def _key(kind: str, who: str) -> str:
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()
    return f"posture:limit:{kind}:{digest[:32]}"


def _seconds(microseconds: int) -> int:
    return math.ceil(microseconds / MICROSECONDS)


@cache
def limiter() -> Limiter:
    """Return the limiter of this process."""
    return Limiter(settings.CACHE_URL)
