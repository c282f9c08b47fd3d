"""Which buckets and topics take reports: Commerce Analytics, data feeds, contact data (1.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from scanner.facts.messaging import Topic
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.policy import Malformed, Policy
from scanner.scope.buckets import OTHER_ACCOUNT, bucket_named, region_of
from scanner.scope.cas import Target, deliverers, targets
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, gaps, seen

REPORTS_SERVICE = "reports.marketplace.amazonaws.com"
READ_TOPIC = "sns:GetTopicAttributes"
NAMED_AT_MOST = 5
ANY = "*"

R = TypeVar("R")

IN_A_BUCKET = re.compile(r"arn:[^:]+:s3:[^:]*:[^:]*:(?P<name>[^/]*)")
TOPIC_ARN = re.compile(
    r"arn:[^:]+:sns:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<name>[\w.-]+)", re.ASCII
)


class Kind(StrEnum):
    """What a bucket or topic is for."""

    CAS = "Commerce Analytics"
    FEED = "data feeds"
    PSC = "Product Support Connection"


@dataclass(frozen=True, eq=False)
class ReportBucket:
    """A bucket with what it takes; the resource of CAS-06 to CAS-08 and PSC-02."""

    bucket: Bucket
    kinds: frozenset[Kind]

    @property
    def key(self) -> str:
        """The bucket's ARN."""
        return self.bucket.arn

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self.bucket.name

    @property
    def region(self) -> str:
        """Where the bucket is, as far as was read."""
        return region_of(self.bucket)


@dataclass(frozen=True, eq=False)
class ReportTopic:
    """A topic with what it announces; the resource of CAS-09."""

    topic: Topic
    kinds: frozenset[Kind]

    @property
    def key(self) -> str:
        """The topic's ARN."""
        return self.topic.arn

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.topic.name

    @property
    def region(self) -> str:
        """Where the topic is."""
        return self.topic.region


@once_per_snapshot
def report_buckets(snapshot: Snapshot) -> Listed[ReportBucket]:
    """Buckets that the delivery roles fill, that data feeds may fill, and that the profile names.

    Cut when a role, policy or list that could not be read may hide one, and when a role may write
    to any bucket and the profile does not say which. A bucket that is gone is left out.
    """
    profile = snapshot.profile
    by_role, why = _named_by_roles(snapshot, "s3:PutObject", bucket_in, profile.cas_buckets)
    feeds = [one.name for one in seen(snapshot.s3.buckets) if _serves_feeds(one.policy)]
    kinds: dict[str, set[Kind]] = {}
    for kind, names in (
        (Kind.CAS, (*by_role, *profile.cas_buckets)),
        (Kind.FEED, (*feeds, *profile.feed_buckets)),
        (Kind.PSC, profile.psc_buckets),
    ):
        for name in names:
            kinds.setdefault(name, set()).add(kind)
    found = []
    for name, of in kinds.items():
        bucket = bucket_named(name, snapshot)
        if bucket is not None:
            found.append(ReportBucket(bucket, frozenset(of)))
    why += [*gaps(snapshot.s3.buckets), *_unread_policies(snapshot, kinds)]
    if profile.data_feeds and not (feeds or profile.feed_buckets):
        why.append(_missing(f"data feeds, but no bucket policy names {REPORTS_SERVICE}"))
    return _listed(found, why)


@once_per_snapshot
def report_topics(snapshot: Snapshot) -> Listed[ReportTopic]:
    """Topics that the delivery roles publish to, that data feeds may use, and that the profile names.

    Cut like `report_buckets`. A topic that is gone is left out; one of another account, and one
    that may be there, has unobserved attributes.
    """
    profile = snapshot.profile
    by_role, why = _named_by_roles(snapshot, "sns:Publish", topic_in, profile.cas_topics)
    feeds = [one.arn for one in seen(snapshot.sns.topics) if _serves_feeds(policy_of(one))]
    kinds: dict[str, set[Kind]] = {}
    for kind, arns in ((Kind.CAS, (*by_role, *profile.cas_topics)), (Kind.FEED, feeds)):
        for arn in arns:
            kinds.setdefault(arn, set()).add(kind)
    found = []
    for arn, of in kinds.items():
        topic = _topic_at(arn, snapshot)
        if isinstance(topic, Topic):
            found.append(ReportTopic(topic, frozenset(of)))
        elif topic is not None:
            why.append(topic)
    why += [*gaps(snapshot.sns.topics), *_unread_topics(snapshot, kinds)]
    return _listed(found, why)


def key_of_bucket(bucket: Bucket) -> Observed[str]:
    """The key that a bucket is encrypted with, as it is spelled; empty for S3's own."""
    encryption = bucket.encryption
    if isinstance(encryption, Unobserved):
        return encryption
    return encryption.kms_key if encryption else ""


def key_of_topic(topic: Topic) -> Observed[str]:
    """The key that a topic is encrypted with, as it is spelled; empty for none."""
    attributes = topic.attributes
    return attributes if isinstance(attributes, Unobserved) else attributes.kms_key


def bucket_in(resource: str) -> str:
    """The bucket that a policy's resource is about: its name, ANY, or empty for another service."""
    found = IN_A_BUCKET.match(resource)
    if found is not None:
        return ANY if _is_wild(found["name"]) else found["name"]
    return ANY if _is_wild(_service_of(resource)) else ""


def topic_in(resource: str) -> str:
    """The topic that a policy's resource is about: its ARN, ANY, or empty for another service."""
    if TOPIC_ARN.fullmatch(resource):
        return resource
    return ANY if ":sns" in resource or _is_wild(_service_of(resource)) else ""


def _service_of(resource: str) -> str:
    return ":".join(resource.split(":")[:3])


def _is_wild(text: str) -> bool:
    return any(char in text for char in "*?$")


def _named_by_roles(
    snapshot: Snapshot, action: str, read: Callable[[str], str], named: Iterable[str]
) -> tuple[list[str], list[Unobserved]]:
    """What the delivery roles name, and what hides more; `named` is what the profile names."""
    listed = targets(snapshot, action)
    why = list(gaps(listed))
    if snapshot.profile.cas_enrolled and not (seen(deliverers(snapshot)) or named):
        why.append(_missing(f"Commerce Analytics, but no role trusts account {CAS_ACCOUNT}"))
    names = []
    for target in seen(listed):
        name = read(target.resource)
        if name and name != ANY:
            names.append(name)
        elif name and not named:
            why.append(_unnamed(target, action))
    return names, why


def _unnamed(target: Target, action: str) -> Unobserved:
    return Unobserved(
        "",
        "NotNamed",
        detail=f"role {target.role} has {action} on {target.resource}, and the profile does not"
        " say which of them Commerce Analytics uses",
    )


def _missing(what: str) -> Unobserved:
    return Unobserved("", "NotFound", detail=f"the profile says that the account uses {what}")


def _serves_feeds(policy: object) -> bool:
    """Whether a policy lets the reports service in; one that is malformed when it speaks of it."""
    if isinstance(policy, Malformed):
        return REPORTS_SERVICE in policy.text
    return isinstance(policy, Policy) and any(
        REPORTS_SERVICE in one.services() for one in policy.allows()
    )


def _unread_policies(snapshot: Snapshot, found: Collection[str]) -> Iterator[Unobserved]:
    """Buckets that may serve data feeds, were their policies readable."""
    buckets = [one for one in seen(snapshot.s3.buckets) if one.name not in found]
    return _hidden("buckets", [(one.name, "", one.policy) for one in buckets])


def _unread_topics(snapshot: Snapshot, found: Collection[str]) -> Iterator[Unobserved]:
    topics = [one for one in seen(snapshot.sns.topics) if one.arn not in found]
    return _hidden("topics", [(one.name, one.region, policy_of(one)) for one in topics])


def _hidden(what: str, policies: Iterable[tuple[str, str, object]]) -> Iterator[Unobserved]:
    """One gap per error and region, with the names of what was not read."""
    unreadable: dict[Unobserved, list[str]] = {}
    for name, region, policy in policies:
        if isinstance(policy, Unobserved):
            kind = Unobserved(policy.action, policy.error, region)
            unreadable.setdefault(kind, []).append(name)
    for kind, names in unreadable.items():
        more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
        yield replace(kind, detail=f"policy of {what} {', '.join(names[:NAMED_AT_MOST])}{more}")


def policy_of(topic: Topic) -> Observed[Policy | None]:
    """The topic's policy, unobserved as well when none of its attributes was read."""
    attributes = topic.attributes
    return attributes if isinstance(attributes, Unobserved) else attributes.policy


def _topic_at(arn: str, snapshot: Snapshot) -> Topic | Unobserved | None:
    """The topic with an ARN, a gap for what is no topic's ARN, None for a topic that is gone."""
    place = TOPIC_ARN.fullmatch(arn)
    if place is None:
        return Unobserved(READ_TOPIC, "MalformedArn", detail=f"{arn} is no topic's ARN")
    for topic in seen(snapshot.sns.topics):
        if topic.arn == arn:
            return topic
    refused = [gap for gap in gaps(snapshot.sns.topics) if gap.region in {"", place["region"]}]
    if place["account"] != snapshot.account.id:
        detail = f"{arn} is another account's"
        gap = Unobserved(READ_TOPIC, OTHER_ACCOUNT, place["region"], detail)
    elif refused:
        gap = refused[0]
    else:
        return None
    return Topic(arn, place["name"], place["region"], gap)


def _listed(found: list[R], why: list[Unobserved]) -> Listed[R]:
    return Partial(tuple(found), tuple(dict.fromkeys(why))) if why else tuple(found)
