"""Buckets: names and policies of all, every setting of those that hold reports or logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from, unique
from scanner.collect.s3_settings import (
    ACCOUNT_BLOCK,
    CONTACTS,
    LOCATION,
    POLICY,
    POLICY_STATUS,
    SETTINGS,
    Place,
    account_block,
    contacts,
    location,
    policy,
    public_policy,
    region_in,
)
from scanner.facts.s3 import Bucket, S3Facts
from scanner.facts.unread import NOT_READ
from scanner.scope.relevance import Wanted
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, seen

LIST = "s3:ListAllMyBuckets"
ACTIONS = (
    LIST,
    LOCATION,
    POLICY,
    POLICY_STATUS,
    ACCOUNT_BLOCK,
    *(action for action, _ in SETTINGS.values()),
    CONTACTS,
)

PAGE = 1_000
SETTLED = {"region": LOCATION, "policy": POLICY}
FACTS = {
    **SETTLED,
    "public_policy": POLICY_STATUS,
    **{name: action for name, (action, _) in SETTINGS.items()},
    "contacts": CONTACTS,
}
"""What is known of a bucket, by field of the fact, and the action that reads it."""

OVER_CAP = "OverCap"
TOO_MANY = "more buckets than one scan reads"


def collect(aws: Aws, wanted: Callable[[Listed[Bucket]], Wanted]) -> S3Facts:
    """List the account's buckets with their policies, then read the settings of those wanted.

    `wanted` is given the buckets, and waits until it is known which of them matter. A bucket that
    is wanted and is not the account's own stands among them with unobserved facts, if the list is
    whole: ownership is told by the list, not by error codes (CT-06).
    """
    block = aws.begin(partial(account_block, aws))
    listed = _listed(aws)
    owned = frozenset(one.name for one in seen(listed))
    listed = _replaced(listed, _with_policies(aws, seen(listed)))
    which = wanted(listed)
    read = _with_settings(aws, seen(listed), which)
    if not gaps(listed):
        read += [_elsewhere(aws, name) for name in sorted(which.settings - owned)]
    return S3Facts(block.result(), _replaced(listed, read))


def _listed(aws: Aws) -> Listed[Bucket]:
    """The account's own buckets; S3 tells their regions only to who asks for pages."""
    said = aws.pages("s3", "ListBuckets", "Buckets", region=aws.home, MaxBuckets=PAGE)

    def bucket(one: Answer) -> Bucket:
        region = region_in(one["BucketRegion"]) if one.get("BucketRegion") else NOT_READ
        return _bucket(aws, str(one["Name"]), region=region)

    return unique(facts_from(said, bucket, action=LIST), lambda one: one.name)


def _bucket(aws: Aws, name: str, **facts: Any) -> Bucket:
    """A bucket of which nothing else was read."""
    unread = dict.fromkeys(FACTS, NOT_READ) | facts
    return Bucket(name=name, arn=f"arn:{aws.partition}:s3:::{name}", **unread)


def _elsewhere(aws: Aws, name: str) -> Bucket:
    gaps_of_all = _unread("OtherAccount", "not one of the account's own buckets")
    return _bucket(aws, name, **gaps_of_all)


def _unread(error: str, detail: str) -> Mapping[str, Unobserved]:
    return {name: Unobserved(action, error, "", detail) for name, action in FACTS.items()}


def _replaced(listed: Listed[Bucket], items: Sequence[Bucket]) -> Listed[Bucket]:
    if isinstance(listed, Unobserved):
        return listed
    return Partial(tuple(items), gaps(listed)) if gaps(listed) else tuple(items)


def _with_policies(aws: Aws, buckets: Sequence[Bucket]) -> list[Bucket]:
    """The buckets with region and policy; one that is gone meanwhile is left out."""
    most = aws.limits.details
    found = aws.each(lambda one: _with_policy(aws, one), buckets[:most])
    return [*(one for one in found if one is not None), *map(_over_cap, buckets[most:])]


def _over_cap(bucket: Bucket) -> Bucket:
    gaps_of_all = _unread(OVER_CAP, TOO_MANY)
    region = bucket.region if _is_placed(bucket) else gaps_of_all["region"]
    return replace(bucket, region=region, policy=gaps_of_all["policy"])


def _is_placed(bucket: Bucket) -> bool:
    return isinstance(bucket.region, str)


def _with_policy(aws: Aws, bucket: Bucket) -> Bucket | None:
    region = location(aws, bucket.name) if bucket.region == NOT_READ else bucket.region
    if isinstance(region, Unobserved):
        return replace(bucket, region=region, policy=region)
    found = policy(Place(aws, bucket.name, region))
    if isinstance(found, Unobserved) and found.error == "NoSuchBucket":
        return None
    return replace(bucket, region=region, policy=found)


def _with_settings(aws: Aws, buckets: Sequence[Bucket], wanted: Wanted) -> list[Bucket]:
    """All buckets, those that are wanted with everything that was asked about them at once."""
    chosen = [one for one in buckets if one.name in wanted.settings]
    asked = {
        one.name: _ask(aws, one, listing=one.name in wanted.contacts)
        for one in chosen[: aws.limits.details]
        if _is_placed(one)
    }
    found: dict[str, Mapping[str, Any]] = {one.name: _unasked(one) for one in chosen}
    for name, of in asked.items():
        found[name] = {what: said.result() for what, said in of.items()}
    return [replace(one, **found.get(one.name, {})) for one in buckets]


def _unasked(bucket: Bucket) -> Mapping[str, Unobserved]:
    """What keeps the settings from being read: where the bucket is, or how many there are."""
    settings = {k: gap for k, gap in _unread(OVER_CAP, TOO_MANY).items() if k not in SETTLED}
    if isinstance(bucket.region, Unobserved):
        return dict.fromkeys(settings, bucket.region)
    return settings


def _ask(aws: Aws, bucket: Bucket, *, listing: bool) -> dict[str, Future[Any]]:
    place = Place(aws, bucket.name, str(bucket.region))
    questions: dict[str, Callable[[Place], Any]] = {
        field: read for field, (_, read) in SETTINGS.items()
    }
    questions["public_policy"] = public_policy if bucket.policy is not None else _no_policy
    if isinstance(bucket.policy, Unobserved) and bucket.policy.error == OVER_CAP:
        questions["policy"] = policy
    if listing:
        questions["contacts"] = contacts
    return {field: aws.begin(partial(read, place)) for field, read in questions.items()}


def _no_policy(_place: Place) -> bool:
    """Where there is no policy, none is public; nobody needs to ask."""
    return False
