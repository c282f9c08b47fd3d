"""What a report changes about an account's findings: a pure comparison (design 2.11, models.md 5.4)."""

import hashlib
import json
import re
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from posture.models.finding import EventKind, FindingState, Resolution
from scanner.control import Outcome
from scanner.evidence import Excerpt, Fact, Piece
from scanner.tally import OpenFinding, is_unseen
from scanner.vocabulary import Severity, Status, Topic

_AGES = re.compile(
    r"\b\d+(?= (?:second|minute|hour|day|week|month|year)s?\b)"
    r"|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A finding as it is stored, as far as a comparison needs it."""

    id: uuid.UUID
    fingerprint: str
    control: str
    topic: str
    resource: str
    region: str
    severity: str
    state: str
    content: str
    seen_as: str
    first_seen: datetime
    last_seen: datetime
    last_changed: datetime
    not_rechecked_since: datetime | None
    sequence: int

    @property
    def is_open(self) -> bool:
        """Whether it was open or in progress before this report."""
        return self.state != FindingState.RESOLVED

    def as_open(self) -> OpenFinding:
        """The finding as the score wants to hear of it."""
        return OpenFinding(
            self.control, Topic(self.topic), self.resource, self.region, Severity(self.severity)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One event: a finding, what happened to it, and what is worth remembering of that."""

    finding: uuid.UUID
    kind: str
    sequence: int
    data: Mapping[str, Any]


@dataclass(slots=True)
class Failing:
    """A finding that fails in this report: what was known of it, and the event, if there is one."""

    id: uuid.UUID
    fingerprint: str
    content: str
    seen_as: str
    outcome: Outcome
    known: Known | None
    change: Change | None

    @property
    def is_same(self) -> bool:
        """Whether the stored row says all that already, but for when it was last seen."""
        return not self.change and self.known is not None and self.known.seen_as == self.seen_as


@dataclass(slots=True)
class Changes:
    """Everything that a report does to findings; every finding stands in at most one list."""

    failing: list[Failing] = field(default_factory=list)
    closed: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    unseen: list[Known] = field(default_factory=list)
    """Open ones that nobody could look at, for the first time now."""
    events: list[Change] = field(default_factory=list)

    def left(self, known: Iterable[Known]) -> list[Known]:
        """Those of the known findings that stay open though nobody could look at them."""
        settled = {one.id for one in self.failing}
        settled.update(one.id for closed in self.closed.values() for one in closed)
        return [one for one in known if one.is_open and one.id not in settled]

    def count(self, kind: str) -> int:
        """How many findings this happened to."""
        return sum(1 for change in self.events if change.kind == kind)


def compare(
    outcomes: Mapping[str, Outcome],
    known: Iterable[Known],
    controls: Collection[str],
    *,
    only: str = "",
    but: Collection[str] = (),
) -> Changes:
    """Compare outcomes, by fingerprint, with the stored findings that are open or named by them.

    `controls` are the ids that exist today: a finding of a control that was retired no longer
    applies. A pass, or being gone from a list that was read whole, closes; being manual, not
    assessed or unseen closes nothing. `only` is the fingerprint of the one finding that may open
    or change, where others are not looked at; nothing opens or changes `but` tells of, which
    `known` leaves out, too.
    """
    changes = Changes()
    stored = {finding.fingerprint: finding for finding in known}
    for fingerprint in sorted(outcomes):
        outcome = outcomes[fingerprint]
        mine = only in {"", fingerprint} and fingerprint not in but
        if outcome.status is Status.FAIL and mine:
            changes.failing.append(_failing(fingerprint, outcome, stored.get(fingerprint)))
    changes.events += [one.change for one in changes.failing if one.change is not None]
    by_control: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes.values():
        by_control[outcome.control].append(outcome)
    for finding in sorted(stored.values(), key=lambda one: one.fingerprint):
        outcome_here = outcomes.get(finding.fingerprint)
        if finding.is_open and (outcome_here is None or outcome_here.status is not Status.FAIL):
            siblings = by_control.get(finding.control, [])
            _settle(changes, finding, outcome_here, siblings, finding.control in controls)
    return changes


def _failing(fingerprint: str, outcome: Outcome, known: Known | None) -> Failing:
    content = content_of(outcome)
    row = known.id if known else uuid.uuid4()
    kind, data = _event(outcome, content, known)
    change = Change(row, kind, (known.sequence if known else 0) + 1, data) if kind else None
    return Failing(row, fingerprint, content, seen_as(outcome), outcome, known, change)


def _event(outcome: Outcome, content: str, known: Known | None) -> tuple[str, dict[str, Any]]:
    """The most telling thing that happened, and its data; "" when nothing did."""
    seen = {"severity": outcome.severity.value, "reasons": list(outcome.reasons)}
    if known is None:
        return EventKind.OPENED, seen
    if not known.is_open:
        return EventKind.REOPENED, seen
    if known.severity != outcome.severity.value:
        return EventKind.SEVERITY_CHANGED, {**seen, "from": known.severity}
    if known.content != content:
        return EventKind.CHANGED, seen
    if known.not_rechecked_since is not None:
        return EventKind.RECHECKED, {"since": known.not_rechecked_since.isoformat()}
    return "", {}


def _settle(
    changes: Changes,
    finding: Known,
    outcome: Outcome | None,
    siblings: list[Outcome],
    control_exists: bool,  # noqa: FBT001 - private, one caller
) -> None:
    resolution = _resolution(finding, outcome, siblings, control_exists)
    why = list(outcome.reasons) if outcome else []
    if resolution:
        changes.closed[resolution].append(finding)
        kind, data = EventKind.RESOLVED, {"resolution": resolution, "reasons": why}
    elif finding.not_rechecked_since is None:
        changes.unseen.append(finding)
        kind, data = EventKind.NOT_RECHECKED, {"reasons": why}
    else:
        return
    changes.events.append(Change(finding.id, kind, finding.sequence + 1, data))


def _resolution(
    finding: Known,
    outcome: Outcome | None,
    siblings: list[Outcome],
    control_exists: bool,  # noqa: FBT001 - private, one caller
) -> str:
    """Why the finding is over, or "" when it stays open."""
    if not control_exists:
        return Resolution.NOT_APPLICABLE
    if outcome is not None:
        return _CLOSING.get(outcome.status, "")
    gone = bool(siblings) and not is_unseen(siblings, finding.region)
    return Resolution.GONE if gone else ""


_CLOSING: Mapping[Status, str] = {
    Status.PASS: Resolution.FIXED,
    Status.NOT_APPLICABLE: Resolution.NOT_APPLICABLE,
}


def seen_as(outcome: Outcome) -> str:
    """Return the SHA-256 of everything that an outcome says about its resource."""
    said = [outcome.topic, outcome.severity, outcome.name, outcome.region, outcome.reasons]
    evidence = [piece_json(piece) for piece in outcome.evidence]
    text = json.dumps([said, evidence, dict(outcome.values)])
    return hashlib.sha256(text.encode()).hexdigest()


def piece_json(piece: Piece) -> dict[str, Any]:
    """Return a piece of evidence as the JSON that is stored, and that pages and API read."""
    match piece:
        case Fact():
            return {
                "kind": "fact",
                "label": piece.label,
                "value": piece.value,
                "read_by": piece.read_by,
            }
        case Excerpt():
            return {
                "kind": "excerpt",
                "title": piece.title,
                "text": piece.text,
                "faults": piece.faults,
                "note": piece.note,
                "read_by": piece.read_by,
            }


def content_of(outcome: Outcome) -> str:
    """Return the SHA-256 of what makes a change of a failing outcome worth an event.

    Ages and moments are left out: a key that is a day older is the same finding, and nobody wants
    to hear of it every day.
    """
    excerpts = [
        [piece.title, piece.text, piece.faults]
        for piece in outcome.evidence
        if isinstance(piece, Excerpt)
    ]
    values = sorted(outcome.values.items())
    reasons = [_AGES.sub("?", reason) for reason in outcome.reasons]
    return hashlib.sha256(json.dumps([reasons, values, excerpts]).encode()).hexdigest()
