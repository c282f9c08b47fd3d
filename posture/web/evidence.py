"""Evidence as it is stored, read with care: what does not look like evidence is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One fact, and the IAM action that read it."""

    label: str
    value: str
    read_by: str


@dataclass(frozen=True, slots=True)
class ShownExcerpt:
    """A document with the ranges of its offending lines, and why they offend."""

    title: str
    text: str
    faults: tuple[tuple[int, int], ...]
    note: str


def facts(evidence: object) -> list[ShownFact]:
    """Give the facts among stored pieces of evidence (scanner.report writes them)."""
    return [
        ShownFact(_text(piece, "label"), _text(piece, "value"), _text(piece, "read_by"))
        for piece in _pieces(evidence, "fact")
    ]


def excerpts(evidence: object) -> list[ShownExcerpt]:
    """Give the documents among stored pieces of evidence."""
    return [
        ShownExcerpt(
            _text(piece, "title"), _text(piece, "text"), _ranges(piece), _text(piece, "note")
        )
        for piece in _pieces(evidence, "excerpt")
    ]


def _pieces(evidence: object, kind: str) -> list[dict[str, Any]]:
    stored = evidence if isinstance(evidence, list) else []
    return [piece for piece in stored if isinstance(piece, dict) and piece.get("kind") == kind]


def _text(piece: dict[str, Any], name: str) -> str:
    value = piece.get(name, "")
    return value if isinstance(value, str) else ""


def _ranges(piece: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    stored = piece.get("faults")
    pairs = stored if isinstance(stored, list) else []
    return tuple((pair[0], pair[1]) for pair in pairs if _is_range(pair))


def _is_range(pair: object) -> bool:
    return isinstance(pair, list) and [type(end) for end in pair] == [int, int]
