"""The score drawn over time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.template import Context, Template

from posture.templatetags.charts import POINTS_AT_MOST, Frame, runs_of, thinned, told

NOW = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)


@dataclass
class At:
    """A score so many days ago."""

    days: float
    score: int | None
    low: int | None = None

    @property
    def at(self) -> datetime:
        return NOW - timedelta(days=self.days)


def drawn(template: str, points: list[At]) -> str:
    with time_machine.travel(NOW, tick=False):
        return Template("{% load charts %}" + template).render(Context({"points": points}))


def test_a_score_holds_until_the_next_one() -> None:
    frame = Frame(NOW - timedelta(days=10), NOW, 100.0, 100.0)
    (run,) = runs_of([At(10, 60, 40), At(5, 80, 80)], frame)
    assert [(one.start, one.end, one.score, one.low) for one in run] == [
        (0.0, 50.0, 40.0, 60.0),
        (50.0, 100.0, 20.0, 20.0),
    ]


def test_a_scan_that_could_assess_nothing_leaves_a_gap() -> None:
    frame = Frame(NOW - timedelta(days=3), NOW, 300.0, 100.0)
    runs = runs_of([At(3, 60), At(2, None), At(1, 70)], frame)
    assert [(run[0].start, run[-1].end) for run in runs] == [(0.0, 100.0), (200.0, 300.0)]


def test_the_bound_never_lies_above_the_score() -> None:
    frame = Frame(NOW - timedelta(days=1), NOW, 100.0, 100.0)
    (run,) = runs_of([At(1, 60, 90)], frame)
    assert run[0].low == run[0].score


def test_points_that_repeat_are_left_out() -> None:
    assert [one.days for one in thinned([At(3, 60), At(2, 60), At(1, 61)])] == [3, 1]


def test_many_points_are_thinned_and_the_last_one_stays() -> None:
    points = [At(2_000 - day, day % 100) for day in range(2_000)]
    kept = thinned(points)
    assert len(kept) <= POINTS_AT_MOST + 1
    assert kept[-1] is points[-1]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([At(1, None)], "Nothing could be assessed yet, so there is no score."),
        ([At(1, 81, 64)], "The score is 81 (at least 64) since 23 Nov 2026."),
        (
            [At(2, 64), At(1, 81)],
            "The score went from 64 on 22 Nov 2026 to 81 on 23 Nov 2026, between 64 and 81 on the way.",
        ),
    ],
)
def test_the_chart_is_told_in_words(points: list[At], words: str) -> None:
    assert told(points) == words


def test_the_chart_has_a_text_and_a_table_behind_it() -> None:
    page = drawn("{% score_chart points %}", [At(10, 64, 41), At(1, 81, 64)])
    assert 'role="img" aria-label="The score went from 64 (at least 41)' in page
    assert page.count('<td class="number">81</td><td class="number">64\u201381</td>') == 1
    assert 'class="hatch"' in page


def test_without_a_scan_there_is_a_sentence_instead_of_a_chart() -> None:
    assert "The line begins with the first scan." in drawn("{% score_chart points %}", [])
    assert drawn("{% sparkline points %}", []).strip() == ""


def test_one_scan_just_now_is_a_line_with_an_end() -> None:
    assert "chart-end" in drawn("{% score_chart points %}", [At(0, 50)])


def test_the_bar_hatches_what_was_not_seen() -> None:
    page = Template("{% load charts %}{% score_bar 83 76 %}").render(Context())
    assert 'aria-label="Score 83, could be as low as 76"' in page
    assert '<rect class="bar-fill" width="76%"' in page
    assert '<rect class="hatch" x="76%" width="7%"' in page


def test_a_bar_without_a_score_is_no_empty_bar() -> None:
    page = Template("{% load charts %}{% score_bar None %}").render(Context())
    assert 'aria-label="No score"' in page
    assert "bar-fill" not in page


def test_the_axis_begins_at_zero_however_high_the_scores() -> None:
    page = drawn("{% score_chart points %}", [At(10, 90), At(1, 95)])
    axis = page.partition('class="chart-y"')[2].partition("</div>")[0]
    assert re.findall(r"<span>(\d+)</span>", axis) == ["100", "80", "60", "40", "20", "0"]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (10, "Score over 10 days"),
        (1, "Score since 23 Nov 2026, "),
        (0.01, "Score since 24 Nov 2026, "),
    ],
)
def test_the_chart_says_how_much_time_it_covers(days: float, words: str) -> None:
    assert words in drawn("{% score_chart points %}", [At(days, 50)])
