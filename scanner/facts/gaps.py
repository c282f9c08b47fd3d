"""All that was not observed in some facts, wherever in them it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.facts.unread import NOT_READ
from scanner.policy import Policy
from scanner.vocabulary import Unobserved


def gaps_in(facts: object) -> tuple[Unobserved, ...]:
    """Give every gap once, in order; what no topic asked for is not one."""
    return tuple(dict.fromkeys(gap for gap in _walk(facts) if gap != NOT_READ))


def _walk(value: Any) -> Iterator[Unobserved]:
    if isinstance(value, Unobserved):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _walk(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _walk(one)
    elif dataclasses.is_dataclass(value) and not isinstance(value, Policy):
        for field in dataclasses.fields(value):
            yield from _walk(getattr(value, field.name))
