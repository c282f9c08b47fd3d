"""All that was not observed in some facts, wherever in them it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, cast

from scanner.facts.unread import NOT_READ, hints_of
from scanner.policy import Policy
from scanner.vocabulary import Unobserved

PLAIN = frozenset({str, int, float, bool, bytes, datetime, NoneType})
"""Types of values that hold no gap; most fields of facts are of these."""


def gaps_in(facts: object) -> tuple[Unobserved, ...]:
    """Give every gap once, in order; what no topic asked for is not one."""
    found: dict[Unobserved, None] = {}
    _gather(facts, found)
    found.pop(NOT_READ, None)
    return tuple(found)


def _gather(value: Any, found: dict[Unobserved, None]) -> None:
    if isinstance(value, Unobserved):
        found.setdefault(value)
    elif type(value) not in PLAIN:
        for one in _parts(value):
            _gather(one, found)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, tuple):
        return value
    members = _members(cast(Hashable, type(value)))
    if members:
        return [getattr(value, name) for name in members]
    return value.values() if isinstance(value, Mapping) else ()


@cache
def _members(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass of facts that may hold gaps; nothing of any other class."""
    if not dataclasses.is_dataclass(kind) or issubclass(kind, Policy):
        return ()
    return tuple(name for name, hint in hints_of(cast(Hashable, kind)).items() if hint not in PLAIN)
