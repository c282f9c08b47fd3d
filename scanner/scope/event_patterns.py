"""EventBridge patterns: whether a rule lets a kind of event through (user guide, "Event patterns")."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scanner.policy.match import matches

Event = Mapping[str, "str | Event"]
"""What is known of an event: fields that are not named may hold anything."""


def parsed(pattern: str) -> Mapping[str, object] | None:
    """Give a pattern as a mapping; None for the empty one of a schedule, which hears nothing.

    Raises ValueError for a text that is no pattern.
    """
    if not pattern.strip():
        return None
    try:
        said = json.loads(pattern)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(said, dict):
        message = "an event pattern is a JSON object"
        raise ValueError(message)
    return said


def hears(pattern: str, event: Event) -> bool:
    """Say whether a pattern matches an event, or may match it for all that is known of the event.

    Raises ValueError for a text that is no pattern.
    """
    said = parsed(pattern)
    return said is not None and _lets_through(said, event)


def _lets_through(pattern: Mapping[str, object], event: Event) -> bool:
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            if not any(isinstance(one, dict) and _lets_through(one, event) for one in wanted):
                return False
        elif name in event and not _fits(wanted, event[name]):
            return False
    return True


def _fits(wanted: object, value: str | Event) -> bool:
    if isinstance(value, str):
        return any_matches(wanted, value)
    return isinstance(wanted, dict) and _lets_through(wanted, value)


def any_matches(matchers: object, value: str) -> bool:
    """Say whether any matcher of a list, or the only one, takes a text."""
    wanted = matchers if isinstance(matchers, list) else [matchers]
    return any(_matches(one, value) for one in wanted)


def _matches(matcher: object, value: str) -> bool:
    """One matcher against one text; an operator that we do not know may match, so it does."""
    if not isinstance(matcher, dict):
        return matcher == value
    operator, operand = next(iter(matcher.items()), ("", None))
    if operator == "anything-but":
        return not any_matches(operand, value)
    if operator == "exists":
        return operand is True
    if not isinstance(operand, str):
        return True
    plain = {
        "prefix": value.startswith(operand),
        "suffix": value.endswith(operand),
        "equals-ignore-case": value.casefold() == operand.casefold(),
        "wildcard": matches(operand.replace("?", "\0"), value.replace("?", "\0")),
    }
    return plain.get(operator, True)
