"""Which queues hear what AWS Marketplace tells about buyers (controls.md 1.7)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scanner.facts.messaging import Queue, Redrive, Rule, Subscription
from scanner.facts.snapshot import Snapshot
from scanner.policy import Malformed, Policy, pretty
from scanner.scope.agreement_events import hears_agreements
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import HOME_REGION, Listed, Partial, Unobserved, gaps, seen

TOPIC_OWNER = "287250355862"
"""Owns the topics of sellers' products (controls.md 1.8, from AWS's own sample)."""

PRODUCT_TOPIC = re.compile(
    r"arn:[^:]+:sns:[^:]*:[^:]*:aws-mp-(subscription|entitlement)-notification-"
)
TOPIC_IN_POLICY = re.compile(rf'arn:[^:"]+:sns:[^:"]*:([^:"]*:aws-mp-|{TOPIC_OWNER}:)')
QUEUE_ARN = re.compile(
    r"arn:[a-z-]+:sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[\w.-]+)", re.ASCII
)
NAMED_AT_MOST = 5
READ = "sqs:GetQueueAttributes"


@dataclass(frozen=True, slots=True)
class Feed:
    """Who delivers to a queue: ARNs of product topics and of EventBridge rules."""

    topics: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@once_per_snapshot
def marketplace_queues(snapshot: Snapshot) -> Listed[Queue]:
    """Queues that hear Marketplace and, at any remove, their dead-letter queues.

    Cut when a subscription, rule or queue that could not be read may hide one. A queue of another
    account, or of a region where nobody asked, has unobserved attributes.
    """
    found: dict[str, Queue] = {}
    why = list(_feed_gaps(snapshot))
    waiting = [*_feeds(snapshot), *snapshot.profile.queues, *_named_in_policies(snapshot)]
    while waiting:
        arn = waiting.pop(0)
        if QUEUE_ARN.fullmatch(arn) is None:
            why.append(Unobserved(READ, "MalformedArn", detail=f"{arn} is no queue's ARN"))
            continue
        queue = queue_at(arn, snapshot)
        if queue is None or arn in found:
            continue
        found[arn] = queue
        redrive = _redrive(queue)
        if isinstance(redrive, Unobserved):
            why.append(replace(redrive, region=queue.region, detail=f"RedrivePolicy of {arn}"))
        elif redrive:
            waiting.append(redrive.target)
    why += _hidden(snapshot, found)
    unique = tuple(dict.fromkeys(why))
    return Partial(tuple(found.values()), unique) if unique else tuple(found.values())


@once_per_snapshot
def only_dead_letters(snapshot: Snapshot) -> frozenset[str]:
    """ARNs of Marketplace queues that take another's dead letters and hear nothing themselves."""
    redrives = (_redrive(queue) for queue in seen(marketplace_queues(snapshot)))
    targets = {redrive.target for redrive in redrives if isinstance(redrive, Redrive)}
    return frozenset(targets - _feeds(snapshot).keys())


def product_subscriptions(snapshot: Snapshot) -> Listed[Subscription]:
    """Subscriptions of this account to topics of its products; they live in us-east-1 only."""
    listed = snapshot.sns.subscriptions
    found = tuple(one for one in seen(listed) if PRODUCT_TOPIC.match(one.topic))
    why = tuple(gap for gap in gaps(listed) if gap.region in {"", HOME_REGION})
    return Partial(found, why) if why else found


def agreement_rules(snapshot: Snapshot) -> Listed[Rule]:
    """Rules that hear agreement events; cut when a rule or its pattern could not be read."""
    hearing, unreadable = _agreement_rules(snapshot)
    why = (*gaps(snapshot.events.rules), *map(_malformed, unreadable))
    return Partial(hearing, why) if why else hearing


def unseen_feeds(snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """What may hide a topic or rule that delivers to some queue."""
    return tuple(_feed_gaps(snapshot))


def feed_of(queue: Queue, snapshot: Snapshot) -> Feed:
    """The product topics and the rules that deliver to a queue, as far as was read."""
    return _feeds(snapshot).get(queue.arn, Feed())


def queue_at(arn: str, snapshot: Snapshot) -> Queue | None:
    """The queue with a well-formed ARN; None when it was looked for and is gone."""
    queue = _queues_by_arn(snapshot).get(arn)
    place = QUEUE_ARN.fullmatch(arn)
    if queue is not None or place is None:
        return queue
    facts = snapshot.sqs
    refused = [gap for gap in gaps(facts.queues) if gap.region in {"", place["region"]}]
    if place["account"] != snapshot.account.id:
        gap = Unobserved(READ, "OtherAccount", place["region"], f"{arn} is another account's")
    elif refused:
        gap = refused[0]
    elif place["region"] not in facts.regions:
        gap = Unobserved(READ, "NotRead", place["region"], f"{arn} is in a region not scanned")
    else:
        return None
    return Queue(arn, "", place["name"], place["region"], gap)


def _redrive(queue: Queue) -> Redrive | Unobserved | None:
    """A queue that could not be read at all says so itself: here it has no redrive policy."""
    return None if isinstance(queue.attributes, Unobserved) else queue.attributes.redrive


@once_per_snapshot
def _queues_by_arn(snapshot: Snapshot) -> Mapping[str, Queue]:
    return {queue.arn: queue for queue in seen(snapshot.sqs.queues)}


@once_per_snapshot
def _feeds(snapshot: Snapshot) -> Mapping[str, Feed]:
    """What is delivered to which queue ARN."""
    feeds: dict[str, Feed] = {}
    for subscription in seen(snapshot.sns.subscriptions):
        if subscription.protocol == "sqs" and PRODUCT_TOPIC.match(subscription.topic):
            feed = feeds.get(subscription.endpoint, Feed())
            topics = (*feed.topics, subscription.topic)
            feeds[subscription.endpoint] = replace(feed, topics=topics)
    for rule in _agreement_rules(snapshot)[0]:
        for target in seen(rule.targets):
            if target.split(":")[2:3] == ["sqs"]:
                feed = feeds.get(target, Feed())
                feeds[target] = replace(feed, rules=(*feed.rules, rule.arn))
    return feeds


@once_per_snapshot
def _agreement_rules(snapshot: Snapshot) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Rules that hear agreement events, and rules whose pattern nobody can read."""
    hearing, unreadable = [], []
    for rule in seen(snapshot.events.rules):
        try:
            if hears_agreements(rule.pattern):
                hearing.append(rule)
        except ValueError:
            unreadable.append(rule)
    return tuple(hearing), tuple(unreadable)


def _feed_gaps(snapshot: Snapshot) -> Iterator[Unobserved]:
    """What may hide a subscription or rule: product topics live in us-east-1 only."""
    for gap in gaps(snapshot.sns.subscriptions):
        if gap.region in {"", HOME_REGION}:
            yield gap
    yield from gaps(snapshot.events.rules)
    hearing, unreadable = _agreement_rules(snapshot)
    for rule in hearing:
        yield from gaps(rule.targets)
    yield from map(_malformed, unreadable)


def _malformed(rule: Rule) -> Unobserved:
    return Unobserved("events:ListRules", "MalformedPattern", rule.region, f"rule {rule.name}")


@once_per_snapshot
def _named_in_policies(snapshot: Snapshot) -> tuple[str, ...]:
    """ARNs of queues whose policy names a topic of Marketplace, even where it is malformed."""
    found = []
    for queue in seen(snapshot.sqs.queues):
        policy = None if isinstance(queue.attributes, Unobserved) else queue.attributes.policy
        if isinstance(policy, Policy | Malformed) and TOPIC_IN_POLICY.search(pretty(policy)):
            found.append(queue.arn)
    return tuple(found)


def _hidden(snapshot: Snapshot, found: Mapping[str, Queue]) -> Iterator[Unobserved]:
    """Queues that may hear Marketplace, were they readable: one gap per error and region."""
    yield from gaps(snapshot.sqs.queues)
    unreadable: dict[Unobserved, list[str]] = {}
    for queue in seen(snapshot.sqs.queues):
        attributes = queue.attributes
        missing = gaps(attributes if isinstance(attributes, Unobserved) else attributes.policy)
        if queue.arn not in found and missing:
            kind = replace(missing[0], region=queue.region, detail="")
            unreadable.setdefault(kind, []).append(queue.name)
    for kind, names in unreadable.items():
        more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
        yield replace(kind, detail=f"queues {', '.join(names[:NAMED_AT_MOST])}{more}")
