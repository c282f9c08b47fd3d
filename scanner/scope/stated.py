"""What the conditions of a statement name for sure: exact values of a key that must be present."""

from __future__ import annotations

from scanner.policy import Condition, Statement

EXACT = frozenset({
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike",
})  # fmt: skip


def named_values(statement: Statement, key: str) -> frozenset[str] | None:
    """Give the values of a key that a request must have one of; None if nothing names them.

    A test that is also true when the key is absent names nothing (R10), nor does a wildcard, a
    policy variable or a negative operator.
    """
    found: frozenset[str] | None = None
    for condition in statement.conditions_on(key):
        if names_values(condition):
            values = frozenset(condition.values)
            found = values if found is None else found & values
    return found


def names_values(condition: Condition) -> bool:
    """Whether a condition holds only for requests that have one of its values, letter by letter."""
    if condition.base not in EXACT or condition.if_exists or condition.set_prefix == "ForAllValues":
        return False
    return bool(condition.values) and all(is_exact(value) for value in condition.values)


def is_exact(text: str) -> bool:
    """Whether a value or resource stands for itself alone: no wildcard, no policy variable."""
    return not any(sign in text for sign in ("*", "?", "${"))
