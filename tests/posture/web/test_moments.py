"""Times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template

from posture.templatetags.moments import age, duration, relative

NOW = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-44), "just now"),
        (timedelta(seconds=44), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(minutes=-50), "1 hour ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(hours=-20), "1 day ago"),
        (timedelta(days=-13), "13 days ago"),
        (timedelta(days=-30), "25 Oct 2026"),
    ],
)
def test_times_are_told_by_their_distance(distance: timedelta, words: str) -> None:
    assert relative(NOW + distance, NOW) == words


def test_the_title_has_the_moment_with_its_zone() -> None:
    with time_machine.travel(NOW, tick=False):
        page = Template("{% load moments %}{% moment at %}").render(
            Context({"at": NOW - timedelta(minutes=2)})
        )
    assert page == (
        '<time datetime="2026-11-24T09:38:00+00:00" title="24 Nov 2026, 09:38 UTC">'
        "2 minutes ago</time>"
    )


def test_what_never_happened_says_so() -> None:
    page = Template('{% load moments %}{% moment at "not yet" %}{% clock at %}{% day at %}')
    assert page.render(Context({"at": None})) == "not yet"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=31), "0:31"),
        (timedelta(seconds=725), "12:05"),
        (3723.4, "1:02:03"),
        (timedelta(seconds=1), "0:01"),
        (timedelta(milliseconds=900), "under 1 s"),
        (timedelta(0), "under 1 s"),
        (timedelta(seconds=-5), "under 1 s"),
        (None, "\u2013"),
    ],
)
def test_spans_are_read_like_a_stop_watch(span: timedelta | float | None, words: str) -> None:
    assert duration(span) == words


@pytest.mark.parametrize(("days", "words"), [(0.5, "new"), (1, "1 d"), (56.9, "56 d")])
def test_the_age_of_a_finding_counts_whole_days(days: float, words: str) -> None:
    with time_machine.travel(NOW, tick=False):
        assert age(NOW - timedelta(days=days)) == words
    assert age(None) == ""
