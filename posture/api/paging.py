"""Cursor paging: stable while rows change, at most 200 a page."""

from rest_framework.pagination import CursorPagination


class Paging(CursorPagination):
    """Pages of `results` with `next` and `previous`; `page_size` up to 200."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    page_size_query_description = "Rows a page, 200 at most."
    cursor_query_description = "Taken from `next` or `previous`; means nothing by itself."
    ordering = ("-created_at", "id")


class NewestFirst(Paging):
    """For rows that have happened at a moment."""

    ordering = ("-at", "id")


class ByQueueing(Paging):
    """For scans: the newest first."""

    ordering = ("-queued_at", "id")


class ByChange(Paging):
    """For findings: what changed last comes first."""

    ordering = ("-last_changed", "id")
