"""Charts drawn on the server as SVG, each with a text and a table behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeVar

from django import template
from django.utils import timezone

from posture.templatetags.moments import absolute, plain_day

register = template.Library()

WIDTH = 720.0
HEIGHT = 144.0
SPARK_WIDTH = 80.0
SPARK_HEIGHT = 20.0
BEST = 100
STEP = 20
POINTS_AT_MOST = 240
ROWS_AT_MOST = 30
LABELS = 4


class Point(Protocol):
    """One score in time; score and low are None when nothing could be assessed."""

    @property
    def at(self) -> dt.datetime: ...
    @property
    def score(self) -> int | None: ...
    @property
    def low(self) -> int | None: ...


P = TypeVar("P", bound=Point)


@dataclass(frozen=True, slots=True)
class Step:
    """A score that held from x to the next x, in the coordinates of the drawing."""

    start: float
    end: float
    score: float
    low: float


@dataclass(frozen=True, slots=True)
class Frame:
    """The time that a drawing shows, and its size; scores always run from 0 to 100."""

    first: dt.datetime
    last: dt.datetime
    width: float
    height: float

    def x(self, at: dt.datetime) -> float:
        """Place a time from left to right."""
        span = (self.last - self.first).total_seconds()
        share = (at - self.first).total_seconds() / span if span else 1.0
        return round(self.width * min(1.0, max(0.0, share)), 1)

    def y(self, score: float) -> float:
        """Place a score from top (100) to bottom (0)."""
        return round(self.height * (BEST - score) / BEST, 1)


@register.inclusion_tag("parts/score_chart.html")
def score_chart(points: Sequence[Point], days: int = 90) -> dict[str, object]:
    """Draw the score as a stepped line with hatching down to the lower bound.

    `points` are ordered by time; the drawing ends now and starts at most `days` before.
    """
    known = thinned(points)
    if not known:
        return {"known": ()}
    now = timezone.now()
    frame = _framed(known, now, days)
    runs = runs_of(known, frame)
    return {
        "known": known,
        "span": _span(frame),
        "runs": [{"line": _line(run), "edge": _edge(run), "area": _area(run)} for run in runs],
        "end": (runs[-1][-1].end, runs[-1][-1].score) if runs else None,
        "grid": [(score, frame.y(score)) for score in range(BEST, 0, -STEP)],
        "width": WIDTH,
        "height": HEIGHT,
        "labels": _labels(frame),
        "text": told(known),
        "rows": changes(known)[:ROWS_AT_MOST],
    }


@register.inclusion_tag("parts/sparkline.html")
def sparkline(points: Sequence[Point]) -> dict[str, object]:
    """Draw the score of one account in the height of a line of text."""
    known = thinned(points)
    if not known:
        return {"runs": ()}
    now = max(timezone.now(), known[-1].at)
    frame = Frame(known[0].at, now, SPARK_WIDTH, SPARK_HEIGHT)
    runs = runs_of(known, frame)
    return {
        "runs": [_line(run) for run in runs],
        "end": (runs[-1][-1].end, runs[-1][-1].score) if runs else None,
        "text": told(known),
        "width": SPARK_WIDTH,
        "height": SPARK_HEIGHT,
    }


@register.inclusion_tag("parts/score_bar.html")
def score_bar(score: int | None, low: int | None = None) -> dict[str, object]:
    """Draw one score as a bar: solid is kept, hatched is not seen, empty is lost."""
    if score is None:
        return {"score": None}
    kept = score if low is None else min(low, score)
    return {"score": score, "kept": kept, "unseen": score - kept}


def thinned(points: Sequence[P]) -> list[P]:
    """Leave out points that repeat the one before, and most of them when there are too many."""
    kept = [
        point
        for before, point in pairwise((None, *points))
        if point is not None
        and (before is None or (before.score, before.low) != (point.score, point.low))
    ]
    if len(kept) <= POINTS_AT_MOST:
        return kept
    every = -(-len(kept) // POINTS_AT_MOST)
    return [*kept[:-1:every], kept[-1]]


def _low(point: Point) -> int:
    score = point.score or 0
    return score if point.low is None else min(point.low, score)


def _framed(points: Sequence[Point], now: dt.datetime, days: int) -> Frame:
    last = max(now, points[-1].at)
    first = max(points[0].at, last - dt.timedelta(days=days))
    return Frame(first, last, WIDTH, HEIGHT)


def runs_of(points: Sequence[Point], frame: Frame) -> list[list[Step]]:
    """Give the steps, in runs without a gap; a point without a score ends a run."""
    runs: list[list[Step]] = [[]]
    ends = [*(point.at for point in points[1:]), frame.last]
    for point, end in zip(points, ends, strict=True):
        if point.score is None:
            runs.append([])
        else:
            step = Step(frame.x(point.at), frame.x(end), frame.y(point.score), frame.y(_low(point)))
            runs[-1].append(step)
    return [run for run in runs if run]


def _line(run: Sequence[Step]) -> str:
    return " ".join(f"{one.start},{one.score} {one.end},{one.score}" for one in run)


def _edge(run: Sequence[Step]) -> str:
    return " ".join(f"{one.start},{one.low} {one.end},{one.low}" for one in run)


def _area(run: Sequence[Step]) -> str:
    back = " ".join(f"{one.end},{one.low} {one.start},{one.low}" for one in reversed(run))
    return f"{_line(run)} {back}"


def _span(frame: Frame) -> str:
    """Say how much time is drawn: whole days, or since when it is less than two."""
    days = (frame.last - frame.first).days
    return f"Score over {days} days" if days > 1 else f"Score since {absolute(frame.first)}"


def _labels(frame: Frame) -> list[str]:
    span = frame.last - frame.first
    if span < dt.timedelta(days=LABELS):
        first = timezone.localtime(frame.first)
        return [f"{first.day} {first:%b, %H:%M}", "now"]
    days = [timezone.localtime(frame.first + span * part / LABELS) for part in range(LABELS)]
    return [*(f"{one.day} {one:%b}" for one in days), "today"]


def told(points: Sequence[Point]) -> str:
    """Say in words what the line shows."""
    scored = [point for point in points if point.score is not None]
    if not scored:
        return "Nothing could be assessed yet, so there is no score."
    first, last = scored[0], scored[-1]
    if len(scored) == 1:
        return f"The score is {_figure(last)} since {plain_day(last.at)}."
    scores = [point.score for point in scored if point.score is not None]
    return (
        f"The score went from {_figure(first)} on {plain_day(first.at)} to {_figure(last)} on"
        f" {plain_day(last.at)}, between {min(scores)} and {max(scores)} on the way."
    )


def _figure(point: Point) -> str:
    low = _low(point)
    return f"{point.score}" if low == point.score else f"{point.score} (at least {low})"


def changes(points: Sequence[P]) -> list[P]:
    """Give the points newest first, one a row of the table behind the chart."""
    return list(reversed(points))
