"""Subscriptions are read from the region where product topics live."""

from scanner.collect import sns
from scanner.facts.messaging import Subscription
from scanner.vocabulary import Partial, Unobserved
from tests.fakes import DENIED, FakeAws

LIST = "sns:ListSubscriptions"
TOPIC = "arn:aws:sns:us-east-1:287250355862:aws-mp-subscription-notification-abc"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"
SAID = {
    "SubscriptionArn": "PendingConfirmation",
    "Owner": "111122223333",
    "Protocol": "sqs",
    "Endpoint": QUEUE,
    "TopicArn": TOPIC,
}


def test_a_subscription_to_a_foreign_topic_is_read() -> None:
    aws = FakeAws({LIST: {"Subscriptions": [SAID]}})
    expected = Subscription("PendingConfirmation", TOPIC, "sqs", QUEUE, "111122223333", "us-east-1")
    assert sns.collect(aws).subscriptions == (expected,)


def test_a_refused_list_is_unobserved() -> None:
    gap = sns.collect(FakeAws({LIST: DENIED})).subscriptions
    assert gap == Unobserved(LIST, "AccessDenied", "us-east-1", DENIED.detail)


def test_a_subscription_without_topic_leaves_a_gap_and_the_others() -> None:
    odd = {name: value for name, value in SAID.items() if name != "TopicArn"}
    found = sns.collect(FakeAws({LIST: {"Subscriptions": [odd, SAID]}})).subscriptions
    assert isinstance(found, Partial)
    assert [one.topic for one in found.items] == [TOPIC]
    assert found.why[0].error == "BadAnswer"
