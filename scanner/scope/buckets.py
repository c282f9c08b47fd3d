"""Buckets as anybody's business: which there are, and who outside can reach them (controls.md R14).

These functions hold for any bucket; which buckets hold reports is told by `reports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.s3 import AclGrant, Bucket, PublicAccessBlock
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.scope.guests import limits_of
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import Observed, Unobserved, gaps, seen

OTHER_ACCOUNT = "OtherAccount"
OWNER_ENFORCED = "BucketOwnerEnforced"
READ_POLICY = "s3:GetBucketPolicy"
READ_STATUS = "s3:GetBucketPolicyStatus"
READ_ACL = "s3:GetBucketAcl"
READ_BLOCK = "s3:GetBucketPublicAccessBlock"
READ_ACCOUNT_BLOCK = "s3:GetAccountPublicAccessBlock"
ACTIONS_NAMED = 4

FLAGS = {
    "block_acls": "BlockPublicAcls",
    "ignore_acls": "IgnorePublicAcls",
    "block_policy": "BlockPublicPolicy",
    "restrict_buckets": "RestrictPublicBuckets",
}
"""The four flags of Block Public Access, as facts and as S3 call them."""

PUBLIC_GROUPS = {
    "/global/AllUsers": "everyone",
    "/global/AuthenticatedUsers": "everyone with an AWS account",
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """One way in which everybody can reach a bucket, as a sentence with what proves it."""

    reason: str
    evidence: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Exposures:
    """The ways that were found, and what would have to be read to know that there are no others."""

    found: tuple[Exposure, ...]
    gaps: tuple[Unobserved, ...]


def bucket_named(name: str, snapshot: Snapshot) -> Bucket | None:
    """The bucket of that name; None when it is gone.

    One that may be there, as not all buckets could be listed, has only unobserved facts; so has a
    bucket of another account, with the error OTHER_ACCOUNT.
    """
    bucket = _by_name(snapshot).get(name)
    missing = gaps(snapshot.s3.buckets)
    if bucket is None and missing:
        return _unread(name, missing[0], snapshot)
    return bucket


def region_of(bucket: Bucket) -> str:
    """The bucket's region as outcomes show it; empty when it was not read."""
    return "" if isinstance(bucket.region, Unobserved) else bucket.region


def effective_block(bucket: Bucket, snapshot: Snapshot) -> Observed[PublicAccessBlock]:
    """Give Block Public Access as it works on the bucket: each flag on its own, or the account's.

    A flag that is on at one side is on, whatever the other side hides. Unobserved when a flag
    hangs on a side that was not read. The account's flags say nothing of others' buckets.
    """
    flags = {flag: _is_on(flag, bucket, snapshot) for flag in FLAGS}
    for value in flags.values():
        if isinstance(value, Unobserved):
            return value
    return PublicAccessBlock(**{flag: value is True for flag, value in flags.items()})


def block_facts(bucket: Bucket, snapshot: Snapshot) -> tuple[Fact, ...]:
    """Show both sides of Block Public Access, with the flags that are off."""
    return (
        Fact(
            "Block Public Access of the account",
            _flags_of(snapshot.s3.account_block),
            READ_ACCOUNT_BLOCK,
        ),
        Fact("Block Public Access of the bucket", _flags_of(bucket.block), READ_BLOCK),
    )


def exposures(bucket: Bucket, snapshot: Snapshot) -> Exposures:
    """Find how the policy or the ACL opens a bucket to everybody, where nothing neutralises it.

    A policy counts when it admits everyone without naming who may pass (R9) or S3 calls it public,
    unless RestrictPublicBuckets holds; an ACL unless IgnorePublicAcls or BucketOwnerEnforced does.
    """
    answers = [*_by_policy(bucket, snapshot), *_by_acl(bucket, snapshot)]
    return Exposures(
        tuple(one for one in answers if isinstance(one, Exposure)),
        tuple(dict.fromkeys(one for one in answers if isinstance(one, Unobserved))),
    )


def open_statements(policy: Policy) -> tuple[Statement, ...]:
    """Give the Allow statements that let everybody in with no condition that names who may pass.

    Those whose every action and resource a Deny without conditions takes from all are left out.
    """
    return tuple(
        one
        for one in policy.allows()
        if one.admits_everyone() and not limits_of(one) and not _is_undone(one, policy)
    )


def _is_undone(statement: Statement, policy: Policy) -> bool:
    return statement.names_actions and any(
        deny.names_everyone()
        and not deny.conditions
        and all(deny.covers_action(action) for action in statement.actions)
        and all(deny.covers(resource) for resource in statement.resources or ("*",))
        for deny in policy.denies()
    )


def _by_policy(bucket: Bucket, snapshot: Snapshot) -> Iterator[Exposure | Unobserved]:
    restricted = _is_on("restrict_buckets", bucket, snapshot)
    policy, is_public = bucket.policy, bucket.public_policy
    open_ones = open_statements(policy) if isinstance(policy, Policy) else ()
    if restricted is True:
        return
    if not open_ones and is_public is not True:
        yield from gaps(policy)
        yield from gaps(is_public) if policy is not None else ()
    elif isinstance(restricted, Unobserved):
        yield restricted
    else:
        yield _opened_by(bucket, open_ones)


def _opened_by(bucket: Bucket, statements: tuple[Statement, ...]) -> Exposure:
    pieces: list[Piece] = []
    policy = bucket.policy
    if isinstance(policy, Policy):
        note = "The marked statements admit everyone." if statements else ""
        pieces.append(
            policy_excerpt("Bucket policy", policy, statements, note=note, read_by=READ_POLICY)
        )
    if bucket.public_policy is True:
        pieces.append(Fact("IsPublic", "true", READ_STATUS))
    if not statements:
        return Exposure(f"S3 says that the policy of bucket {bucket.name} is public.", (*pieces,))
    whole = " and ".join(f"{one.label} ({_actions(one)})" for one in statements)
    return Exposure(f"The policy of bucket {bucket.name} lets everyone in by {whole}.", (*pieces,))


def _actions(statement: Statement) -> str:
    """The actions as the policy spells them, a few of them."""
    if not statement.names_actions:
        return f"all but {', '.join(statement.not_actions[:ACTIONS_NAMED])}"
    more = ", ..." if len(statement.actions) > ACTIONS_NAMED else ""
    return ", ".join(statement.actions[:ACTIONS_NAMED]) + more


def _by_acl(bucket: Bucket, snapshot: Snapshot) -> Iterator[Exposure | Unobserved]:
    ignored = _is_on("ignore_acls", bucket, snapshot)
    if ignored is True or bucket.ownership == OWNER_ENFORCED:
        return
    public = [(one, who) for one in seen(bucket.acl) if (who := _public_group(one))]
    unsure = (*gaps(ignored), *gaps(bucket.ownership))
    if not public:
        yield from gaps(bucket.acl)
    elif unsure:
        yield from unsure
    for grant, who in () if unsure else public:
        fact = Fact("ACL grant", f"{grant.permission} to {grant.grantee}", READ_ACL)
        yield Exposure(
            f"The ACL of bucket {bucket.name} grants {grant.permission} to {who}.", (fact,)
        )


def _public_group(grant: AclGrant) -> str:
    """Who a grantee is, in words, if it is one of the two public groups."""
    return next((who for end, who in PUBLIC_GROUPS.items() if grant.grantee.endswith(end)), "")


def _is_on(flag: str, bucket: Bucket, snapshot: Snapshot) -> Observed[bool]:
    block = bucket.block
    if isinstance(block, Unobserved) and block.error == OTHER_ACCOUNT:
        return block
    sides = (block, snapshot.s3.account_block)
    if any(isinstance(side, PublicAccessBlock) and getattr(side, flag) for side in sides):
        return True
    return next((side for side in sides if isinstance(side, Unobserved)), False)


def _flags_of(block: Observed[PublicAccessBlock]) -> str:
    if isinstance(block, Unobserved):
        return "not read"
    off = [name for flag, name in FLAGS.items() if not getattr(block, flag)]
    return f"off: {', '.join(off)}" if off else "all four flags on"


@once_per_snapshot
def _by_name(snapshot: Snapshot) -> Mapping[str, Bucket]:
    return {bucket.name: bucket for bucket in seen(snapshot.s3.buckets)}


def _unread(name: str, gap: Unobserved, snapshot: Snapshot) -> Bucket:
    return Bucket(
        name=name,
        arn=f"arn:{snapshot.account.partition}:s3:::{name}",
        region=gap,
        policy=gap,
        public_policy=gap,
        block=gap,
        acl=gap,
        ownership=gap,
        encryption=gap,
        versioning=gap,
        lifecycle=gap,
        object_lock=gap,
        contacts=gap,
    )
