"""Moments as programs send them: PostgreSQL takes fewer than ISO 8601 can spell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField


def in_utc(moment: datetime) -> datetime:
    """Return an aware moment in UTC, because PostgreSQL refuses offsets of 16 hours and more.

    Raises ValueError for one without an offset, and for one that UTC puts outside the years 1 to 9999.
    """
    if moment.tzinfo is None:
        message = "a moment without an offset"
        raise ValueError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


class MomentField(IsoDateTimeField):
    """A form field that gives UTC."""

    def clean(self, value: Any) -> datetime | None:
        """Give the moment; raises ValidationError for one that no clock will show."""
        moment = super().clean(value)
        try:
            return in_utc(moment) if moment else None
        except ValueError:
            message = "Give a moment between the years 1 and 9999, in UTC."
            raise ValidationError(message, "moment") from None


class Moment(filters.IsoDateTimeFilter):
    """Filters by a moment in ISO 8601."""

    field_class = MomentField
