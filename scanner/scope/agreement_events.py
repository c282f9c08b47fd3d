"""Which EventBridge patterns hear Marketplace agreements (source aws.agreement-marketplace)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

SOURCE = "aws.agreement-marketplace"
DETAIL_TYPES = ("Purchase Agreement ", "License ", "Advisory ")
NARROWING = frozenset({"detail", "detail-type", "resources"})


def hears_agreements(pattern: str) -> bool:
    """Whether an event pattern matches agreement events, or may match them.

    A rule with a schedule has an empty pattern and hears nothing. Raises ValueError for a text
    that is no pattern. Matchers: EventBridge user guide, "Comparison operators".
    """
    if not pattern.strip():
        return False
    try:
        parsed = json.loads(pattern)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(parsed, dict):
        message = "an event pattern is a JSON object"
        raise ValueError(message)
    return _hears(parsed)


def _hears(pattern: Mapping[str, object]) -> bool:
    alternatives = pattern.get("$or")
    if isinstance(alternatives, list):
        rest = {field: value for field, value in pattern.items() if field != "$or"}
        return any(_hears({**rest, **one}) for one in alternatives if isinstance(one, dict))
    if "source" in pattern:
        return _any_matches(pattern["source"], SOURCE)
    if "detail-type" in pattern:
        wanted = pattern["detail-type"]
        return isinstance(wanted, list) and any(_names_an_agreement(one) for one in wanted)
    return not NARROWING & pattern.keys()


def _names_an_agreement(detail_type: object) -> bool:
    return isinstance(detail_type, str) and detail_type.startswith(DETAIL_TYPES)


def _any_matches(matchers: object, value: str) -> bool:
    wanted = matchers if isinstance(matchers, list) else [matchers]
    return any(_matches(one, value) for one in wanted)


def _matches(matcher: object, value: str) -> bool:
    """One matcher against one text; an operator that we do not know may match, so it does."""
    if not isinstance(matcher, dict):
        return matcher == value
    operator, operand = next(iter(matcher.items()), ("", None))
    if operator == "anything-but":
        return not _any_matches(operand, value)
    if operator == "exists":
        return operand is True
    if not isinstance(operand, str):
        return True
    plain = {
        "prefix": value.startswith(operand),
        "suffix": value.endswith(operand),
        "equals-ignore-case": value.casefold() == operand.casefold(),
        "wildcard": re.fullmatch(re.escape(operand).replace(r"\*", ".*"), value) is not None,
    }
    return plain.get(operator, True)
