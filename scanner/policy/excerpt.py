"""Policies as people read them: laid out, hostile characters visible, statements by line."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from scanner.policy.document import Malformed, Policy
from scanner.policy.match import fold

Ranges = tuple[tuple[int, int], ...]

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


def pretty(policy: Policy | Malformed) -> str:
    """Lay a policy out as JSON with indent 2, in its own order and spelling.

    Control characters, bidirectional and other invisible marks stand as `\\u` escapes, so the
    text is still the same JSON. A malformed text is given as it is, so escaped.
    """
    return _visible(policy.text) if isinstance(policy, Malformed) else _laid_out(policy)[0]


def lines_of(policy: Policy | Malformed, indexes: Iterable[int]) -> Ranges:
    """Give the 1-based, inclusive line ranges in `pretty` of the statements with these indexes.

    Sorted; nothing for an index that the policy does not have and for a malformed policy.
    """
    if isinstance(policy, Malformed):
        return ()
    ranges = _laid_out(policy)[1]
    return tuple(ranges[index] for index in sorted(set(indexes)) if 0 <= index < len(ranges))


@lru_cache(maxsize=256)
def _laid_out(policy: Policy) -> tuple[str, Ranges]:
    document = json.loads(policy.text, parse_float=_number)
    lines = ["{"]
    ranges: list[tuple[int, int]] = []
    for name, value in document.items():
        if name != "Statement":
            lines += _element(name, value)
        elif isinstance(value, list):
            lines += _list_of_statements(value, len(lines), ranges)
        else:
            start = len(lines) + 1
            lines += _element(name, value)
            ranges.append((start, len(lines)))
        lines[-1] += ","
    lines[-1] = lines[-1].removesuffix(",")
    return "\n".join((*lines, "}")), tuple(ranges)


def _list_of_statements(
    value: list[object], before: int, ranges: list[tuple[int, int]]
) -> list[str]:
    lines = ['  "Statement": [']
    for statement in value:
        start = before + len(lines) + 1
        lines += [f"    {line}" for line in _dump(statement)]
        ranges.append((start, before + len(lines)))
        lines[-1] += ","
    lines[-1] = lines[-1].removesuffix(",")
    return [*lines, "  ]"]


def _element(name: str, value: object) -> list[str]:
    first, *rest = _dump(value)
    return [f'  "{name}": {first}', *(f"  {line}" for line in rest)]


def _dump(value: object) -> list[str]:
    return [_visible(line) for line in json.dumps(value, indent=2, ensure_ascii=False).split("\n")]


def _number(text: str) -> float | str:
    """Keep a fraction as written, as a text where Python would write it differently."""
    number = float(text)
    return number if repr(number) == fold(text) else text


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) if _is_hidden(char) else char for char in text)


def _is_hidden(char: str) -> bool:
    return char not in " \n" and unicodedata.category(char) in _HIDDEN


def _escaped(char: str) -> str:
    """Write a character as JSON escapes it, two halves for one beyond the basic plane."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
