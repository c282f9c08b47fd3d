"""Metric filter patterns of CloudWatch Logs: whether one surely takes an event of CloudTrail (CT-08).

Read by their tokens, as spaces, quotes, parentheses and order differ from one pattern to the next
(CloudWatch Logs user guide, "Filter pattern syntax"). Of an event only some fields are known: what
hangs on another field is not sure, and does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from scanner.scope.event_patterns import Event

MOST_NESTED = 40
ABSENT = frozenset({"errorCode", "errorMessage", "invokedBy"})
"""Fields that an event of a person's successful call does not have."""

TOKEN = re.compile(r'\(|\)|&&|\|\||!=|>=|<=|=|>|<|"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s()=!<>&|"]+')
TERM = re.compile(r'[?-]?"[^"]*"|\S+')

Sure = bool | None
"""Yes, no, or None for what nobody can tell."""


def catches(pattern: str, event: Event) -> bool:
    """Say whether a filter pattern surely takes an event, given as CloudTrail writes it down.

    Not sure is a no: patterns with regular expressions, for space-delimited logs, on fields that
    are not known, and texts that are no pattern.
    """
    text = pattern.strip()
    if not text:
        return True
    if text.startswith("[") or not text.startswith("{"):
        return not text.startswith("[") and _terms_hold(text, event)
    if not text.endswith("}"):
        return False
    try:
        return _Reader(text[1:-1], dict(_flat(event))).whole() is True
    except ValueError:
        return False


def _flat(event: Event, start: str = "$") -> Iterator[tuple[str, str]]:
    for name, value in event.items():
        if isinstance(value, str):
            yield f"{start}.{name}", value
        else:
            yield from _flat(value, f"{start}.{name}")


def _terms_hold(text: str, event: Event) -> bool:
    """Words of a line of text: all that are plain, one of those with `?`, and none with `-`."""
    values = frozenset(value for _, value in _flat(event))
    terms = [found.group() for found in TERM.finditer(text)]
    if any(one.startswith("-") or "%" in one for one in terms):
        return False
    some = [one[1:].strip('"') for one in terms if one.startswith("?")]
    every = [one.strip('"') for one in terms if not one.startswith("?")]
    return values.issuperset(every) and (not some or not values.isdisjoint(some))


class _Reader:
    """Reads `a && (b || c)` from left to right, and says whether it holds of an event."""

    def __init__(self, text: str, fields: Mapping[str, str]) -> None:
        self._tokens = [found.group() for found in TOKEN.finditer(text)]
        self._fields = fields
        self._at = 0
        self._depth = 0

    def whole(self) -> Sure:
        """Whether the whole text holds; raises ValueError for what is no pattern."""
        held = self._either()
        if self._at < len(self._tokens):
            raise ValueError("something is left over")
        return held

    def _either(self) -> Sure:
        held = self._both()
        while self._takes("||"):
            held = _or(held, self._both())
        return held

    def _both(self) -> Sure:
        held = self._one()
        while self._takes("&&"):
            held = _and(held, self._one())
        return held

    def _one(self) -> Sure:
        if not self._takes("("):
            return self._comparison()
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise ValueError("nested too deeply")
        held = self._either()
        if not self._takes(")"):
            raise ValueError("a parenthesis stays open")
        self._depth -= 1
        return held

    def _comparison(self) -> Sure:
        field, operator, operand = self._next(), self._next().upper(), self._next()
        value = self._fields.get(field)
        if operator == "NOT" and operand.upper() == "EXISTS":
            return False if value is not None else _is_absent(field)
        if value is None:
            return False if operator == "=" and _is_absent(field) else None
        if operator not in {"=", "!="} or operand.startswith("%"):
            return None
        return _fits(operand, value) == (operator == "=")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ValueError("something is missing")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, token: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += taken
        return taken


def _is_absent(field: str) -> Sure:
    return True if field.rpartition(".")[2] in ABSENT else None


def _fits(operand: str, value: str) -> bool:
    """Whether a value fits an operand, in which `*` stands for any text."""
    wanted = operand[1:-1] if operand.startswith('"') else operand
    first, *rest = wanted.split("*")
    if not rest:
        return wanted == value
    *middle, last = rest
    at = len(first)
    for part in middle:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return value.startswith(first) and value.endswith(last) and len(value) - len(last) >= at


def _and(left: Sure, right: Sure) -> Sure:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: Sure, right: Sure) -> Sure:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False
