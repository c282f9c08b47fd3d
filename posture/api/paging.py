"""Cursor paging: stable while rows change, at most 200 a page."""

from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination

from posture.api.moments import in_utc

FURTHEST = 1_000_000
"""Rows that may share a moment: a scan changes all findings of an account at the same one."""


class Paging(CursorPagination):
    """Pages of `results` with `next` and `previous`; `page_size` up to 200."""

    page_size = 50
    max_page_size = 200
    offset_cutoff = FURTHEST + 1  # at the usual 1000 the same page would come for ever
    page_size_query_param = "page_size"
    page_size_query_description = "Rows a page, 200 at most."
    cursor_query_description = "Taken from `next` or `previous`; means nothing by itself."
    ordering = ("-created_at", "id")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Give the page; a cursor that is none of ours is a bad parameter, not a missing page."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as invented:
            text = "This cursor is not one of ours; take it from `next` or `previous`."
            raise ValidationError({"cursor": [ErrorDetail(text, "cursor")]}) from invented

    def decode_cursor(self, request: Any) -> Cursor | None:
        """Give the cursor; NotFound unless it holds what we put in: a moment, and a near offset."""
        cursor = super().decode_cursor(request)
        if cursor is None:
            return None
        if cursor.offset > FURTHEST:
            raise NotFound
        if cursor.position is None:
            return cursor
        return Cursor(
            cursor.offset,
            cursor.reverse,
            _moment(str(cursor.position)),  # type: ignore[arg-type] # the stubs say int
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page in the words of OpenAPI 3.1, where null is a type."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": dict(link), "results": schema},
        }


def _moment(text: str) -> str:
    """Every order begins with a moment; give it in UTC, or raise NotFound."""
    try:
        moment = parse_datetime(text)
        in_reach = in_utc(moment) if moment else None
    except ValueError:
        in_reach = None
    if in_reach is None:
        raise NotFound
    return str(in_reach)


class NewestFirst(Paging):
    """For rows that have happened at a moment."""

    ordering = ("-at", "id")


class ByQueueing(Paging):
    """For scans: the newest first."""

    ordering = ("-queued_at", "id")


class ByChange(Paging):
    """For findings: what changed last comes first."""

    ordering = ("-last_changed", "id")
