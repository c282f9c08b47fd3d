"""Typed builders of buckets and keys, with sane defaults.

A default bucket is private, without a policy, encrypted by S3, and keeps all; a default key is a
customer's own, enabled, and its policy delegates to the account.
"""

from __future__ import annotations

from scanner.facts.kms import Key, KeyDetails
from scanner.facts.s3 import (
    AclGrant,
    Bucket,
    ContactFile,
    Encryption,
    LifecycleRule,
    PublicAccessBlock,
    Retention,
    Versioning,
)
from scanner.policy import Policy
from scanner.vocabulary import HOME_REGION, Listed, Observed, Unobserved
from tests.builders import ALL_BLOCKED, OWN
from tests.documents import Document, a_policy, allow

KEY_ID = "0b01d000-0000-4000-8000-00000000000b"
OWNER_ENFORCED = "BucketOwnerEnforced"
BY_S3 = Encryption("AES256")
UNVERSIONED = Versioning()


def a_key_arn(id: str = KEY_ID, region: str = HOME_REGION, account: str = OWN) -> str:  # noqa: A002
    """The ARN of a key."""
    return f"arn:aws:kms:{region}:{account}:key/{id}"


def a_kms_key(
    *statements: Document,
    reference: str = "",
    region: str = HOME_REGION,
    manager: str = "CUSTOMER",
    state: str = "Enabled",
    refused: Unobserved | None = None,
    policy_refused: Unobserved | None = None,
) -> Key:
    """A key under its ARN, or as `reference` spells it; `statements` stand beside the root's."""
    root = allow("kms:*", to={"AWS": f"arn:aws:iam::{OWN}:root"}, sid="root")
    return Key(
        reference=reference or a_key_arn(region=region),
        region=region,
        details=refused or KeyDetails(a_key_arn(region=region), manager, state == "Enabled", state),
        policy=policy_refused or refused or a_policy(root, *statements, source="kms:GetKeyPolicy"),
    )


def a_bucket(
    name: str = "larkfield-reports",
    *,
    region: Observed[str] = HOME_REGION,
    policy: Observed[Policy | None] | Document = None,
    public_policy: Observed[bool | None] = False,
    block: Observed[PublicAccessBlock] = ALL_BLOCKED,
    acl: Listed[AclGrant] = (),
    ownership: Observed[str] = OWNER_ENFORCED,
    encryption: Observed[Encryption | None] = BY_S3,
    versioning: Observed[Versioning] = UNVERSIONED,
    lifecycle: Listed[LifecycleRule] = (),
    object_lock: Observed[Retention | None] = None,
    contacts: Listed[ContactFile] = (),
) -> Bucket:
    """A bucket of this account; `policy` may be one statement."""
    parsed = (
        policy
        if isinstance(policy, Policy | Unobserved | None)
        else a_policy(policy, source="s3:GetBucketPolicy")
    )
    return Bucket(
        name=name,
        arn=f"arn:aws:s3:::{name}",
        region=region,
        policy=parsed,
        public_policy=public_policy,
        block=block,
        acl=acl,
        ownership=ownership,
        encryption=encryption,
        versioning=versioning,
        lifecycle=lifecycle,
        object_lock=object_lock,
        contacts=contacts,
    )
