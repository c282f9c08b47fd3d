"""From AWS's dictionaries to facts: what does not look as it should is a gap, never a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from scanner.aws import Answer
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

T = TypeVar("T")
D = TypeVar("D")

MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a dictionary raises when AWS left out or changed a member."""


def facts_from(
    listed: Listed[D], make: Callable[[D], T | None], *, action: str, region: str = ""
) -> Listed[T]:
    """Make a fact of every item; items that cannot be read become gaps, None is left out."""
    if isinstance(listed, Unobserved):
        return listed
    made: list[T] = []
    why = list(gaps(listed))
    for item in seen(listed):
        try:
            fact = make(item)
        except MALFORMED as fault:
            why.append(bad_answer(action, region, fault))
            continue
        if fact is not None:
            made.append(fact)
    return Partial(tuple(made), tuple(dict.fromkeys(why))) if why else tuple(made)


def bad_answer(action: str, region: str, fault: Exception) -> Unobserved:
    """The gap that an answer of unexpected shape leaves."""
    detail = f"a member is missing or odd: {type(fault).__name__}"
    return Unobserved(action, "BadAnswer", region, detail)


def tags_of(item: Answer) -> Mapping[str, str]:
    """The item's tags by key."""
    return {tag["Key"]: tag.get("Value", "") for tag in item.get("Tags") or ()}


def moment(value: datetime | str | None) -> datetime | None:
    """A timestamp in UTC, from a date or ISO 8601 text; None for nothing."""
    if not value:
        return None
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def unique(listed: Listed[T], key: Callable[[T], str]) -> Listed[T]:
    """The same list with the first of all items that share a key."""
    if isinstance(listed, Unobserved):
        return listed
    found: dict[str, T] = {}
    for item in seen(listed):
        found.setdefault(key(item), item)
    items = tuple(found.values())
    return Partial(items, gaps(listed)) if gaps(listed) else items
