"""Token buckets as AWS has them, and what it says when one is empty."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from bench.recorder import Answer


@dataclass(frozen=True, slots=True)
class Refill:
    """How many calls go at once after a rest, and how many more each second."""

    burst: int
    rate: float


LIMITS: Mapping[str, Refill] = {
    "ec2": Refill(100, 20.0),
    "iam": Refill(15, 15.0),
    "LookupEvents": Refill(2, 2.0),
}
"""By service or operation (design section 5); counted by account and region."""


class Buckets:
    """The buckets of all accounts."""

    def __init__(self, limits: Mapping[str, Refill] = LIMITS) -> None:
        self._limits = limits
        self._left: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(self, account: str, region: str, asked: Answer) -> bool:
        """Take a token for this call; False when there is none left."""
        name = limit_of(asked.service, asked.operation)
        if not name:
            return True
        limit, now, key = self._limits[name], time.monotonic(), (account, region, name)
        left, since = self._left.get(key, (float(limit.burst), now))
        left = min(limit.burst, left + (now - since) * limit.rate)
        self._left[key] = (left - (left >= 1), now)
        return left >= 1


def limit_of(service: str, operation: str) -> str:
    """The bucket that a call takes from; empty for a call that has none."""
    return next((name for name in (service, operation) if name in LIMITS), "")


def refusal(asked: Answer) -> Answer:
    """The answer to a call for which there is no token, as its service spells it."""
    if asked.service == "ec2":
        body = b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>"
        return Answer(asked.service, asked.operation, 503, b"Content-Type: text/xml\r\n", body)
    if asked.service == "iam":
        body = b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        return Answer(asked.service, asked.operation, 400, b"Content-Type: text/xml\r\n", body)
    headers = b"Content-Type: application/x-amz-json-1.1\r\n"
    body = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
    return Answer(asked.service, asked.operation, 400, headers, body)
