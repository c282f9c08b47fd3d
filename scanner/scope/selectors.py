"""Which management events of Marketplace services the event selectors of a trail take (CT-02)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanner.facts.cloudtrail import AdvancedSelector, BasicSelector, FieldSelector, Selectors

SOURCES = tuple(
    f"{name}.amazonaws.com"
    for name in (
        "marketplacecatalog",
        "metering-marketplace",
        "agreement-marketplace",
        "deployment-marketplace",
        "entitlement-marketplace",
        "marketplace-commerce-analytics",
        "marketplacecommerceanalytics",
    )
)
"""Event sources of Marketplace (controls.md 1.8); which of the last two appears is not documented."""

Half = Literal["reads", "writes"]
Coverage = frozenset[tuple[str, Half]]
HALVES: tuple[Half, ...] = ("reads", "writes")
NOTHING: Coverage = frozenset()
EVERYTHING: Coverage = frozenset((source, half) for source in SOURCES for half in HALVES)

MANAGEMENT = "Management"
READ_ONLY: Mapping[Half, str] = {"reads": "true", "writes": "false"}
_BASIC: Mapping[str, tuple[Half, ...]] = {
    "All": HALVES,
    "ReadOnly": ("reads",),
    "WriteOnly": ("writes",),
}


def covered_by(selectors: Selectors) -> Coverage:
    """Give what one trail takes: of which source, reads or writes.

    Advanced selectors replace basic ones. AWS never answers with neither; then the default of new
    trails holds, which takes all management events.
    """
    if selectors.advanced:
        return NOTHING.union(*map(_of_advanced, selectors.advanced))
    if selectors.basic:
        return NOTHING.union(*map(_of_basic, selectors.basic))
    return EVERYTHING


def is_default(selectors: Selectors) -> bool:
    """Whether no selector was told at all."""
    return not selectors.advanced and not selectors.basic


def left_out(selectors: Selectors) -> frozenset[str]:
    """Give the event sources that every selector of management events excludes by name."""
    excluded = [
        frozenset(value for one in _fields(selector, "eventSource") for value in _not_equal(one))
        for selector in selectors.advanced
        if _takes_management(selector)
    ] or [frozenset(one.excluded) for one in selectors.basic if one.management]
    return frozenset.intersection(*excluded) if excluded else frozenset()


def _of_basic(selector: BasicSelector) -> Coverage:
    if not selector.management:
        return NOTHING
    halves = _BASIC.get(selector.read_write, ())
    kept = (source for source in SOURCES if source not in selector.excluded)
    return frozenset((source, half) for source in kept for half in halves)


def _of_advanced(selector: AdvancedSelector) -> Coverage:
    """A filter on any other field may leave out events of each source: nothing is sure then."""
    if not _takes_management(selector):
        return NOTHING
    if any(one.name not in {"eventCategory", "readOnly", "eventSource"} for one in selector.fields):
        return NOTHING
    return frozenset(
        (source, half)
        for source, half in EVERYTHING
        if all(_lets(one, source) for one in _fields(selector, "eventSource"))
        and all(_lets(one, READ_ONLY[half]) for one in _fields(selector, "readOnly"))
    )


def _takes_management(selector: AdvancedSelector) -> bool:
    categories = _fields(selector, "eventCategory")
    return bool(categories) and all(_lets(one, MANAGEMENT) for one in categories)


def _fields(selector: AdvancedSelector, name: str) -> list[FieldSelector]:
    return [one for one in selector.fields if one.name == name]


def _not_equal(field: FieldSelector) -> tuple[str, ...]:
    return field.matchers.get("NotEquals", ())


Test = Callable[[str, str], bool]
_TESTS: Mapping[str, Test] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def _lets(field: FieldSelector, value: str) -> bool:
    """Say whether a field takes a value: any that select fits, and none that deselect does.

    That is how the user guide combines several conditions of one field.
    """
    selects = [
        test(value, wanted)
        for name, test in _TESTS.items()
        for wanted in field.matchers.get(name, ())
    ]
    deselects = [
        test(value, wanted)
        for name, test in _TESTS.items()
        for wanted in field.matchers.get(f"Not{name}", ())
    ]
    return not any(deselects) and (any(selects) or not selects)


@dataclass(frozen=True, slots=True)
class Repair:
    """Selectors that take all of Marketplace, as put-event-selectors wants them; one is empty."""

    basic: tuple[Mapping[str, Any], ...] = ()
    advanced: tuple[Mapping[str, Any], ...] = ()


def repaired(selectors: Selectors) -> Repair:
    """Give the selectors with all management events in place of some of them.

    Advanced selectors of data events stay. What every selector leaves out beside Marketplace, such
    as kms.amazonaws.com, stays out, as recording it may be dear.
    """
    quiet = sorted(left_out(selectors).difference(SOURCES))
    if not selectors.advanced:
        basic: dict[str, Any] = {"ReadWriteType": "All", "IncludeManagementEvents": True}
        return Repair(basic=(basic | ({"ExcludeManagementEventSources": quiet} if quiet else {}),))
    fields: list[Mapping[str, Any]] = [{"Field": "eventCategory", "Equals": [MANAGEMENT]}]
    fields += [{"Field": "eventSource", "NotEquals": quiet}] if quiet else []
    kept = [one for one in selectors.advanced if not _takes_management(one)]
    return Repair(advanced=({"FieldSelectors": fields}, *map(_spelled, kept)))


def _spelled(selector: AdvancedSelector) -> Mapping[str, Any]:
    return {
        "FieldSelectors": [
            {"Field": one.name, **{name: list(values) for name, values in one.matchers.items()}}
            for one in selector.fields
        ]
    }


def in_words(missing: Iterable[tuple[str, Half]]) -> str:
    """Say what is missing: "reads of all Marketplace services", or the sources by name."""
    gone = frozenset(missing)
    parts = []
    for half in HALVES:
        sources = [source for source in SOURCES if (source, half) in gone]
        if sources:
            whole = len(sources) == len(SOURCES)
            named = "all Marketplace services" if whole else ", ".join(sources)
            parts.append(f"{half} of {named}")
    return " and ".join(parts)
