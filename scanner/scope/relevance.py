"""Which buckets, topics, keys and more a seller's posture hangs on: what collectors ask about (1.7).

All of it is told from a snapshot of what was read so far; what was not read names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.scope.cas import targets
from scanner.scope.principals import holding, roles
from scanner.scope.reports import ANY, TOPIC_ARN, bucket_in, report_buckets, topic_in
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, merged, seen

KEY_ARN = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:", re.ASCII)
AWS_ALIAS = re.compile(r"(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?alias/aws/")
"""Keys that AWS manages, by their aliases: nothing about them needs to be read (SQS-05)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of buckets whose settings matter, and of those that may hold buyers' contacts."""

    settings: frozenset[str]
    contacts: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeyName:
    """A key as something names it, by id, ARN, alias or alias ARN, and its region."""

    reference: str
    region: str


def wanted_buckets(snapshot: Snapshot) -> Wanted:
    """Buckets of Commerce Analytics, data feeds, Support Connection and trails; owned or not."""
    profile = snapshot.profile
    delivered = _named_by_roles(snapshot, "s3:PutObject", bucket_in)
    contacts = {*delivered, *profile.cas_buckets, *profile.psc_buckets}
    feeds = {*profile.feed_buckets, *(one.name for one in seen(report_buckets(snapshot)))}
    trails = {one.bucket for one in seen(snapshot.cloudtrail.trails) if one.bucket}
    return Wanted(frozenset(contacts | feeds | trails), frozenset(contacts))


def named_topics(snapshot: Snapshot) -> frozenset[str]:
    """ARNs of this account's topics that a delivery role or the profile names."""
    named = {*_named_by_roles(snapshot, "sns:Publish", topic_in), *snapshot.profile.cas_topics}
    places = (TOPIC_ARN.fullmatch(arn) for arn in named)
    own = (one for one in places if one is not None and one["account"] == snapshot.account.id)
    return frozenset(one.string for one in own)


def region_of_topic(arn: str) -> str:
    """The region that a topic's ARN names; raises ValueError for what is no topic's ARN."""
    place = TOPIC_ARN.fullmatch(arn)
    if place is None:
        raise ValueError(f"{arn} is no topic's ARN")
    return place["region"]


def named_keys(snapshot: Snapshot) -> tuple[KeyName, ...]:
    """Keys that queues, topics, trails and buckets name, each once, those of AWS left out."""
    named = chain(
        _of_queues(snapshot), _of_topics(snapshot), _of_trails(snapshot), _of_buckets(snapshot)
    )
    told = (_placed(one) for one in named if one.reference and not AWS_ALIAS.match(one.reference))
    return tuple(dict.fromkeys(told))


def log_groups(snapshot: Snapshot) -> tuple[str, ...]:
    """ARNs of the log groups that trails write to; alarms on what they hold are in their regions."""
    named = (trail.log_group for trail in seen(snapshot.cloudtrail.trails) if trail.log_group)
    return tuple(dict.fromkeys(named))


def metering_profiles(snapshot: Snapshot) -> Listed[str]:
    """ARNs of the instance profiles of roles that may meter, or may do so by what was not read."""
    listed = holding(roles(snapshot), METER)
    if isinstance(listed, Unobserved):
        return listed
    profiles = (one.role.instance_profiles for one in seen(listed))
    missing: Listed[str] = Partial((), gaps(listed)) if gaps(listed) else ()
    return merged(missing, *profiles)


def _named_by_roles(snapshot: Snapshot, action: str, read: Callable[[str], str]) -> frozenset[str]:
    """What the delivery roles name for an action; who may reach anything names nothing."""
    named = (read(target.resource) for target in seen(targets(snapshot, action)))
    return frozenset(name for name in named if name and name != ANY)


def _placed(named: KeyName) -> KeyName:
    """An ARN says itself in which region the key is."""
    place = KEY_ARN.match(named.reference)
    return KeyName(named.reference, place["region"]) if place else named


def _of_queues(snapshot: Snapshot) -> Iterator[KeyName]:
    for queue in seen(snapshot.sqs.queues):
        if not isinstance(queue.attributes, Unobserved):
            yield KeyName(queue.attributes.kms_key, queue.region)


def _of_topics(snapshot: Snapshot) -> Iterator[KeyName]:
    for topic in seen(snapshot.sns.topics):
        if not isinstance(topic.attributes, Unobserved):
            yield KeyName(topic.attributes.kms_key, topic.region)


def _of_trails(snapshot: Snapshot) -> Iterator[KeyName]:
    for trail in seen(snapshot.cloudtrail.trails):
        yield KeyName(trail.kms_key, trail.home_region)


def _of_buckets(snapshot: Snapshot) -> Iterator[KeyName]:
    for bucket in seen(snapshot.s3.buckets):
        encryption, region = bucket.encryption, bucket.region
        if encryption and not isinstance(encryption, Unobserved) and isinstance(region, str):
            yield KeyName(encryption.kms_key, region)
