"""A report as text for a terminal: names from the account cannot move the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import fill

from scanner.control import Outcome
from scanner.report.report import Report
from scanner.score import Part
from scanner.vocabulary import Severity, Status

WIDTH = 100


def to_text(report: Report) -> str:
    """Give score, topics, what fails and why, and what could not be assessed."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    snapshot = report.snapshot
    yield f"Account {snapshot.account.id}, seen {snapshot.now:%Y-%m-%d %H:%M} UTC"
    yield f"Score {_score(report.score.total)}"
    yield ""
    for topic in snapshot.topics:
        part = report.score.topics.get(topic)
        yield f"  {topic.title:26}{_score(part) if part else 'not judged'}{_open(part)}"
    yield from _section("Failing", _failing(report.outcomes))
    yield from _section("Not assessed", _not_assessed(report.outcomes))
    manual = sum(one.status is Status.MANUAL for one in report.outcomes)
    if manual:
        yield ""
        yield f"{manual} item{'s' if manual > 1 else ''} for you to confirm."
    yield ""
    yield f"{report.calls.total} calls, {sum(report.seconds.values()):.1f} s, {report.engine}"


def _score(part: Part) -> str:
    if not part.applicable:
        return "not applicable"
    if part.value is None:
        return "none: nothing could be assessed"
    value = str(part.value) if part.low == part.value else f"{part.value} ({part.low}-{part.value})"
    return f"{value}, {part.coverage} % seen"


def _open(part: Part | None) -> str:
    counts = [f"{part.open[one]} {one}" for one in Severity if part.open.get(one)] if part else []
    return f": {', '.join(counts)}" if counts else ""


def _section(title: str, blocks: Iterable[str]) -> Iterator[str]:
    found = list(blocks)
    if found:
        yield ""
        yield f"{title} ({len(found)})"
        yield from found


def _failing(outcomes: Iterable[Outcome]) -> Iterator[str]:
    failing = [one for one in outcomes if one.status is Status.FAIL]
    for one in sorted(failing, key=lambda one: (one.severity.rank, one.control, one.resource)):
        head = f"  {one.severity:8} {one.control:9} {visible(one.resource)}"
        yield f"{head}\n{_indented(one.reason)}"


def _not_assessed(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for one in outcomes:
        if one.status is Status.NOT_ASSESSED:
            needs = f" Allow {one.missing_action}." if one.missing_action else ""
            yield f"  {one.control:9} {visible(one.resource)}\n{_indented(one.reason + needs)}"


def _indented(text: str) -> str:
    margin = " " * 11
    return fill(
        visible(text), WIDTH, initial_indent=margin, subsequent_indent=margin,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def visible(text: str) -> str:
    """The text with everything that is not printable as an escape."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
