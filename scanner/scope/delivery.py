"""What the delivery role may do beyond delivering, and the policy that lets it deliver (CAS-03)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from scanner.facts.snapshot import Snapshot
from scanner.policy import action_matches
from scanner.scope.cas import deliverers
from scanner.scope.holder import RoleHolder
from scanner.scope.keys import key_at
from scanner.scope.reports import (
    ANY,
    Kind,
    bucket_in,
    key_of_bucket,
    key_of_topic,
    report_buckets,
    report_topics,
    topic_in,
)
from scanner.scope.rights import Right, rights_of
from scanner.vocabulary import NotSeen, Observed, Severity, Unobserved, gaps, known, seen

PUT = "s3:PutObject"
PUBLISH = "sns:Publish"
SET_ACL = "s3:PutObjectAcl"
GET_POLICY = "iam:GetRolePolicy"
ON_BUCKETS = (PUT, "s3:GetBucketLocation")
ON_TOPICS = (PUBLISH, "sns:GetTopicAttributes")
ON_KEYS = ("kms:GenerateDataKey", "kms:GenerateDataKey*", "kms:Decrypt")


@dataclass(frozen=True, slots=True)
class Excess:
    """A right that delivering does not take, and how bad that is."""

    right: Right
    severity: Severity


def excesses(role: RoleHolder, snapshot: Snapshot) -> tuple[list[Excess], list[Unobserved]]:
    """Give the rights that go beyond delivery, and what hides whether there are more.

    A right on a resource of another service is none: one statement often names bucket and topic.
    """
    keys: Collection[str] = ()
    unsure = list(role.gaps)
    rights = [one for one in rights_of(role) if _concerns(one)]
    if any(_is_about_a_key(one) for one in rights):
        keys, missing = _delivery_keys(snapshot)
        unsure += missing
    found = []
    for right in rights:
        severity = _severity(right, role, keys)
        if severity is None or (_is_about_a_key(right) and len(unsure) > len(role.gaps)):
            continue
        found.append(Excess(right, severity))
    return found, unsure


def delivery_policy(role: RoleHolder, snapshot: Snapshot, without: Collection[Excess] = ()) -> str:
    """The policy that lets the role deliver where it does now; empty when nobody knows where.

    Keys that `without` names are left out.
    """
    profile = snapshot.profile
    rights = [one for one in rights_of(role) if _concerns(one)]
    buckets = _named(rights, PUT, bucket_in, profile.cas_buckets)
    topics = _named(rights, PUBLISH, topic_in, profile.cas_topics)
    if buckets is None or topics is None:
        return ""
    arns = [f"arn:{snapshot.account.partition}:s3:::{name}" for name in buckets]
    too_much = [one.right for one in without]
    keys = {one.resource for one in rights if _is_about_a_key(one) and one not in too_much}
    statements = [
        _allow(PUT, on=[f"{arn}/*" for arn in arns]),
        _allow("s3:GetBucketLocation", on=arns),
        _allow(*ON_TOPICS, on=topics),
        _allow("kms:GenerateDataKey", "kms:Decrypt", on=sorted(keys)),
        _allow(GET_POLICY, on=[role.arn]),
    ]
    kept = [one for one in statements if one["Resource"]]
    return json.dumps({"Version": "2012-10-17", "Statement": kept})


def deliverers_to(
    name: str, action: str, read: Callable[[str], str], snapshot: Snapshot
) -> tuple[RoleHolder, ...]:
    """The delivery roles that may do an action on a bucket or topic, also those on any.

    `read` is `bucket_in` or `topic_in`, `name` what it gives. Raises NotSeen when there may be more.
    """
    listed = deliverers(snapshot)
    unread = [gap for role in seen(listed) for gap in role.gaps]
    if gaps(listed) or unread:
        raise NotSeen(*gaps(listed), *unread)
    return tuple(
        role
        for role in seen(listed)
        if any(
            read(right.resource) in {name, ANY}
            for right in rights_of(role)
            if action_matches(right.action, action)
        )
    )


def _severity(right: Right, role: RoleHolder, keys: Collection[str]) -> Severity | None:
    """How bad a right is; None for one that delivering takes."""
    action, resource = right.action.lower(), right.resource
    if action == GET_POLICY.lower():
        return None if resource == role.arn else Severity.LOW
    if action == SET_ACL.lower() and bucket_in(resource) != ANY:
        return Severity.LOW
    delivering = (
        (_is_one_of(action, ON_BUCKETS) and bucket_in(resource) != ANY)
        or (_is_one_of(action, ON_TOPICS) and topic_in(resource) != ANY)
        or (_is_one_of(action, ON_KEYS) and resource in keys)
    )
    return None if delivering else Severity.HIGH


def _is_one_of(action: str, names: Iterable[str]) -> bool:
    return action in {name.lower() for name in names}


def _is_about_a_key(right: Right) -> bool:
    """A right to use one key, given by its ARN."""
    wild = "*" in right.resource or "?" in right.resource
    return _is_one_of(right.action.lower(), ON_KEYS) and not wild


def _concerns(right: Right) -> bool:
    """Whether a resource may be one of the action's own service."""
    service = right.action.partition(":")[0].lower()
    place = right.resource.split(":")[:3]
    wild = any(char in text for text in (service, *place) for char in "*?$")
    return wild or place[2:] == [service]


def _delivery_keys(snapshot: Snapshot) -> tuple[set[str], list[Unobserved]]:
    """ARNs of the keys that Commerce Analytics' buckets and topics are encrypted with."""
    found: set[str] = set()
    missing = [*gaps(report_buckets(snapshot)), *gaps(report_topics(snapshot))]
    for reference, region in _references(snapshot):
        try:
            found.add(_key_arn(known(reference), region, snapshot))
        except NotSeen as unseen:
            missing += unseen.gaps
    return found, missing


def _references(snapshot: Snapshot) -> Iterator[tuple[Observed[str], Observed[str]]]:
    """The keys of Commerce Analytics as its buckets and topics spell them, with their regions."""
    for one in seen(report_buckets(snapshot)):
        if Kind.CAS in one.kinds:
            yield key_of_bucket(one.bucket), one.bucket.region
    for it in seen(report_topics(snapshot)):
        if Kind.CAS in it.kinds:
            yield key_of_topic(it.topic), it.topic.region


def _key_arn(reference: str, region: Observed[str], snapshot: Snapshot) -> str:
    if not reference or ":key/" in reference:
        return reference
    return known(key_at(reference, known(region), snapshot).details).arn


def _named(
    rights: Iterable[Right], action: str, read: Callable[[str], str], profile: Collection[str]
) -> list[str] | None:
    """What an action is allowed on; None when that may be anything and the profile is silent."""
    found = {read(one.resource) for one in rights if action_matches(one.action, action)} - {""}
    if ANY in found and not profile:
        return None
    return sorted((found - {ANY}) | set(profile))


def _allow(*actions: str, on: list[str]) -> dict[str, object]:
    action = actions[0] if len(actions) == 1 else list(actions)
    return {"Effect": "Allow", "Action": action, "Resource": on}
