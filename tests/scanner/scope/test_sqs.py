"""Marketplace queues are found by what delivers to them, and nothing hides one silently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.facts.messaging import SqsFacts, Subscription
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.scope.sqs import feed_of, marketplace_queues, only_dead_letters, queue_at
from scanner.vocabulary import HOME_REGION, Listed, Partial, Unobserved, gaps, seen
from tests.builders import STRANGER, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_rule,
    a_subscription,
)
from tests.documents import a_malformed_policy, allow

LIST_SUBSCRIPTIONS = denied("sns:ListSubscriptions", HOME_REGION)
LIST_RULES = denied("events:ListRules", HOME_REGION)
LIST_TARGETS = denied("events:ListTargetsByRule", HOME_REGION)
LIST_QUEUES = denied("sqs:ListQueues", HOME_REGION)
READ = "sqs:GetQueueAttributes"
ENTITLEMENT = "arn:aws:sns:us-east-1:287250355862:aws-mp-entitlement-notification-4xk2m9q7w1ex"


def found(snapshot: Snapshot) -> list[str]:
    return [queue.name for queue in seen(marketplace_queues(snapshot))]


def missing(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(gap.action, gap.error) for gap in gaps(marketplace_queues(snapshot))]


@pytest.mark.parametrize("topic", [PRODUCT_TOPIC, ENTITLEMENT])
def test_a_queue_that_a_product_topic_delivers_to_is_marketplaces(topic: str) -> None:
    snapshot = a_snapshot(subscriptions=(a_subscription(topic=topic),), queues=(a_queue(),))
    assert found(snapshot) == ["mp-events"]
    assert not gaps(marketplace_queues(snapshot))


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:us-east-1:111122223333:orders",
        "arn:aws:sns:us-east-1:111122223333:x-aws-mp-subscription-notification-1",
        "arn:aws:sns:us-east-1:287250355862:aws-mp-something-else",
    ],
)
def test_other_topics_make_no_marketplace_queue(topic: str) -> None:
    assert (
        found(a_snapshot(subscriptions=(a_subscription(topic=topic),), queues=(a_queue(),))) == []
    )


def test_other_protocols_are_no_queues() -> None:
    lambda_arn = "arn:aws:lambda:us-east-1:111122223333:function:f"
    snapshot = a_snapshot(subscriptions=(a_subscription(lambda_arn, protocol="lambda"),))
    assert marketplace_queues(snapshot) == ()


@pytest.mark.parametrize(
    "source",
    [
        PRODUCT_TOPIC,
        "arn:aws:sns:*:*:aws-mp-subscription-notification-*",
        "arn:aws:sns:us-east-1:287250355862:*",
    ],
)
def test_a_queue_whose_policy_names_a_product_topic_is_found(source: str) -> None:
    policy = allow("sqs:SendMessage", to="*", when={"ArnLike": {"aws:SourceArn": source}})
    assert found(a_snapshot(queues=(a_queue(policy=policy),))) == ["mp-events"]


def test_a_policy_about_other_topics_finds_nothing() -> None:
    source = {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:orders"}}
    policy = allow("sqs:SendMessage", to="*", when=source)
    assert marketplace_queues(a_snapshot(queues=(a_queue(policy=policy),))) == ()


def test_a_malformed_policy_that_names_a_product_topic_is_found_all_the_same() -> None:
    broken = a_malformed_policy(f'{{"Statement": "{PRODUCT_TOPIC}"')
    assert found(a_snapshot(queues=(a_queue(policy=broken),))) == ["mp-events"]


def test_the_profile_names_queues() -> None:
    snapshot = a_snapshot(profile=Profile(queues=(a_queue_arn(),)), queues=(a_queue(),))
    assert found(snapshot) == ["mp-events"]


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_targets_of_rules_on_agreements_are_found(state: str) -> None:
    rule = a_rule("mp-events", state=state)
    assert found(a_snapshot(rules=(rule,), queues=(a_queue(),))) == ["mp-events"]


def test_targets_that_are_no_queues_and_rules_on_other_events_are_not() -> None:
    other = a_rule("mp-events", pattern='{"source": ["aws.ec2"]}', name="ec2")
    to_lambda = a_rule(targets=("arn:aws:lambda:us-east-1:111122223333:function:f",))
    assert marketplace_queues(a_snapshot(rules=(other, to_lambda), queues=(a_queue(),))) == ()


def test_dead_letter_queues_are_followed_to_the_last_and_round_in_circles() -> None:
    queues = (
        a_queue(redrive=a_redrive("first")),
        a_queue("first", redrive=a_redrive("second")),
        a_queue("second", redrive=a_redrive("mp-events")),
    )
    snapshot = a_snapshot(subscriptions=(a_subscription(),), queues=queues)
    assert found(snapshot) == ["mp-events", "first", "second"]
    assert only_dead_letters(snapshot) == {a_queue_arn("first"), a_queue_arn("second")}


def test_one_queue_found_in_many_ways_stands_once_and_knows_who_feeds_it() -> None:
    snapshot = a_snapshot(
        profile=Profile(queues=(a_queue_arn(),)),
        subscriptions=(a_subscription(), a_subscription(topic=ENTITLEMENT)),
        rules=(a_rule("mp-events"),),
        queues=(a_queue(),),
    )
    assert found(snapshot) == ["mp-events"]
    feed = feed_of(a_queue(), snapshot)
    assert feed.topics == (PRODUCT_TOPIC, ENTITLEMENT)
    assert feed.rules == (a_rule().arn,)


def test_a_queue_that_is_gone_is_dropped() -> None:
    snapshot = a_snapshot(subscriptions=(a_subscription(),))
    assert marketplace_queues(snapshot) == ()


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        (a_queue_arn(account=STRANGER), "OtherAccount"),
        (a_queue_arn(region="eu-north-1"), "NotRead"),
    ],
)
def test_a_queue_known_by_name_only_is_there_without_attributes(arn: str, error: str) -> None:
    snapshot = a_snapshot(subscriptions=(a_subscription(arn),))
    (queue,) = seen(marketplace_queues(snapshot))
    assert queue.arn == arn
    assert isinstance(queue.attributes, Unobserved)
    assert queue.attributes.error == error


def test_a_queue_absent_from_a_region_that_was_asked_is_gone() -> None:
    arn = a_queue_arn(region="eu-north-1")
    snapshot = replace(a_snapshot(), sqs=SqsFacts((), (HOME_REGION, "eu-north-1")))
    assert queue_at(arn, snapshot) is None


def test_a_queue_absent_from_a_list_that_was_refused_is_unread() -> None:
    snapshot = a_snapshot(subscriptions=(a_subscription(),), queues=LIST_QUEUES)
    (queue,) = seen(marketplace_queues(snapshot))
    assert queue.attributes == LIST_QUEUES


@pytest.mark.parametrize(
    ("snapshot", "gap"),
    [
        (a_snapshot(subscriptions=LIST_SUBSCRIPTIONS), LIST_SUBSCRIPTIONS),
        (a_snapshot(subscriptions=Partial((), (LIST_SUBSCRIPTIONS,))), LIST_SUBSCRIPTIONS),
        (a_snapshot(rules=LIST_RULES), LIST_RULES),
        (a_snapshot(rules=(a_rule(targets=LIST_TARGETS),)), LIST_TARGETS),
        (a_snapshot(queues=LIST_QUEUES), LIST_QUEUES),
        (a_snapshot(queues=Partial((), (LIST_QUEUES,))), LIST_QUEUES),
    ],
)
def test_whatever_may_hide_a_queue_cuts_the_list(snapshot: Snapshot, gap: Unobserved) -> None:
    assert marketplace_queues(snapshot) == Partial((), (gap,))


def test_a_gap_is_named_once() -> None:
    snapshot = a_snapshot(subscriptions=LIST_SUBSCRIPTIONS, rules=LIST_SUBSCRIPTIONS)
    assert gaps(marketplace_queues(snapshot)) == (LIST_SUBSCRIPTIONS,)


def test_unread_targets_of_a_rule_on_other_events_hide_nothing() -> None:
    rule = a_rule(pattern='{"source": ["aws.ec2"]}', targets=LIST_TARGETS)
    assert marketplace_queues(a_snapshot(rules=(rule,))) == ()


def test_subscriptions_of_other_regions_hide_no_product_topic() -> None:
    elsewhere: Listed[Subscription] = Partial((), (denied("sns:ListSubscriptions", "eu-north-1"),))
    assert marketplace_queues(a_snapshot(subscriptions=elsewhere)) == ()


def test_a_rule_with_an_unreadable_pattern_cuts_the_list() -> None:
    snapshot = a_snapshot(rules=(a_rule("mp-events", pattern="{"),), queues=(a_queue(),))
    assert missing(snapshot) == [("events:ListRules", "MalformedPattern")]


def test_an_endpoint_that_is_no_queue_cuts_the_list() -> None:
    snapshot = a_snapshot(subscriptions=(a_subscription("arn:aws:sqs:$(id)"),))
    assert missing(snapshot) == [(READ, "MalformedArn")]


def test_a_malformed_redrive_policy_may_hide_a_dead_letter_queue() -> None:
    broken = Unobserved(READ, "MalformedRedrivePolicy", HOME_REGION)
    snapshot = a_snapshot(subscriptions=(a_subscription(),), queues=(a_queue(redrive=broken),))
    assert found(snapshot) == ["mp-events"]
    assert missing(snapshot) == [(READ, "MalformedRedrivePolicy")]


def test_queues_whose_policy_nobody_read_may_be_marketplaces() -> None:
    queues = tuple(a_queue(f"q{n}", refused=denied(READ)) for n in range(7))
    (gap,) = gaps(marketplace_queues(a_snapshot(queues=queues)))
    assert gap.region == HOME_REGION
    assert gap.detail == "queues q0, q1, q2, q3, q4 and 2 more"


def test_a_queue_with_a_malformed_policy_may_be_marketplaces() -> None:
    snapshot = a_snapshot(queues=(a_queue(policy=a_malformed_policy(source=READ)),))
    assert missing(snapshot) == [(READ, "MalformedPolicy")]


def test_a_known_queue_that_is_unread_is_its_own_gap() -> None:
    queue = a_queue(refused=denied(READ, HOME_REGION))
    snapshot = a_snapshot(subscriptions=(a_subscription(),), queues=(queue,))
    assert marketplace_queues(snapshot) == (queue,)
