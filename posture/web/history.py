"""Events in words: what changed, for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.dateparse import parse_datetime

from posture.models import FindingEvent

WORDS = {
    FindingEvent.Kind.OPENED: "Opened",
    FindingEvent.Kind.REOPENED: "Reopened: it was fixed before",
    FindingEvent.Kind.RESOLVED: "Resolved",
    FindingEvent.Kind.CHANGED: "What was seen changed",
    FindingEvent.Kind.SEVERITY_CHANGED: "Severity changed",
    FindingEvent.Kind.NOT_RECHECKED: "Could not be looked at again",
    FindingEvent.Kind.RECHECKED: "Looked at again",
    FindingEvent.Kind.TICKET_LINKED: "Ticket linked",
    FindingEvent.Kind.TICKET_UNLINKED: "Ticket unlinked",
}
RESOLUTIONS = {
    "fixed": "the fault is gone",
    "gone": "the resource is gone",
    "not_applicable": "the control no longer applies",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event: when, what in words, who did it, and in which scan."""

    event: FindingEvent
    words: str
    who: str

    @property
    def at(self) -> object:
        """When it happened."""
        return self.event.at

    @property
    def scan(self) -> object:
        """The id of the scan that saw it, if one did."""
        return self.event.scan_id


def told(event: FindingEvent) -> Told:
    """Put one event, loaded with its user and token, into words."""
    who = event.by_user or event.by_token
    name = f"token {event.by_token.name}" if event.by_token else str(who or "")
    return Told(event, said(event), name)


def brief(event: FindingEvent) -> str:
    """Say in one or two words what an event is."""
    return BRIEF.get(FindingEvent.Kind(event.kind), event.kind)


BRIEF = WORDS | {
    FindingEvent.Kind.REOPENED: "Reopened",
    FindingEvent.Kind.CHANGED: "Changed",
    FindingEvent.Kind.NOT_RECHECKED: "Not re-checked",
}


def said(event: FindingEvent) -> str:
    """Say what one event changed, with what its data adds."""
    words = WORDS.get(FindingEvent.Kind(event.kind), event.kind)
    data = event.data if isinstance(event.data, dict) else {}
    more = _more(event.kind, data)
    whole = f"{words}: {more}" if more else words
    if "verification" in data:
        return f"{whole}, when somebody had it checked again"
    return f"{whole}. {_again(data)}" if event.rejudgement_id else whole


def _again(data: dict[str, object]) -> str:
    moment = parse_datetime(str(data.get("taken_at", "")))
    scan = f"the scan of {moment:%-d %B %Y}" if moment else "a stored scan"
    return f"Found by judging {scan} again with newer controls"


def _more(kind: str, data: dict[str, object]) -> str:
    if kind == FindingEvent.Kind.RESOLVED:
        return RESOLUTIONS.get(str(data.get("resolution", "")), "")
    if kind == FindingEvent.Kind.SEVERITY_CHANGED and "from" in data:
        return f"{data['from']} to {data.get('severity', '')}"
    if kind in {FindingEvent.Kind.TICKET_LINKED, FindingEvent.Kind.TICKET_UNLINKED}:
        named = f"{data.get('system', '')} {data.get('key', '')}".strip()
        return f"{named}, {data['status']}" if data.get("status") else named
    return ""
