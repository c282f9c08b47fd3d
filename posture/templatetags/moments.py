"""Times for people: relative in the text, absolute with the zone in the title."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEAR = 45
DAYS_IN_WORDS = 14


@register.simple_tag
def moment(at: dt.datetime | None, otherwise: str = "never") -> SafeString | str:
    """Print a time element: "2 minutes ago", and "24 Nov 2026, 09:40 UTC" as its title."""
    if at is None:
        return otherwise
    return _element(at, relative(at, timezone.now()))


@register.simple_tag
def clock(at: dt.datetime | None, otherwise: str = "") -> SafeString | str:
    """Print a time element with day and time: "24 Nov 2026, 09:40 UTC"."""
    return otherwise if at is None else _element(at, absolute(at))


@register.simple_tag
def day(at: dt.datetime | None, otherwise: str = "") -> SafeString | str:
    """Print a time element with the day only: "24 Nov 2026"."""
    return otherwise if at is None else _element(at, plain_day(at))


def _element(at: dt.datetime, text: str) -> SafeString:
    here = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        here.isoformat(timespec="seconds"),
        _absolute(here),
        text,
    )


def absolute(at: dt.datetime) -> str:
    """Say day, time and zone: "24 Nov 2026, 09:40 UTC"."""
    return _absolute(timezone.localtime(at))


def _absolute(here: dt.datetime) -> str:
    return f"{here.day} {here:%b %Y, %H:%M %Z}"


def plain_day(at: dt.datetime) -> str:
    """Say the day: "24 Nov 2026"."""
    here = timezone.localtime(at)
    return f"{here.day} {here:%b %Y}"


def relative(at: dt.datetime, now: dt.datetime) -> str:
    """Say how far `at` is from `now` ("just now", "2 minutes ago", "in 5 hours"), then the day."""
    seconds = (at - now).total_seconds()
    distance = abs(seconds)
    if distance < NEAR:
        return "just now" if seconds <= 0 else "in a moment"
    if distance >= DAYS_IN_WORDS * DAY:
        return plain_day(at)
    size, name = next(unit for unit in UNITS if distance >= unit[0] * 0.75)
    count = max(1, round(distance / size))
    words = f"{count} {name}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds < 0 else f"in {words}"


UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))


@register.filter
def duration(span: dt.timedelta | float | None) -> str:
    """Give a span (timedelta or seconds) as 0:31, 12:05 or 1:02:03, "under 1 s"; a dash for none."""
    if span is None:
        return "\u2013"
    seconds = span.total_seconds() if isinstance(span, dt.timedelta) else span
    if seconds < 1:
        return "under 1 s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def age(since: dt.datetime | None) -> str:
    """Give the age of a finding in whole days: "new" on the first day, then "56 d"."""
    if since is None:
        return ""
    days = (timezone.now() - since).days
    return "new" if days < 1 else f"{days} d"
