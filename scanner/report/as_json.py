"""A report as JSON, which outside tools read (design 4.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from scanner.control import Outcome
from scanner.evidence import Fact, Piece
from scanner.report.report import Report
from scanner.score import Part
from scanner.vocabulary import seen


def to_json(report: Report) -> str:
    """Give the report as ASCII JSON, indented by two."""
    return "".join(json_pieces(report))


def json_pieces(report: Report) -> Iterator[str]:
    """Give the same text in pieces: of a large account it is longer than all its facts."""
    start = "{"
    for name, value in (_before(report) | {"outcomes": ()} | _after(report)).items():
        yield f'{start}\n  "{name}": '
        start = ","
        yield from _outcomes(report) if name == "outcomes" else (_indented(value, 1),)
    yield "\n}"


def _outcomes(report: Report) -> Iterator[str]:
    start = "["
    for one in report.outcomes:
        yield f"{start}\n    {_indented(_outcome(one), 2)}"
        start = ","
    yield "\n  ]" if report.outcomes else "[]"


def _indented(value: object, depth: int) -> str:
    """The value as JSON inside of so many others.

    json.dumps is in C only where it does not indent: laying out took a tenth of a large scan's CPU.
    """
    if isinstance(value, str):
        return _text(value)
    if not value or not isinstance(value, dict | list | tuple):
        return json.dumps(value)
    margin = "\n" + "  " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{_text(name)}: {_indented(one, depth + 1)}" for name, one in value.items()]
        return f"{{{margin}{f',{margin}'.join(rows)}{margin[:-2]}}}"
    rows = [_indented(one, depth + 1) for one in value]
    return f"[{margin}{f',{margin}'.join(rows)}{margin[:-2]}]"


def to_dict(report: Report) -> dict[str, Any]:
    """Give the report as JSON values."""
    outcomes = [_outcome(one) for one in report.outcomes]
    return _before(report) | {"outcomes": outcomes} | _after(report)


def _before(report: Report) -> dict[str, Any]:
    snapshot = report.snapshot
    return {
        "account": snapshot.account.id,
        "partition": snapshot.account.partition,
        "taken_at": snapshot.now.isoformat(),
        "engine": report.engine,
        "topics": [topic.value for topic in snapshot.topics],
        "regions": list(seen(snapshot.ec2.regions)),
        "score": {
            **_part(report.score.total),
            "version": report.score.version,
            "topics": {topic.value: _part(part) for topic, part in report.score.topics.items()},
        },
    }


def _after(report: Report) -> dict[str, Any]:
    return {
        "unobserved": [
            {
                "action": gap.action,
                "region": gap.region,
                "error": gap.error,
                "detail": gap.detail,
            }
            for gap in report.unobserved
        ],
        "calls": {
            "total": report.calls.total,
            "by_action": dict(sorted(report.calls.by_action.items())),
            "denied": report.calls.denied,
            "throttled": report.calls.throttled,
        },
        "seconds": {name: round(value, 3) for name, value in report.seconds.items()},
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "value": part.value,
        "low": part.low,
        "coverage": part.coverage,
        "open": {severity.value: count for severity, count in part.open.items()},
        "not_assessed": part.not_assessed,
        "manual": part.manual,
        "applicable": part.applicable,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "control": outcome.control,
        "topic": outcome.topic.value,
        "resource": outcome.resource,
        "name": outcome.name,
        "region": outcome.region,
        "status": outcome.status.value,
        "severity": outcome.severity.value,
        "reason": outcome.reason,
        "evidence": [_piece(piece) for piece in outcome.evidence],
        "missing_action": outcome.missing_action,
    }


def _piece(piece: Piece) -> dict[str, Any]:
    if isinstance(piece, Fact):
        return {
            "kind": "fact",
            "label": piece.label,
            "value": piece.value,
            "read_by": piece.read_by,
        }
    return {
        "kind": "excerpt",
        "title": piece.title,
        "text": piece.text,
        "faults": [list(lines) for lines in piece.faults],
        "note": piece.note,
        "read_by": piece.read_by,
    }
