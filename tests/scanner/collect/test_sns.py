"""Subscriptions and topics are read at home, and where topics that matter are named."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import sns
from scanner.facts.messaging import SnsFacts, Subscription, Topic, TopicAttributes
from scanner.policy import Malformed, Policy
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen
from tests.builders import OWN
from tests.fakes import DENIED, FakeAws, Reply, limited

LIST, TOPICS, READ = sns.ACTIONS
HOME, IRELAND = "us-east-1", "eu-west-1"
PRODUCT_TOPIC = "arn:aws:sns:us-east-1:287250355862:aws-mp-subscription-notification-abc"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:orders"
SAID = {
    "SubscriptionArn": "PendingConfirmation",
    "Owner": OWN,
    "Protocol": "sqs",
    "Endpoint": QUEUE,
    "TopicArn": PRODUCT_TOPIC,
}
GONE = Trouble("NotFound", Kind.OTHER)


def arn(name: str, region: str = HOME) -> str:
    return f"arn:aws:sns:{region}:{OWN}:{name}"


def attributes(region: str, params: Answer) -> Answer:
    return {"Attributes": {"TopicArn": params["TopicArn"]}}


def replies(**topics: tuple[str, ...]) -> dict[str, Reply]:
    """Answers of an account with one subscription at home and these topics by region."""

    def listed(region: str, params: Answer) -> Answer:
        return {"Topics": [{"TopicArn": one} for one in topics.get(region.replace("-", "_"), ())]}

    def subscribed(region: str, params: Answer) -> Answer:
        return {"Subscriptions": [SAID] if region == HOME else []}

    return {LIST: subscribed, TOPICS: listed, READ: attributes}


def collected(aws: FakeAws, *named: str) -> SnsFacts:
    return sns.collect(aws, lambda: named)


def said_of_topic(**said: str) -> Topic:
    aws = FakeAws(
        replies(us_east_1=(arn("t"),)) | {READ: {"Attributes": {"TopicArn": arn("t"), **said}}}
    )
    (topic,) = seen(collected(aws).topics)
    return topic


def test_a_subscription_to_a_foreign_topic_is_read() -> None:
    expected = Subscription("PendingConfirmation", PRODUCT_TOPIC, "sqs", QUEUE, OWN, HOME)
    assert collected(FakeAws(replies())).subscriptions == (expected,)


def test_a_refused_list_is_unobserved_and_the_other_is_read() -> None:
    facts = collected(FakeAws(replies(us_east_1=(arn("t"),)) | {LIST: DENIED}))
    assert facts.subscriptions == Unobserved(LIST, "AccessDenied", HOME, DENIED.detail)
    assert [topic.name for topic in seen(facts.topics)] == ["t"]


def test_a_subscription_without_topic_leaves_a_gap_and_the_others() -> None:
    odd = {name: value for name, value in SAID.items() if name != "TopicArn"}
    said: Reply = {"Subscriptions": [odd, SAID]}
    found = collected(FakeAws(replies() | {LIST: said})).subscriptions
    assert isinstance(found, Partial)
    assert [one.topic for one in found.items] == [PRODUCT_TOPIC]
    assert found.why[0].error == "BadAnswer"


def test_a_topic_has_its_policy_and_key() -> None:
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:*"}]})
    topic = said_of_topic(Policy=policy, KmsMasterKeyId="alias/reports")
    assert (topic.arn, topic.name, topic.region) == (arn("t"), "t", HOME)
    assert isinstance(topic.attributes, TopicAttributes)
    assert isinstance(topic.attributes.policy, Policy)
    assert topic.attributes.kms_key == "alias/reports"


def test_a_topic_without_either_has_none() -> None:
    assert said_of_topic(Policy="", KmsMasterKeyId="").attributes == TopicAttributes(None, "")
    assert said_of_topic().attributes == TopicAttributes(None, "")


def test_a_broken_policy_is_kept() -> None:
    found = said_of_topic(Policy="{")
    assert isinstance(found.attributes, TopicAttributes)
    assert isinstance(found.attributes.policy, Malformed)


def test_all_pages_of_topics_are_read() -> None:
    first: Answer = {"Topics": [{"TopicArn": arn("a")}], "NextToken": "more"}
    aws = FakeAws(replies() | {TOPICS: [first, {"Topics": [{"TopicArn": arn("b")}]}]})
    assert [topic.name for topic in seen(collected(aws).topics)] == ["a", "b"]


def test_a_topic_that_is_gone_is_dropped() -> None:
    assert collected(FakeAws(replies(us_east_1=(arn("t"),)) | {READ: GONE})).topics == ()


def test_a_refused_topic_stays_with_unobserved_attributes() -> None:
    (topic,) = seen(collected(FakeAws(replies(us_east_1=(arn("t"),)) | {READ: DENIED})).topics)
    assert topic.attributes == Unobserved(READ, "AccessDenied", HOME, DENIED.detail)


@pytest.mark.parametrize("said", [{}, None, {"TopicArn": arn("other")}])
def test_attributes_of_no_topic_or_of_another_are_unobserved(said: object) -> None:
    odd: Reply = {"Attributes": said}
    (topic,) = seen(collected(FakeAws(replies(us_east_1=(arn("t"),)) | {READ: odd})).topics)
    assert isinstance(topic.attributes, Unobserved)
    assert topic.attributes.error == "BadAnswer"


def test_other_regions_are_read_where_a_topic_is_named() -> None:
    aws = FakeAws(replies(us_east_1=(arn("a"),), eu_west_1=(arn("b", IRELAND), arn("c", IRELAND))))
    facts = collected(aws, arn("b", IRELAND), arn("gone", "eu-central-1"))
    assert [(topic.name, topic.region) for topic in seen(facts.topics)] == [
        ("a", HOME), ("b", IRELAND), ("c", IRELAND),
    ]  # fmt: skip
    asked = {region for action, region, _ in aws.asked if action == LIST}
    assert asked == {HOME, IRELAND, "eu-central-1"}
    assert gaps(facts.topics) == ()


def test_a_named_topic_is_read_even_where_the_list_is_refused() -> None:
    facts = collected(FakeAws(replies() | {TOPICS: DENIED}), arn("reports"), arn("b", IRELAND))
    assert isinstance(facts.topics, Partial)
    assert [topic.arn for topic in facts.topics.items] == [arn("reports"), arn("b", IRELAND)]
    assert {gap.region for gap in facts.topics.why} == {HOME, IRELAND}
    nothing = collected(FakeAws(replies() | {TOPICS: DENIED})).topics
    assert nothing == Unobserved(TOPICS, "AccessDenied", HOME, DENIED.detail)


def test_a_named_topic_that_a_whole_list_lacks_is_not_asked_for() -> None:
    aws = FakeAws(replies())
    assert collected(aws, arn("deleted")).topics == ()
    assert READ not in aws.times()


def test_topics_beyond_the_cap_exist_but_are_not_read() -> None:
    topics = tuple(arn(f"t{number}") for number in range(4))
    aws = FakeAws(replies(us_east_1=topics), limits=limited(details=3))
    found = seen(collected(aws).topics)
    assert [gap.error for one in found for gap in gaps(one.attributes)] == ["OverCap"]
    assert aws.times()[READ] == 3


def test_subscriptions_of_home_are_told_before_anybody_is_waited_for() -> None:
    told = threading.Event()
    known: list[Listed[Subscription]] = []

    def tell(subscriptions: Listed[Subscription]) -> None:
        known.append(subscriptions)
        told.set()

    def named() -> tuple[str, ...]:
        assert told.wait(10)
        return (arn("b", IRELAND),)

    wait: Callable[[], tuple[str, ...]] = named
    facts = sns.collect(FakeAws(replies()), wait, tell)
    assert known == [facts.subscriptions]
