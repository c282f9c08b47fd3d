"""The cache: Redis, and the database for as long as Redis is away.

It holds the counters that slow down guessing of passwords, so an outage of Redis must neither end
signing in nor lift the limits.
"""

import logging
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

ASKED_AGAIN_AFTER = 5.0
"""Seconds for which Redis is left alone once it did not answer, so that waiting does not add up."""


class LastingCache(BaseCache):
    """Answers from Redis, or from the cache called `fallback` while Redis does not answer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._redis = RedisCache(server, params)
        self._away_until = 0.0

    def _ask(self, question: str, *details: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return getattr(self._redis, question)(*details)
            except (RedisError, OSError) as error:
                log.warning("the database stands in for Redis", extra={"error": str(error)})
                self._away_until = time.monotonic() + ASKED_AGAIN_AFTER
        return getattr(caches["fallback"], question)(*details)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Set a value where there is none; say whether there was none."""
        return bool(self._ask("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return a value, or the default."""
        return self._ask("get", key, default, version)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Set a value."""
        self._ask("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Let a value live longer; say whether there is one."""
        return bool(self._ask("touch", key, timeout, version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value; say whether there was one."""
        return bool(self._ask("delete", key, version))

    def clear(self) -> None:
        """Forget everything."""
        self._ask("clear")
