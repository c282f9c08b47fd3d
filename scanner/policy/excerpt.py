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
    parts: list[str] = []
    ranges: list[tuple[int, int]] = []
    line = 2
    for name, value in document.items():
        if name == "Statement" and isinstance(value, list) and value:
            statements = [f"    {_dump(one, '    ')}" for one in value]
            ranges = _placed(statements, line + 1)
            part = _joined(f"  {_spelled(name)}: [", statements, "  ]")
        else:
            part = f"  {_spelled(name)}: {_dump(value, '  ')}"
            ranges += _placed([part], line) if name == "Statement" and value != [] else []
        parts.append(part)
        line += part.count("\n") + 1
    return _joined("{", parts, "}"), tuple(ranges)


def _placed(texts: list[str], line: int) -> list[tuple[int, int]]:
    """Give the first and last line of each of some texts, of which the first begins on a line."""
    ranges: list[tuple[int, int]] = []
    for text in texts:
        last = line + text.count("\n")
        ranges.append((line, last))
        line = last + 1
    return ranges


def _dump(value: object, indent: str) -> str:
    """Write JSON with indent 2; the standard library takes several times as long."""
    deeper = f"{indent}  "
    if isinstance(value, dict) and value:
        parts = [f"{deeper}{_spelled(name)}: {_dump(one, deeper)}" for name, one in value.items()]
        return _joined("{", parts, f"{indent}}}")
    if isinstance(value, list) and value:
        return _joined("[", [f"{deeper}{_dump(one, deeper)}" for one in value], f"{indent}]")
    return _spelled(value)


def _joined(opening: str, parts: list[str], closing: str) -> str:
    """Put parts on lines of their own between brackets."""
    return "\n".join((opening, ",\n".join(parts), closing))


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
