"""A report says what was seen and what was not, as JSON for tools and as text for people."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from scanner.facts.codec import load
from scanner.report import ENGINE, Report, Tally, to_dict, to_json, to_text
from scanner.scan import judged
from scanner.vocabulary import Status, Topic
from tests.builders import a_snapshot, an_arn, denied
from tests.builders_resources import a_queue, a_subscription
from tests.documents import allow

OPEN = allow("sqs:*", to="*", sid="\x1b[2Jopen\nwide\u202e")
REFUSED = denied("sns:ListSubscriptions", "us-east-1")


def a_report(**changes: object) -> Report:
    queues = (a_queue("orders", policy=OPEN),)
    facts = {"queues": queues, "subscriptions": (a_subscription("orders"),), **changes}
    return judged(a_snapshot(topics=[Topic.SQS], **facts), calls=Tally({"sqs:ListQueues": 2}, 1, 3))  # type: ignore[arg-type] # each test names its facts


def test_the_json_has_the_contract_of_outside_tools() -> None:
    report = json.loads(to_json(a_report()))
    assert (report["account"], report["engine"]) == ("111122223333", ENGINE)
    assert report["taken_at"] == "2026-11-24T08:40:00+00:00"
    assert set(report["score"]) >= {"value", "low", "coverage", "topics"}
    assert set(report["score"]["topics"]) == {"sqs"}
    assert report["calls"] == {
        "total": 2, "by_action": {"sqs:ListQueues": 2}, "denied": 1, "throttled": 3,
    }  # fmt: skip
    (open_queue,) = [
        one
        for one in report["outcomes"]
        if one["status"] == "fail" and one["severity"] == "critical"
    ]
    assert (open_queue["control"], open_queue["topic"]) == ("SQS-03", "sqs")
    assert open_queue["evidence"][0]["kind"] == "excerpt"
    assert open_queue["evidence"][0]["faults"]


@pytest.mark.parametrize("outcomes", [0, 1, None])
def test_the_pieces_are_the_whole_report_indented(outcomes: int | None) -> None:
    report = a_report(subscriptions=REFUSED)
    report = replace(report, outcomes=report.outcomes[:outcomes])
    assert to_json(report) == json.dumps(to_dict(report), indent=2)


def test_what_was_refused_is_listed_and_named_by_its_outcomes() -> None:
    report = to_dict(a_report(subscriptions=REFUSED))
    assert report["unobserved"] == [
        {
            "action": "sns:ListSubscriptions",
            "region": "us-east-1",
            "error": "AccessDenied",
            "detail": "",
        }
    ]
    blind = [one for one in report["outcomes"] if one["status"] == "not_assessed"]
    assert {one["missing_action"] for one in blind} == {"sns:ListSubscriptions"}


def test_the_document_is_the_snapshot() -> None:
    report = a_report()
    assert load(report.document).now == report.snapshot.now


def test_the_text_says_score_failures_and_gaps() -> None:
    text = to_text(a_report(subscriptions=REFUSED))
    assert "Account 111122223333, seen 2026-11-24 08:40 UTC" in text
    assert re.search(r"^Not assessed \(\d+\)$", text, re.MULTILINE)
    assert "Allow sns:ListSubscriptions." in " ".join(text.split())


def test_a_bound_below_the_score_is_shown_as_a_range() -> None:
    queues = (a_queue("a"), a_queue("b", refused=denied("sqs:GetQueueAttributes")))
    report = a_report(queues=queues, subscriptions=(a_subscription("a"), a_subscription("b")))
    low, value = report.score.low, report.score.value
    assert low is not None
    assert value is not None
    assert low < value
    assert f"Score {value} ({low}-{value})" in to_text(report)


def test_nothing_assessed_is_no_score() -> None:
    text = to_text(a_report(queues=denied("sqs:ListQueues"), subscriptions=REFUSED))
    assert "Score none: nothing could be assessed" in text


def test_names_from_the_account_cannot_move_the_cursor() -> None:
    text = to_text(a_report())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2Jopen\\nwide\\u202e" in text


def test_many_items_to_confirm_are_counted() -> None:
    report = a_report()
    first, second, *_ = (one for one in report.outcomes if one.status is not Status.MANUAL)
    assert "for you to confirm" not in to_text(replace(report, outcomes=(first, second)))
    waiting = tuple(replace(one, status=Status.MANUAL) for one in (first, second))
    assert "2 items for you to confirm." in to_text(replace(report, outcomes=waiting))


@pytest.mark.parametrize("name", [an_arn("user", "a" * 5_000), "\ud800", "\x00"])
def test_any_name_can_be_written(name: str) -> None:
    report = a_report()
    odd = replace(report, outcomes=(replace(report.outcomes[0], resource=name, name=name),))
    assert json.loads(to_json(odd))["outcomes"][0]["resource"] == name
    to_text(odd).encode()
