"""The settings of one bucket, one function per question; what S3 leaves out is a default of S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer, facts_from, moment
from scanner.facts.s3 import (
    AclGrant,
    ContactFile,
    Encryption,
    LifecycleRule,
    PublicAccessBlock,
    Retention,
    Versioning,
)
from scanner.policy import Policy, parse
from scanner.vocabulary import HOME_REGION, Listed, Observed, Unobserved

T = TypeVar("T")

LOCATION = "s3:GetBucketLocation"
POLICY = "s3:GetBucketPolicy"
POLICY_STATUS = "s3:GetBucketPolicyStatus"
BLOCK = "s3:GetBucketPublicAccessBlock"
ACCOUNT_BLOCK = "s3:GetAccountPublicAccessBlock"
ACL = "s3:GetBucketAcl"
OWNERSHIP = "s3:GetBucketOwnershipControls"
ENCRYPTION = "s3:GetEncryptionConfiguration"
VERSIONING = "s3:GetBucketVersioning"
LIFECYCLE = "s3:GetLifecycleConfiguration"
OBJECT_LOCK = "s3:GetBucketObjectLockConfiguration"
CONTACTS = "s3:ListBucket"

REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
IRELAND = "eu-west-1"
"""What LocationConstraint calls EU."""
YEAR = 365
CONTACT_FILE = re.compile("(?<!test_)customer_support_contacts_data")
"""File names of Support Connection; those of its test data begin otherwise (PSC-02)."""
OBJECTS = 1_000
BLOCK_MEMBER = "PublicAccessBlockConfiguration"
NO_BLOCK = f"NoSuch{BLOCK_MEMBER}"


def region_in(said: object) -> Observed[str]:
    """A region's name as S3 gives it, unobserved when it is none."""
    if isinstance(said, str) and REGION.fullmatch(said):
        return said
    return Unobserved(LOCATION, "BadAnswer", "", "the bucket's region is odd")


def location(aws: Aws, name: str) -> Observed[str]:
    """Where a bucket is; S3 knows us-east-1 as nothing and eu-west-1 also as EU."""
    answer = aws.call("s3", "GetBucketLocation", region=aws.home, Bucket=name)
    if isinstance(answer, Unobserved):
        return answer
    said = answer.get("LocationConstraint") or HOME_REGION
    return IRELAND if said == "EU" else region_in(said)


@dataclass(frozen=True, slots=True)
class Place:
    """One bucket to ask about, in its region."""

    aws: Aws
    name: str
    region: str

    def find(self, operation: str, must: str, absent: str) -> Observed[Answer | None]:
        """Ask one question; None when S3 answers with the error code `absent`."""
        return self.aws.find(
            "s3",
            operation,
            region=self.region,
            absent=(absent,),
            must=(must,),
            Bucket=self.name,
        )


def policy(place: Place) -> Observed[Policy | None]:
    """The bucket's policy, None for none."""
    answer = place.find("GetBucketPolicy", "Policy", "NoSuchBucketPolicy")
    if answer is None or isinstance(answer, Unobserved):
        return answer
    return parse(answer["Policy"], source=POLICY)


def public_policy(place: Place) -> Observed[bool | None]:
    """Whether S3 calls the policy public: False without policy, None when S3 does not say."""
    answer = place.find("GetBucketPolicyStatus", "PolicyStatus", "NoSuchBucketPolicy")

    def public(said: Answer) -> bool | None:
        is_public = said["PolicyStatus"].get("IsPublic")
        return None if is_public is None else bool(is_public)

    return _made(answer, public, without=False, action=POLICY_STATUS, region=place.region)


def account_block(aws: Aws) -> Observed[PublicAccessBlock]:
    """Block Public Access of the account; without any, no flag is set."""
    answer = aws.find(
        "s3control",
        "GetPublicAccessBlock",
        region=aws.home,
        absent=(NO_BLOCK,),
        must=(BLOCK_MEMBER,),
        AccountId=aws.account,
    )
    return _made(answer, _flags, without=PublicAccessBlock(), action=ACCOUNT_BLOCK)


def contacts(place: Place) -> Listed[ContactFile]:
    """Objects that look like exported buyer contacts, by their keys alone."""
    listed = place.aws.pages(
        "s3",
        "ListObjectsV2",
        "Contents",
        region=place.region,
        most=place.aws.limits.object_pages,
        keep=lambda said: CONTACT_FILE.search(str(said.get("Key"))) is not None,
        Bucket=place.name,
        MaxKeys=OBJECTS,
    )

    def file(said: Answer) -> ContactFile:
        return ContactFile(str(said["Key"]), moment(said.get("LastModified")))

    return facts_from(listed, file, action=CONTACTS, region=place.region)


def _bucket_block(place: Place) -> Observed[PublicAccessBlock]:
    answer = place.find("GetPublicAccessBlock", BLOCK_MEMBER, NO_BLOCK)
    return _made(answer, _flags, without=PublicAccessBlock(), action=BLOCK, region=place.region)


def _acl(place: Place) -> Listed[AclGrant]:
    answer = place.aws.call(
        "s3", "GetBucketAcl", region=place.region, must=("Grants",), Bucket=place.name
    )
    if isinstance(answer, Unobserved):
        return answer
    return facts_from(tuple(answer["Grants"]), _grant, action=ACL, region=place.region)


def _ownership(place: Place) -> Observed[str]:
    """As S3 spells it; empty without any, as ACLs are active then."""
    member, absent = "OwnershipControls", "OwnershipControlsNotFoundError"
    answer = place.find("GetBucketOwnershipControls", member, absent)

    def owner(said: Answer) -> str:
        return str(said[member]["Rules"][0]["ObjectOwnership"])

    return _made(answer, owner, without="", action=OWNERSHIP, region=place.region)


def _encryption(place: Place) -> Observed[Encryption | None]:
    """None when S3 does not say, which real S3 always does."""
    member = "ServerSideEncryptionConfiguration"
    answer = place.find("GetBucketEncryption", member, f"{member}NotFoundError")
    return _made(
        answer,
        lambda said: _default(said[member]["Rules"]),
        without=None,
        action=ENCRYPTION,
        region=place.region,
    )


def _versioning(place: Place) -> Observed[Versioning]:
    """A bucket that never had versions has neither member."""
    answer = place.aws.call("s3", "GetBucketVersioning", region=place.region, Bucket=place.name)
    return _made(answer, _versions, without=Versioning(), action=VERSIONING, region=place.region)


def _lifecycle(place: Place) -> Listed[LifecycleRule]:
    operation = "GetBucketLifecycleConfiguration"
    answer = place.find(operation, "Rules", "NoSuchLifecycleConfiguration")
    if answer is None:
        return ()
    if isinstance(answer, Unobserved):
        return answer
    return facts_from(tuple(answer["Rules"]), _rule, action=LIFECYCLE, region=place.region)


def _object_lock(place: Place) -> Observed[Retention | None]:
    member, absent = "ObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"
    answer = place.find("GetObjectLockConfiguration", member, absent)
    return _made(
        answer,
        lambda said: _retention(said[member]),
        without=None,
        action=OBJECT_LOCK,
        region=place.region,
    )


SETTINGS: Mapping[str, tuple[str, Callable[[Place], Any]]] = {
    "block": (BLOCK, _bucket_block),
    "acl": (ACL, _acl),
    "ownership": (OWNERSHIP, _ownership),
    "encryption": (ENCRYPTION, _encryption),
    "versioning": (VERSIONING, _versioning),
    "lifecycle": (LIFECYCLE, _lifecycle),
    "object_lock": (OBJECT_LOCK, _object_lock),
}
"""Questions about a bucket, by field of the fact, with their IAM actions."""


def _made(
    answer: Observed[Answer | None],
    make: Callable[[Answer], T],
    *,
    without: T,
    action: str,
    region: str = "",
) -> Observed[T]:
    """A fact of an answer; `without` when S3 said that there is none."""
    if answer is None or isinstance(answer, Unobserved):
        return without if answer is None else answer
    try:
        return make(answer)
    except MALFORMED as fault:
        return bad_answer(action, region, fault)


def _flags(said: Answer) -> PublicAccessBlock:
    flags = said[BLOCK_MEMBER]
    return PublicAccessBlock(
        block_acls=bool(flags.get("BlockPublicAcls")),
        ignore_acls=bool(flags.get("IgnorePublicAcls")),
        block_policy=bool(flags.get("BlockPublicPolicy")),
        restrict_buckets=bool(flags.get("RestrictPublicBuckets")),
    )


def _grant(said: Answer) -> AclGrant:
    who = said["Grantee"]
    grantee = who.get("URI") or who.get("ID") or who["EmailAddress"]
    return AclGrant(str(grantee), str(said["Permission"]))


def _default(rules: list[Answer]) -> Encryption | None:
    defaults = (one.get("ApplyServerSideEncryptionByDefault") for one in rules)
    said = next((one for one in defaults if one), None)
    if said is None:
        return None
    return Encryption(str(said["SSEAlgorithm"]), str(said.get("KMSMasterKeyID") or ""))


def _versions(said: Answer) -> Versioning:
    return Versioning(str(said.get("Status") or ""), said.get("MFADelete") == "Enabled")


def _rule(said: Answer) -> LifecycleRule:
    """What a rule hits and when; the prefix may stand in three places (S3 API, LifecycleRule)."""
    filtered = said.get("Filter") or {}
    both = filtered.get("And") or {}
    expires = said.get("Expiration") or {}
    noncurrent = said.get("NoncurrentVersionExpiration") or {}
    return LifecycleRule(
        id=str(said.get("ID") or ""),
        enabled=str(said["Status"]) == "Enabled",
        prefix=str(said.get("Prefix") or filtered.get("Prefix") or both.get("Prefix") or ""),
        narrowed=any(name in part for part in (filtered, both) for name in NARROWING),
        expires_days=_number(expires.get("Days")),
        expires_on=moment(expires.get("Date")),
        noncurrent_days=_number(noncurrent.get("NoncurrentDays")),
    )


NARROWING = ("Tag", "Tags")
"""Log files carry no tags; a limit on sizes may still hit every one of them."""


def _retention(said: Answer) -> Retention | None:
    if said.get("ObjectLockEnabled") != "Enabled":
        return None
    default = (said.get("Rule") or {}).get("DefaultRetention") or {}
    days, years = _number(default.get("Days")), _number(default.get("Years"))
    return Retention(str(default.get("Mode") or ""), days or (years * YEAR if years else None))


def _number(said: int | None) -> int | None:
    return None if said is None else int(said)
