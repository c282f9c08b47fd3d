"""A scan reads what its topics need, beside each other, and survives a collector that breaks."""

from __future__ import annotations

import pytest

from scanner.aws import CannotReach, Kind, Stopped, Trouble
from scanner.collect import plan
from scanner.collect.plan import (
    ACTIONS,
    ALL_ACTIONS,
    KINDS,
    Plan,
    actions_for,
    collect,
    services_for,
)
from scanner.collect.progress import Picture, Progress
from scanner.controls import every_control
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ, unread
from scanner.vocabulary import Unobserved
from tests.builders import NOW
from tests.fakes import DENIED, FakeAws, Reply

MESSAGES: dict[str, Reply] = {
    "sns:ListSubscriptions": {"Subscriptions": []},
    "events:ListRules": {"Rules": []},
    "sqs:ListQueues": {"QueueUrls": []},
}


def a_plan(*services: str) -> Plan:
    return Plan(services_for(services), Profile(), NOW)


def quietly(picture: Picture) -> None:
    """Nobody watches."""


def test_every_service_of_the_snapshot_can_be_read() -> None:
    own = {"account", "now", "profile", "topics", "scan_role"}
    fields = set(Snapshot.__dataclass_fields__) - own
    assert set(KINDS) == set(ACTIONS) == fields


def test_every_service_that_a_control_reads_can_be_collected() -> None:
    read = {name for control in every_control() for name in control.services}
    assert read <= KINDS.keys()


def test_queues_bring_along_what_names_them() -> None:
    assert services_for(["sqs"]) == {"sqs", "sns", "events"}


def test_actions_are_those_of_the_services() -> None:
    assert actions_for(["sns", "events"]) == (
        "events:ListRules", "events:ListTargetsByRule", "sns:ListSubscriptions",
    )  # fmt: skip
    assert set(ALL_ACTIONS) == {action for actions in ACTIONS.values() for action in actions}


def test_services_that_nobody_asked_for_stay_unread() -> None:
    aws = FakeAws(MESSAGES)
    facts = collect(aws, a_plan("sns"), Progress(quietly))
    assert aws.times() == {"sns:ListSubscriptions": 1}
    assert facts["iam"] == unread(KINDS["iam"])
    assert facts["iam"].users == NOT_READ


def test_a_collector_that_breaks_is_a_gap_and_the_others_are_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(region: str, params: object) -> dict[str, object]:
        raise ZeroDivisionError

    aws = FakeAws({**MESSAGES, "sns:ListSubscriptions": broken})
    facts = collect(aws, a_plan("sqs"), Progress(quietly))
    gap = facts["sns"].subscriptions
    assert isinstance(gap, Unobserved)
    assert gap.error == plan.BROKEN
    assert facts["events"].rules == ()
    assert "ZeroDivisionError" in caplog.text


def test_a_scan_that_is_stopped_stops() -> None:
    with pytest.raises(Stopped):
        collect(FakeAws(MESSAGES, stop=lambda: True), a_plan("sqs", "sns"), Progress(quietly))


def test_an_account_that_cannot_be_reached_any_more_ends_the_scan() -> None:
    expired = Trouble("ExpiredToken", Kind.EXPIRED)
    replies: dict[str, Reply] = dict.fromkeys(MESSAGES, expired)
    aws = FakeAws({**replies, "sts:GetCallerIdentity": expired})
    with pytest.raises(CannotReach):
        collect(aws, a_plan("sqs"), Progress(quietly))


def test_progress_shows_every_service_from_waiting_to_read() -> None:
    pictures: list[Picture] = []
    collect(
        FakeAws({**MESSAGES, "events:ListRules": DENIED}), a_plan("sqs"), Progress(pictures.append)
    )
    first = {row["service"]: row["state"] for row in pictures[0]["services"]}
    last = {row["service"]: row["state"] for row in pictures[-1]["services"]}
    assert set(first) == {"SNS", "EventBridge", "SQS"}
    assert first["SQS"] == "waiting"
    assert last == {"SNS": "read", "EventBridge": "gaps", "SQS": "read"}
