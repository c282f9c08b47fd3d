"""The report of a scan: snapshot, outcomes, score, what was not seen, and its JSON (design 4.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scanner.control import Outcome
from scanner.evidence import Fact, Piece
from scanner.facts.codec import dump
from scanner.facts.gaps import gaps_in
from scanner.facts.snapshot import Snapshot
from scanner.score import Part, Score
from scanner.vocabulary import Unobserved, seen

ENGINE = "seller-posture 0.1.0"
"""Name and version of what judged; stored with every result."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The calls of a scan: by IAM action, retries included, refused ones, throttled ones."""

    by_action: Mapping[str, int] = field(default_factory=dict)
    denied: int = 0
    throttled: int = 0

    @property
    def total(self) -> int:
        """All requests that were sent."""
        return sum(self.by_action.values())


@dataclass(frozen=True)
class Report:
    """What one visit gave; `seconds` has "collect" and "judge"."""

    snapshot: Snapshot
    outcomes: tuple[Outcome, ...]
    score: Score
    calls: Tally
    seconds: Mapping[str, float]
    engine: str = ENGINE

    @cached_property
    def unobserved(self) -> tuple[Unobserved, ...]:
        """Everything that AWS would not tell or that could not be understood, once each."""
        return gaps_in(self.snapshot)

    @cached_property
    def document(self) -> bytes:
        """The snapshot as JSON, to be stored and judged again."""
        return dump(self.snapshot)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as JSON values, as outside tools read it (design 4.1)."""
        snapshot = self.snapshot
        return {
            "account": snapshot.account.id,
            "partition": snapshot.account.partition,
            "taken_at": snapshot.now.isoformat(),
            "engine": self.engine,
            "topics": [topic.value for topic in snapshot.topics],
            "regions": list(seen(snapshot.ec2.regions)),
            "score": {
                **_part(self.score.total),
                "version": self.score.version,
                "topics": {topic.value: _part(part) for topic, part in self.score.topics.items()},
            },
            "outcomes": [_outcome(one) for one in self.outcomes],
            "unobserved": [
                {
                    "action": gap.action,
                    "region": gap.region,
                    "error": gap.error,
                    "detail": gap.detail,
                }
                for gap in self.unobserved
            ],
            "calls": {
                "total": self.calls.total,
                "by_action": dict(sorted(self.calls.by_action.items())),
                "denied": self.calls.denied,
                "throttled": self.calls.throttled,
            },
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }

    def to_json(self) -> str:
        """Give the report as ASCII JSON, indented by two."""
        return json.dumps(self.to_dict(), indent=2)


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
