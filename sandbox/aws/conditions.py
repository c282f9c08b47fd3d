"""Decides Condition blocks of trust and permission policies from the keys that a request carries."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

Context = Mapping[str, str]


def as_list(value: object) -> list[Any]:
    """A value that policies write as one or as many, always as many."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": lambda value, wanted: value == wanted,
    "stringequalsignorecase": lambda value, wanted: value.lower() == wanted.lower(),
    "stringlike": _like,
    "arnequals": _like,
    "arnlike": _like,
    "bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
}


def conditions_hold(block: object, context: Context) -> bool | None:
    """Whether every condition holds; None when one uses an operator that the fake does not evaluate."""
    if not isinstance(block, dict):
        return None if block else True
    known = {key.lower(): value for key, value in context.items()}
    verdicts = [
        _holds(operator.lower(), known.get(key.lower()), [str(item) for item in as_list(wanted)])
        for operator, keys in block.items()
        for key, wanted in keys.items()
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool | None:
    if operator == "null":
        return (value is None) == (wanted in (["true"], ["True"]))
    if operator.startswith("forallvalues:"):
        operator = operator.removeprefix("forallvalues:")
        if value is None:
            return True
    operator = operator.removeprefix("foranyvalue:")
    if operator.endswith("ifexists"):
        operator = operator.removesuffix("ifexists")
        if value is None:
            return True
    negated = operator in _NEGATED
    test = _TESTS.get(_NEGATED.get(operator, operator))
    if test is None:
        return None
    if value is None:
        return negated
    return any(test(value, item) for item in wanted) != negated
