"""Who may use a topic, who listens, and what is left of its policy without strangers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scanner.facts.account import Account
from scanner.facts.messaging import Subscription
from scanner.scope.audience import (
    admitted,
    closed_policy,
    listeners,
    mail_fact,
    query_for,
    unsafe,
)
from scanner.vocabulary import Partial, gaps, seen
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.builders_cas import TOPIC
from tests.builders_resources import a_queue_arn, a_subscription, a_topic
from tests.documents import Document, a_policy, allow

EVENTS = {"Service": "events.amazonaws.com"}
OF_ORG = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}


def told(*statements: Document) -> list[str]:
    found, _ = admitted(a_topic(), a_policy(*statements), a_snapshot(organization=ORGANIZATION))
    return [one.sentence for one in found]


def test_guests_and_loose_services_are_told_apart() -> None:
    assert told(
        allow("sns:Publish", to="*", sid="A"),
        allow("sns:Publish", "sns:Subscribe", to={"AWS": STRANGER}),
        allow("sns:Publish", to="*", when={"StringEquals": {"aws:PrincipalOrgID": "o-other1"}}),
        allow("sns:Publish", to=EVENTS),
        allow("sns:Publish", to="*", when=OF_ORG),
        allow("sns:ListTagsForResource", to="*"),
    ) == [
        "Statement A lets any AWS account Publish",
        f"Statement 2 lets foreign account {STRANGER} Publish, Subscribe",
        "Statement 3 lets foreign organisation o-other1 Publish",
        "Statement 4 lets events.amazonaws.com, for any account, Publish",
    ]


def test_what_hangs_on_the_organisation_is_a_gap() -> None:
    gap = denied("organizations:DescribeOrganization")
    policy = a_policy(allow("sns:Publish", to="*", when=OF_ORG))
    assert admitted(a_topic(), policy, a_snapshot(organization=gap)) == ([], [gap])


def a_listener(protocol: str, endpoint: str, arn: str = f"{TOPIC}:1") -> Subscription:
    return replace(a_subscription(endpoint, topic=TOPIC, protocol=protocol), arn=arn)


@pytest.mark.parametrize(
    ("listener", "expected"),
    [
        (a_listener("http", "http://me:secret@x.example:80/in?token=1"), "plain HTTP to x.example:80"),
        (a_listener("http", "nonsense"), "plain HTTP to nonsense"),
        (a_listener("https", "https://x.example"), ""),
        (a_listener("sqs", a_queue_arn()), ""),
        (a_listener("sqs", a_queue_arn(account=STRANGER)), f"sqs of account {STRANGER}"),
        (a_listener("lambda", "nonsense"), "lambda of account "),
        (a_listener("email", "a@x.example"), ""),
    ],
)  # fmt: skip
def test_a_listener_is_safe_or_not(listener: Subscription, expected: str) -> None:
    assert unsafe(listener, a_snapshot()) == expected


def test_only_confirmed_listeners_of_the_topic_count() -> None:
    elsewhere = denied("sns:ListSubscriptions", "eu-west-1")
    here = denied("sns:ListSubscriptions", "us-east-1")
    ours = a_listener("email", "a@x.example")
    pending = a_listener("email", "b@x.example", "PendingConfirmation")
    other = replace(ours, topic=f"{TOPIC}-other")
    queue = a_listener("sqs", a_queue_arn())
    snapshot = a_snapshot(subscriptions=Partial((ours, pending, other, queue), (elsewhere, here)))
    listed = listeners(a_topic(), snapshot)
    assert (seen(listed), gaps(listed)) == ((ours, queue), (here,))
    (fact,) = mail_fact(a_topic(), snapshot)
    assert fact.value == "1"
    assert mail_fact(a_topic("quiet"), snapshot) == ()


def test_a_topic_that_nobody_may_use_is_its_accounts() -> None:
    topic, policy = a_topic(), a_policy(allow("sns:Publish", to="*", on=TOPIC))
    found, _ = admitted(topic, policy, a_snapshot())
    (owner,) = json.loads(closed_policy(topic, policy, found, Account(OWN)))["Statement"]
    assert owner == allow(
        *("SNS:GetTopicAttributes", "SNS:Publish", "SNS:Subscribe"),
        to={"AWS": f"arn:aws:iam::{OWN}:root"},
        on=TOPIC,
        sid="Owner",
    )
    assert closed_policy(topic, policy, [], Account(OWN)) == ""
    assert closed_policy(topic, None, found, Account(OWN)) == ""


def test_a_loose_service_is_tied_and_others_stay() -> None:
    topic = a_topic()
    ours = allow("sns:Publish", to={"AWS": f"arn:aws:iam::{OWN}:role/x"}, on=TOPIC)
    policy = a_policy(ours, allow("sns:Publish", to=EVENTS, on=TOPIC))
    found, _ = admitted(topic, policy, a_snapshot())
    first, second = json.loads(closed_policy(topic, policy, found, Account(OWN)))["Statement"]
    assert first == ours
    assert second["Condition"] == {"StringEquals": {"aws:SourceAccount": OWN}}


def test_the_query_names_each_once() -> None:
    one = a_listener("http", "x")
    assert query_for([one, one]) == f"Subscriptions[?SubscriptionArn=='{TOPIC}:1'].SubscriptionArn"
    assert query_for([]) == ""
