"""Who may delete the logs in a bucket, or what protects them, without being administrator (CT-07)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scanner.facts.s3 import Bucket
from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Policy, Principal, Statement
from scanner.policy.match import matches
from scanner.policy.principals import requester
from scanner.scope.administrators import is_administrator
from scanner.scope.buckets import effective_block
from scanner.scope.guests import (
    CALLERS,
    CALLING_ORGANIZATIONS,
    EVERYBODY,
    SOURCE_ORGANIZATIONS,
    SOURCES,
    called,
    is_refused_to_all,
    limits_of,
    who,
)
from scanner.scope.holder import Held, Holder
from scanner.scope.principals import principals
from scanner.scope.strangers import admissions
from scanner.scope.trail_buckets import LogBucket
from scanner.vocabulary import Unobserved, gaps, seen

ON_OBJECTS = ("s3:DeleteObject", "s3:DeleteObjectVersion")
ON_THE_BUCKET = ("s3:PutLifecycleConfiguration", "s3:PutBucketPolicy")
Places = Mapping[str, str]
"""Where each of the actions has to be allowed: the bucket's ARN, or the pattern of its objects."""


@dataclass(frozen=True, slots=True)
class Changer:
    """Somebody who may change logs, by the bucket's policy or else by own policies."""

    name: str
    by_bucket: bool


def changers(log: LogBucket, bucket: Bucket, snapshot: Snapshot) -> Iterator[Changer | Unobserved]:
    """Give users, roles and guests that may change logs, and the gaps that may hide some.

    An approved account is no administrator either, and counts.
    """
    places = dict.fromkeys(ON_OBJECTS, f"{log.key}/*") | dict.fromkeys(ON_THE_BUCKET, log.key)
    policy = bucket.policy if isinstance(bucket.policy, Policy) else None
    if policy is not None:
        places = {
            action: place
            for action, place in places.items()
            if not is_refused_to_all(policy, action, place)
        }
    listed = principals(snapshot)
    yield from (*gaps(listed), *gaps(bucket.policy))
    for holder in seen(listed):
        if is_administrator(holder):
            continue
        name = f"{holder.kind} {holder.name}"
        if _may_change(holder, places):
            yield Changer(name, by_bucket=False)
        elif policy is not None and _is_let_in(holder, policy, places, snapshot):
            yield Changer(name, by_bucket=True)
        else:
            yield from holder.gaps
    if policy is not None:
        yield from _guests(policy, bucket, places, snapshot)


def _may_change(holder: Holder, places: Places, *, by: Policy | None = None) -> bool:
    """Whether a holder is granted one of the actions in its place, `by` one policy or by any."""
    return any(
        grant.statement.reaches(place)
        for action, place in places.items()
        for grant in holder.grants(frozenset(places)).of({action})
        if by is None or grant.policy == by
    )


def _is_let_in(holder: Holder, policy: Policy, places: Places, snapshot: Snapshot) -> bool:
    """Judge what the bucket's policy says of a holder as if it were a policy of its own.

    The holder's own Denies count, and the boundary of a role: that of a user does not limit what a
    resource policy grants to it (IAM reference, Policy evaluation logic).
    """
    about = tuple(one for one in policy.statements if _is_about(one, holder, snapshot))
    if not any(one.allows for one in about):
        return False
    told = replace(policy, statements=about)
    held = (*holder.held, Held("bucket policy", "#bucket-policy", told))
    boundary = holder.boundary if holder.kind == "role" else None
    return _may_change(replace(holder, held=held, boundary=boundary), places, by=told)


def _is_about(statement: Statement, holder: Holder, snapshot: Snapshot) -> bool:
    """Whether a statement is about a user or role.

    A Deny of the account is about all in it; an Allow leaves them to their own policies.
    """

    def is_meant(named: Principal) -> bool:
        whole_account = named.is_root and named.account == snapshot.account.id
        return _is(named, holder) or (whole_account and not statement.allows)

    excepted = statement.not_principals
    if excepted is not None:
        named = not any(map(is_meant, excepted))
    else:
        named = any(map(is_meant, statement.principals or ()))
    limits = limits_of(statement) if statement.allows else ()
    return named and all(_passes(one, holder, snapshot) for one in limits)


def _is(named: Principal, holder: Holder) -> bool:
    if named.is_unbounded or matches(named.value, holder.arn):
        return True
    session, own = requester(named.value), requester(holder.arn)
    return session.account == own.account and session.session_of == (holder.kind, holder.name)


def _passes(limit: Condition, holder: Holder, snapshot: Snapshot) -> bool:
    """Whether a user or role may pass a condition that names who does; unread, it may."""

    def is_about(*keys: str) -> bool:
        return any(limit.is_about(key) for key in keys)

    if is_about("aws:PrincipalArn"):
        return any(matches(value, holder.arn) for value in limit.values)
    if is_about(*CALLERS):
        return snapshot.account.id in limit.values
    if is_about(*CALLING_ORGANIZATIONS):
        own = snapshot.organizations.organization
        return isinstance(own, Unobserved) or (own is not None and own.id in map(who, limit.values))
    return not is_about(*SOURCES, *SOURCE_ORGANIZATIONS)


def _guests(
    policy: Policy, bucket: Bucket, places: Places, snapshot: Snapshot
) -> Iterator[Changer | Unobserved]:
    own, approves = snapshot.account.id, snapshot.profile.approves
    found = {
        one.stranger: None
        for action, place in places.items()
        for one in admissions(policy, place, (action,), snapshot, ours=(own,))
    }
    for stranger in found:
        if isinstance(stranger, Unobserved):
            yield stranger
        elif stranger == EVERYBODY:
            yield from _everybody(bucket, snapshot)
        else:
            yield Changer(called(stranger, approved=approves(stranger, own)), by_bucket=True)


def _everybody(bucket: Bucket, snapshot: Snapshot) -> Iterator[Changer | Unobserved]:
    """Everybody, unless Block Public Access leaves the public and other accounts out (R14)."""
    block = effective_block(bucket, snapshot)
    if isinstance(block, Unobserved):
        yield block
    elif not block.restrict_buckets:
        yield Changer(called(EVERYBODY), by_bucket=True)
