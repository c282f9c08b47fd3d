"""Pages by key: the last row of a page says where the next begins, however long the list is."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime

from posture.models.plain import storable

Row = TypeVar("Row", bound=Model)

COUNTED_AT_MOST = 1_000
LARGEST = 2**15
LARGEST_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, and the cursor of the next; empty when this is the last."""

    rows: list[Row]
    after: str


def page_of(rows: QuerySet[Row], order: Sequence[str], size: int, after: str) -> Page[Row]:
    """Give up to `size` rows in an order of field names ("-" for descending) that ends in a key.

    `after` is the cursor of the page before, as it came in a URL; one that is damaged, or was made
    for another order, begins at the first page.
    """
    start = _read(rows, order, after)
    found = rows.order_by(*order)
    if start is not None:
        found = found.filter(_beyond(order, start))
    taken = list(found[: size + 1])
    more = len(taken) > size
    kept = taken[:size]
    return Page(kept, _cursor(kept[-1], order) if more else "")


def _beyond(order: Sequence[str], start: Sequence[Any]) -> Q:
    """Rows after `start`; the bound on the first column alone lets an index begin there."""
    beyond = Q(pk__in=())
    equal = Q()
    for name, value in zip(order, start, strict=True):
        beyond |= equal & _compared(name, value, "lt", "gt")
        equal &= Q(**{name.lstrip("-"): value})
    return _compared(order[0], start[0], "lte", "gte") & beyond


def _compared(name: str, value: Any, descending: str, ascending: str) -> Q:
    operator = descending if name.startswith("-") else ascending
    return Q(**{f"{name.lstrip('-')}__{operator}": value})


def _cursor(row: Model, order: Sequence[str]) -> str:
    values = [[name, _text(getattr(row, name.lstrip("-")))] for name in order]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _text(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _read(rows: QuerySet[Row], order: Sequence[str], after: str) -> list[Any] | None:
    """Give the values of a cursor; None when there is none or it is not one of this order."""
    try:
        padded = after + "=" * (-len(after) % 4)
        pairs = json.loads(base64.urlsafe_b64decode(padded)) if after else None
        if pairs is None or [name for name, _ in pairs] != list(order):
            return None
        return [_value(_kind(rows, name.lstrip("-")), text) for name, text in pairs]
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _kind(rows: QuerySet[Row], name: str) -> str:
    annotated = rows.query.annotations.get(name)
    field = annotated.output_field if annotated else rows.model._meta.get_field(name)
    return str(field.get_internal_type())


def _value(kind: str, text: Any) -> Any:
    """Give what stood in the column; raises ValueError for what cannot have stood there."""
    if isinstance(text, str) and storable(text) == text:
        if kind == "UUIDField":
            return uuid.UUID(text)
        if kind == "DateTimeField":
            return _moment(text)
        if kind in {"TextField", "CharField"}:
            return text
    largest = LARGEST_NUMBER if kind == "PositiveBigIntegerField" else LARGEST
    if kind.endswith("IntegerField") and type(text) is int and 0 <= text < largest:
        return text
    raise ValueError(kind)


def _moment(text: str) -> dt.datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(dt.UTC)  # PostgreSQL refuses offsets of 16 hours and more


def counted(rows: QuerySet[Row]) -> tuple[int, str]:
    """Count rows, but no further than a reader cares: the number, and how to say it."""
    count = rows.order_by()[: COUNTED_AT_MOST + 1].count()
    if count > COUNTED_AT_MOST:
        return COUNTED_AT_MOST, f"more than {COUNTED_AT_MOST:,}"
    return count, f"{count}"
