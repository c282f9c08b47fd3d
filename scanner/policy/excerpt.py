"""Policies as people read them: laid out, hostile characters visible, statements by line."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from weakref import WeakKeyDictionary

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


_KNOWN: WeakKeyDictionary[Policy, tuple[str, Ranges]] = WeakKeyDictionary()
"""What was laid out, for as long as the policy lives: all evidence shares one text."""


def _laid_out(policy: Policy) -> tuple[str, Ranges]:
    known = _KNOWN.get(policy)
    if known is None:
        known = _KNOWN[policy] = _lay_out(policy)
    return known


def _lay_out(policy: Policy) -> tuple[str, Ranges]:
    document = _DECODER.decode(policy.text)
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
    return [f"  {_spelled(name)}: {first}", *(f"  {line}" for line in rest)]


def _dump(value: object) -> list[str]:
    """Give the lines of JSON with indent 2; the standard library takes several times as long."""
    if isinstance(value, dict) and value:
        parts = [_element(name, one) for name, one in value.items()]
        return ["{", *_joined(parts), "}"]
    if isinstance(value, list) and value:
        parts = [[f"  {line}" for line in _dump(one)] for one in value]
        return ["[", *_joined(parts), "]"]
    return [_spelled(value)]


def _joined(parts: list[list[str]]) -> list[str]:
    for part in parts[:-1]:
        part[-1] += ","
    return [line for part in parts for line in part]


def _spelled(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return f'"{value}"' if '"' not in value and "\\" not in value else json.dumps(value)
    return _visible(_ENCODER.encode(value))


_ENCODER = json.JSONEncoder(ensure_ascii=False)


def _number(text: str) -> float | str:
    """Keep a fraction as written, as a text where Python would write it differently."""
    number = float(text)
    return number if repr(number) == fold(text) else text


_DECODER = json.JSONDecoder(parse_float=_number)


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
