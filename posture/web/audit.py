"""The audit log: who did what, newest first, by the filters of the URL; and its export."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from posture.access import audit_events_of, scope_of
from posture.audit_export import FORMATS, export_audit
from posture.auditing import ACTIONS
from posture.models import AuditEvent
from posture.models.audit import Wanted
from posture.models.plain import storable
from posture.web.doors import page
from posture.web.paging import page_of

PAGE = 50
NEWEST_FIRST = ("-number",)
LONGEST = 200
DOORS = {"page": "a page", "api": "the API", "command": "a command", "task": "a task"}
NAMES = ("who", "action", "target", "from", "to")


@require_safe
@page("manage")
def audit(request: HttpRequest) -> HttpResponse:
    """List what was done, 50 to a page."""
    said, unknown = _said(request.GET)
    after = request.GET.get("after", "")
    rows = wanted(said).among(audit_events_of(scope_of(request)))
    listed = page_of(rows, NEWEST_FIRST, PAGE, after)
    query = urlencode(said)
    way = f"?{query}&" if query else "?"
    context = {
        "place": "audit",
        "events": [_row(event) for event in listed.rows],
        "said": said,
        "unknown": unknown,
        "texts": (("who", "Who"), ("target", "What it was done to")),
        "days": (("from", "From"), ("to", "To")),
        "actions": [(name, name == said.get("action")) for name in ACTIONS],
        "formats": list(FORMATS),
        "pager": {
            "words": "Newest first",
            "first": way[:-1] or "?" if after else "",
            "next": f"{way}after={listed.after}" if listed.after else "",
        },
    }
    return render(request, "settings/audit.html", context)


@require_POST
@page("manage")
def export(request: HttpRequest) -> HttpResponse:
    """Give exactly the filtered list as a file, oldest first; that is an event, too."""
    scope = scope_of(request)
    said, unknown = _said(request.POST)
    form = request.POST.get("format", "")
    if form not in FORMATS or unknown:
        raise BadRequest
    pieces = export_audit(
        organisation=scope.organisation.pk,
        by=scope.user,
        wanted=wanted(said),
        said=said,
        form=form,
    )
    response = StreamingHttpResponse(pieces, content_type=FORMATS[form])
    response["Content-Disposition"] = f'attachment; filename="audit-log.{form}"'
    return cast(HttpResponse, response)  # streams, but has headers and a status like any other


def _said(query: QueryDict) -> tuple[dict[str, str], list[str]]:
    """The filters as they came, cut to a length, without those that name no day or action of ours."""
    given = {name: storable(query.get(name, "").strip())[:LONGEST] for name in NAMES}
    kept = {name: text for name, text in given.items() if text}
    unknown: list[str] = [
        name for name in ("from", "to") if name in kept and _day(kept[name]) is None
    ]
    if kept.get("action", "token.issued") not in ACTIONS:
        unknown.append("action")
    return {name: text for name, text in kept.items() if name not in unknown}, unknown


def wanted(said: Mapping[str, str]) -> Wanted:
    """Read the filters of a page: days are of UTC, and the last one counts."""
    begin, last = _day(said.get("from", "")), _day(said.get("to", ""))
    return Wanted(
        who=said.get("who", ""),
        action=said.get("action", ""),
        target=said.get("target", ""),
        begin=begin,
        end=last + dt.timedelta(days=1) if last is not None else None,
    )


def _day(text: str) -> dt.datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None or not 1970 <= day.year <= 9000:  # noqa: PLR2004 - what databases and pages take
        return None
    return dt.datetime.combine(day, dt.time.min, tzinfo=dt.UTC)


def _row(event: AuditEvent) -> dict[str, Any]:
    names = sorted({*event.before, *event.after})
    return {
        "event": event,
        "words": ACTIONS.get(event.action, event.action),
        "door": DOORS.get(event.door, event.door),
        "changes": [
            {
                "name": name.replace("_", " "),
                "before": _words(event.before[name]) if name in event.before else None,
                "after": _words(event.after[name]) if name in event.after else None,
            }
            for name in names
        ],
    }


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    return value or "nothing" if isinstance(value, str) else json.dumps(value)
