"""Which EventBridge patterns hear Marketplace agreements (source aws.agreement-marketplace)."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.scope.event_patterns import any_matches, parsed

SOURCE = "aws.agreement-marketplace"
DETAIL_TYPES = ("Purchase Agreement ", "License ", "Advisory ")
NARROWING = frozenset({"detail", "detail-type", "resources"})


def hears_agreements(pattern: str) -> bool:
    """Whether an event pattern matches agreement events, or may match them.

    A rule with a schedule has an empty pattern and hears nothing. Raises ValueError for a text
    that is no pattern. Matchers: EventBridge user guide, "Comparison operators".
    """
    said = parsed(pattern)
    return said is not None and _hears(said)


def _hears(pattern: Mapping[str, object]) -> bool:
    alternatives = pattern.get("$or")
    if isinstance(alternatives, list):
        rest = {field: value for field, value in pattern.items() if field != "$or"}
        return any(_hears({**rest, **one}) for one in alternatives if isinstance(one, dict))
    if "source" in pattern:
        return any_matches(pattern["source"], SOURCE)
    if "detail-type" in pattern:
        wanted = pattern["detail-type"]
        return isinstance(wanted, list) and any(_names_an_agreement(one) for one in wanted)
    return not NARROWING & pattern.keys()


def _names_an_agreement(detail_type: object) -> bool:
    return isinstance(detail_type, str) and detail_type.startswith(DETAIL_TYPES)
