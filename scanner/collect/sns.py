"""Subscriptions that the account owns, also those to topics of AWS Marketplace, and its topics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, unique
from scanner.facts.messaging import SnsFacts, Subscription, Topic, TopicAttributes
from scanner.policy import parse
from scanner.scope.relevance import region_of_topic
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, merged, seen

SUBSCRIPTIONS = "sns:ListSubscriptions"
TOPICS = "sns:ListTopics"
READ = "sns:GetTopicAttributes"
ACTIONS = (SUBSCRIPTIONS, TOPICS, READ)

GONE = ("NotFound", "NotFoundException")


@dataclass(frozen=True, slots=True)
class Region:
    """What was asked of one region; `topics` are those that it listed, their attributes unread."""

    name: str
    subscriptions: Future[Listed[Subscription]]
    topics: Listed[Topic]
    read: tuple[Future[Topic | None], ...]


def nobody_waits(subscriptions: Listed[Subscription]) -> None:
    """Nobody waits for the subscriptions of the home region."""


def collect(
    aws: Aws,
    named: Callable[[], Collection[str]],
    subscriptions_known: Callable[[Listed[Subscription]], None] = nobody_waits,
) -> SnsFacts:
    """Read the home region, where product topics live, and the regions of topics that are named.

    `named` gives ARNs of the account's own topics, as soon as it is known what delivers to them.
    `subscriptions_known` is told of those of the home region before anybody is waited for.
    """
    home = _ask(aws, aws.home)
    subscriptions_known(home.subscriptions.result())
    by_region: dict[str, list[str]] = {aws.home: []}
    for arn in sorted(named()):
        by_region.setdefault(region_of_topic(arn), []).append(arn)
    others = [_ask(aws, name) for name in by_region if name != aws.home]
    regions = [(one, by_region[one.name]) for one in (home, *others)]
    hidden = [_hidden(aws, region, arns) for region, arns in regions]
    return SnsFacts(
        subscriptions=merged(*(one.subscriptions.result() for one, _ in regions)),
        topics=merged(*map(_topics, [one for one, _ in regions], hidden)),
    )


def _ask(aws: Aws, region: str) -> Region:
    """Ask a region for its subscriptions and topics, and all of these for their attributes."""
    subscriptions = aws.begin(partial(_subscriptions, aws, region))
    topics = _listed(aws, region)
    return Region(region, subscriptions, topics, _attributes_of(aws, seen(topics)))


def _hidden(aws: Aws, region: Region, named: Iterable[str]) -> tuple[Future[Topic | None], ...]:
    """Topics that are named, and may exist, as the region's list is not whole."""
    if not gaps(region.topics):
        return ()
    known = {topic.arn for topic in seen(region.topics)}
    return _attributes_of(aws, [_topic(arn, region.name) for arn in named if arn not in known])


def _topics(region: Region, hidden: Iterable[Future[Topic | None]]) -> Listed[Topic]:
    """The region's topics with their attributes; one that is gone meanwhile is left out."""
    read = (one.result() for one in (*region.read, *hidden))
    topics = tuple(topic for topic in read if topic is not None)
    if isinstance(region.topics, Unobserved) and not topics:
        return region.topics
    why = gaps(region.topics)
    return Partial(topics, why) if why else topics


def _attributes_of(aws: Aws, topics: Collection[Topic]) -> tuple[Future[Topic | None], ...]:
    return tuple(
        aws.begin(partial(_read if place < aws.limits.details else _over_cap, aws, topic))
        for place, topic in enumerate(topics)
    )


def _listed(aws: Aws, region: str) -> Listed[Topic]:
    listed = aws.pages("sns", "ListTopics", "Topics", region=region)

    def topic(said: Answer) -> Topic:
        return _topic(str(said["TopicArn"]), region)

    made = facts_from(listed, topic, action=TOPICS, region=region)
    return unique(made, lambda one: one.arn)


def _topic(arn: str, region: str) -> Topic:
    gap = Unobserved(READ, "OverCap", region, "more topics than one scan reads in a region")
    return Topic(arn, arn.rsplit(":", 1)[-1], region, gap)


def _over_cap(_aws: Aws, topic: Topic) -> Topic:
    return topic


def _read(aws: Aws, topic: Topic) -> Topic | None:
    """The topic with its attributes; None when it no longer exists."""
    answer = aws.find(
        "sns",
        "GetTopicAttributes",
        region=topic.region,
        absent=GONE,
        must=("Attributes",),
        TopicArn=topic.arn,
    )
    if answer is None:
        return None
    attributes: Observed[TopicAttributes]
    if isinstance(answer, Unobserved):
        attributes = answer
    else:
        try:
            attributes = _attributes(answer["Attributes"], topic)
        except MALFORMED as fault:
            attributes = bad_answer(READ, topic.region, fault)
    return Topic(topic.arn, topic.name, topic.region, attributes)


def _attributes(said: Answer, topic: Topic) -> Observed[TopicAttributes]:
    """What SNS says of the topic; nothing when it does not say that it speaks of this one."""
    if said.get("TopicArn") != topic.arn:
        detail = "TopicArn is missing or names another topic"
        return Unobserved(READ, "BadAnswer", topic.region, detail)
    policy = said.get("Policy")
    return TopicAttributes(
        policy=parse(policy, source=READ) if policy else None,
        kms_key=str(said.get("KmsMasterKeyId") or ""),
    )


def _subscriptions(aws: Aws, region: str) -> Listed[Subscription]:
    listed = aws.pages("sns", "ListSubscriptions", "Subscriptions", region=region)

    def subscription(said: Answer) -> Subscription:
        return Subscription(
            arn=said["SubscriptionArn"],
            topic=said["TopicArn"],
            protocol=said["Protocol"],
            endpoint=said.get("Endpoint", ""),
            owner=said.get("Owner", ""),
            region=region,
        )

    return facts_from(listed, subscription, action=SUBSCRIPTIONS, region=region)
