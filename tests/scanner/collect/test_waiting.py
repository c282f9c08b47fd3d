"""Who waits for a service's facts hears of them, or of what ended it."""

from __future__ import annotations

import threading

import pytest

from scanner.aws import Stopped
from scanner.collect.waiting import Findings


def test_facts_that_were_told_are_there() -> None:
    found = Findings(["iam", "sqs"])
    found.tell("iam", 1)
    found.tell("sqs", 2)
    assert (found.of("iam"), found.everything()) == (1, {"iam": 1, "sqs": 2})


def test_who_asks_before_waits() -> None:
    found = Findings(["iam"])
    heard: list[object] = []
    waiting = threading.Thread(target=lambda: heard.append(found.of("iam")))
    waiting.start()
    assert heard == []
    found.tell("iam", 1)
    waiting.join(10)
    assert heard == [1]


def test_what_ends_a_service_ends_who_waits_for_it() -> None:
    found = Findings(["iam"])
    part = found.first("iam", str)
    found.end("iam", Stopped())
    with pytest.raises(Stopped):
        found.of("iam")
    with pytest.raises(Stopped):
        part.result(0)


def test_a_part_is_there_with_the_whole_at_the_latest() -> None:
    found = Findings(["iam"])
    part = found.first("iam", lambda facts: facts + 1)
    assert not part.done()
    found.tell("iam", 1)
    assert part.result(0) == 2


def test_a_part_that_was_told_before_stays() -> None:
    found = Findings(["iam"])
    part = found.first("iam", lambda facts: facts + 1)
    part.set_result(7)
    found.tell("iam", 1)
    assert (part.result(0), found.of("iam")) == (7, 1)
