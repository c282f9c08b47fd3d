"""The audit log as a file: exactly what was asked for, in constant memory, safe in spreadsheets."""

import csv
import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping

from posture.auditing import record
from posture.models import ApiToken, AuditEvent, User
from posture.models.audit import Wanted
from posture.models.tenancy import within

AT_A_TIME = 500
FORMATS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
}
"""The formats, and what they are called over HTTP."""

COLUMNS = (
    "number",
    "at",
    "actor_kind",
    "actor_id",
    "actor_label",
    "action",
    "target_kind",
    "target_id",
    "target_label",
    "before",
    "after",
    "address",
    "request_id",
    "door",
    "id",
    "previous_hash",
    "hash",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def export_audit(
    *,
    organisation: uuid.UUID,
    by: User | ApiToken | None,
    wanted: Wanted,
    said: Mapping[str, str],
    form: str,
) -> Iterator[str]:
    """Record the export, `within` the organisation, and return the pieces of the file.

    The pieces are read after the transaction of the record, in short ones of their own: the list is
    what it was before the export, oldest first. `said` are the filters in words, for the event.
    """
    told = {"format": form, **said}
    own = record(organisation=organisation, by=by, action="audit.exported", after=told)
    return _pieces(organisation, wanted, own.number, WRITERS[form])


def _pieces(
    organisation: uuid.UUID, wanted: Wanted, end: int, write: Callable[[list[AuditEvent]], str]
) -> Iterator[str]:
    yield write([])
    last = 0
    while True:
        with within(organisation):
            rows = wanted.among(
                AuditEvent.objects.filter(
                    organisation=organisation, number__gt=last, number__lt=end
                )
            )
            batch = list(rows.order_by("number")[:AT_A_TIME])
        if not batch:
            return
        last = batch[-1].number
        yield write(batch)


def _csv(events: list[AuditEvent]) -> str:
    """Lines of the events; the line of names where there are none."""
    text = io.StringIO()
    lines = csv.writer(text)
    if not events:
        lines.writerow(COLUMNS)
    for event in events:
        lines.writerow([_cell(value) for value in _told(event).values()])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


def _ndjson(events: list[AuditEvent]) -> str:
    return "".join(f"{json.dumps(_told(event))}\n" for event in events)


def _told(event: AuditEvent) -> dict[str, object]:
    return {name: _plain(getattr(event, name)) for name in COLUMNS}


def _plain(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    written = getattr(value, "isoformat", None)
    return written() if written is not None else value


WRITERS: Mapping[str, Callable[[list[AuditEvent]], str]] = {"csv": _csv, "ndjson": _ndjson}
