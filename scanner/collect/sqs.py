"""Queues of the home region, and every other queue of the account that something names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer
from scanner.facts.messaging import (
    EventsFacts,
    Queue,
    QueueAttributes,
    Redrive,
    SnsFacts,
    SqsFacts,
)
from scanner.facts.profile import Profile
from scanner.policy import Policy, parse
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, seen

LIST = "sqs:ListQueues"
READ = "sqs:GetQueueAttributes"
ACTIONS = (LIST, READ)

PAGE = 1_000
GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
ARN = re.compile(
    r"arn:[a-z-]+:sqs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[\w.-]+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a queue is asked for."""

    arn: str
    url: str
    name: str
    region: str


def collect(aws: Aws, sns: SnsFacts, events: EventsFacts, profile: Profile) -> SqsFacts:
    """Read the attributes of all queues, then of their dead-letter queues, until none is new."""
    listed = aws.pages("sqs", "ListQueues", "QueueUrls", region=aws.home, MaxResults=PAGE)
    named = [*_endpoints(sns), *_targets(events), *profile.queues]
    places = {place.arn: place for place in _places(aws, named)}
    places.update({place.arn: place for place in _listed(aws, seen(listed))})
    queues: dict[str, Queue] = {}
    regions = {aws.home}
    while places:
        room = max(0, aws.limits.details - len(queues))
        asked, left = list(places.values())[:room], list(places.values())[room:]
        found = aws.each(lambda place: _read(aws, place), asked)
        regions.update(place.region for place in places.values())
        queues.update({queue.arn: queue for queue in found if queue is not None})
        queues.update({place.arn: _unasked(place) for place in left})
        done = {place.arn for place in places.values()} | queues.keys()
        deeper = [one for queue in found for one in _dead_letters(queue)]
        places = {place.arn: place for place in _places(aws, deeper) if place.arn not in done}
    items = tuple(queues[arn] for arn in sorted(queues))
    whole: Listed[Queue] = Partial(items, gaps(listed)) if gaps(listed) else items
    if isinstance(listed, Unobserved) and not items:
        whole = listed
    return SqsFacts(whole, tuple(sorted(regions)))


def _endpoints(sns: SnsFacts) -> Iterator[str]:
    return (one.endpoint for one in seen(sns.subscriptions) if one.protocol == "sqs")


def _targets(events: EventsFacts) -> Iterator[str]:
    return (target for rule in seen(events.rules) for target in seen(rule.targets))


def _places(aws: Aws, arns: Iterable[str]) -> Iterator[Place]:
    """Where to ask for the queues of this account among some ARNs."""
    for arn in arns:
        found = ARN.fullmatch(arn)
        if found is not None and found["account"] == aws.account:
            region, name = found["region"], found["name"]
            url = f"{aws.endpoint('sqs', region)}/{aws.account}/{name}"
            yield Place(arn, url, name, region)


def _listed(aws: Aws, urls: Iterable[Answer]) -> Iterator[Place]:
    for url in map(str, urls):
        name = url.rsplit("/", 1)[-1]
        arn = f"arn:{aws.partition}:sqs:{aws.home}:{aws.account}:{name}"
        yield Place(arn, url, name, aws.home)


def _unasked(place: Place) -> Queue:
    gap = Unobserved(READ, "OverCap", place.region, "more queues than one scan reads")
    return Queue(place.arn, place.url, place.name, place.region, gap)


def _read(aws: Aws, place: Place) -> Queue | None:
    """The queue with its attributes; None when it no longer exists."""
    answer = aws.find(
        "sqs",
        "GetQueueAttributes",
        region=place.region,
        absent=GONE,
        must=("Attributes",),
        QueueUrl=place.url,
        AttributeNames=["All"],
    )
    if answer is None:
        return None
    attributes: Observed[QueueAttributes]
    if isinstance(answer, Unobserved):
        attributes = answer
    else:
        try:
            attributes = _attributes(answer["Attributes"], place)
        except MALFORMED as fault:
            attributes = bad_answer(READ, place.region, fault)
    return Queue(place.arn, place.url, place.name, place.region, attributes)


def _attributes(said: Answer, place: Place) -> Observed[QueueAttributes]:
    """What SQS says of the queue; nothing when it does not say that it speaks of this one.

    With AttributeNames=All the answer always holds QueueArn (SQS API, GetQueueAttributes).
    """
    if said.get("QueueArn") != place.arn:
        detail = "QueueArn is missing or names another queue"
        return Unobserved(READ, "BadAnswer", place.region, detail)
    retention = said.get("MessageRetentionPeriod")
    waiting = said.get("ApproximateNumberOfMessages")
    return QueueAttributes(
        policy=_policy(said.get("Policy")),
        kms_key=said.get("KmsMasterKeyId", ""),
        sse_managed=said.get("SqsManagedSseEnabled"),
        retention=None if retention is None else int(retention),
        redrive=_redrive(said.get("RedrivePolicy"), place.region),
        waiting=None if waiting is None else int(waiting),
    )


def _policy(text: str | None) -> Observed[Policy | None]:
    """An absent or empty attribute is no policy (R1)."""
    return parse(text, source=READ) if text else None


def _redrive(text: str | None, region: str) -> Observed[Redrive | None]:
    if not text:
        return None
    try:
        said = json.loads(text)
        return Redrive(str(said["deadLetterTargetArn"]), int(said["maxReceiveCount"]))
    except (*MALFORMED, RecursionError):
        return Unobserved(READ, "MalformedRedrivePolicy", region)


def _dead_letters(queue: Queue | None) -> Iterator[str]:
    if queue is None or isinstance(queue.attributes, Unobserved):
        return
    redrive = queue.attributes.redrive
    if isinstance(redrive, Redrive):
        yield redrive.target
