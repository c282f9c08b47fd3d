"""Policies of queues: who sends, what is kept out, and what a repaired one says."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs.sqs_02_only_its_topics_send import CONTROL as SQS_02
from scanner.policy import Policy
from scanner.scope.senders import (
    NO_POLICY,
    delivering,
    refusing_plain,
    service_of,
    sources_of,
    undelivered,
)
from tests.builders import OWN, a_snapshot
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_rule,
    a_subscription,
)
from tests.documents import Document, a_policy, allow, deny

QUEUE = a_queue_arn()
RULE = a_rule().arn
ORDERS = f"arn:aws:sns:us-east-1:{OWN}:orders"
SNS = {"Service": "sns.amazonaws.com"}


def pinned(source: str, to: object = SNS) -> Document:
    when = {"ArnEquals": {"aws:SourceArn": [source]}}
    return {
        "Effect": "Allow",
        "Principal": to,
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": when,
    }


def test_sources_are_topics_of_any_kind_and_rules_on_agreements() -> None:
    snapshot = a_snapshot(
        subscriptions=(
            a_subscription(),
            a_subscription(topic=ORDERS),
            a_subscription("other", topic=f"{ORDERS}-2"),
            a_subscription(QUEUE, topic=f"{ORDERS}-3", protocol="lambda"),
        ),
        rules=(a_rule("mp-events"),),
    )
    assert sources_of(a_queue(), snapshot) == (PRODUCT_TOPIC, ORDERS, RULE)


@pytest.mark.parametrize(
    ("source", "service"),
    [(PRODUCT_TOPIC, "sns.amazonaws.com"), (RULE, "events.amazonaws.com")],
)
def test_a_source_tells_which_service_sends(source: str, service: str) -> None:
    assert service_of(source) == service


@pytest.mark.parametrize(
    ("policy", "kept_out"),
    [
        (None, (PRODUCT_TOPIC, RULE)),
        (a_policy(pinned(PRODUCT_TOPIC)), (RULE,)),
        (a_policy(pinned(PRODUCT_TOPIC), pinned(RULE, {"Service": "events.amazonaws.com"})), ()),
        (a_policy(allow("sqs:*", to={"AWS": OWN})), (PRODUCT_TOPIC, RULE)),
        (a_policy(allow("sqs:SendMessage", to="*")), ()),
        (a_policy(allow("sqs:SendMessage", on=a_queue_arn("x"), to="*")), (PRODUCT_TOPIC, RULE)),
        (a_policy(allow("sqs:*", to="*"), deny("sqs:Send*", to="*")), (PRODUCT_TOPIC, RULE)),
        (a_policy(allow("sqs:*", to="*"), refusing_plain(QUEUE)), ()),
    ],
)
def test_what_a_policy_keeps_out_is_told(policy: Policy | None, kept_out: tuple[str, ...]) -> None:
    assert undelivered(policy, QUEUE, (PRODUCT_TOPIC, RULE)) == kept_out


def test_only_what_was_kept_out_gets_a_statement_of_its_own() -> None:
    ours = pinned(PRODUCT_TOPIC)
    document = {"Version": "2012-10-17", "Statement": [ours]}
    text = delivering(document, QUEUE, (PRODUCT_TOPIC, ORDERS, RULE))
    assert json.loads(text)["Statement"] == [
        ours,
        pinned(ORDERS),
        pinned(RULE, {"Service": "events.amazonaws.com"}),
    ]


def test_nothing_to_say_is_no_policy() -> None:
    assert delivering(NO_POLICY, QUEUE, ()) == ""
    assert json.loads(delivering(NO_POLICY, QUEUE, (PRODUCT_TOPIC,)))["Version"] == "2012-10-17"


def faults_with(*more: Document) -> list[str]:
    """What SQS-02 says of a queue whose policy has these statements too."""
    policy = a_policy(pinned(PRODUCT_TOPIC), *more, source="sqs:GetQueueAttributes")
    snapshot = a_snapshot(queues=(a_queue(policy=policy),), subscriptions=(a_subscription(),))
    return [one.status for one in outcomes_of(SQS_02, snapshot)]


def test_a_condition_that_restricts_nobody_hides_no_open_sender() -> None:
    wide = pinned("arn:aws:sns:us-east-1:999988887777:*", "*")
    wide = {
        **wide,
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:999988887777:*"}},
    }
    hidden = {
        **wide,
        "Condition": {**wide["Condition"], "StringNotLike": {"aws:PrincipalArn": "x"}},
    }
    assert faults_with(wide) == ["fail"]
    assert faults_with(hidden) == ["fail"]


def test_a_deny_that_leaves_everybody_out_rescues_nothing() -> None:
    unpinned = allow("sqs:SendMessage", on=QUEUE, to=SNS)
    nobody = {"Effect": "Deny", "NotPrincipal": "*", "Action": "sqs:*", "Resource": "*"}
    assert faults_with(unpinned) == ["fail"]
    assert faults_with(unpinned, nobody) == ["fail"]
