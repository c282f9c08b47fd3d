"""S3 facts: the account's buckets, and the settings of those that matter to a seller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scanner.policy import Policy
from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four flags of a Block Public Access setting, of an account or of a bucket."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict_buckets: bool = False


@dataclass(frozen=True, slots=True)
class AclGrant:
    """One grant of a bucket's ACL: `grantee` is a canonical id or the URI of a group."""

    grantee: str
    permission: str


@dataclass(frozen=True, slots=True)
class Encryption:
    """Default encryption: AES256, aws:kms or aws:kms:dsse, and the key as it is spelled."""

    algorithm: str
    kms_key: str = ""


@dataclass(frozen=True, slots=True)
class Versioning:
    """Enabled, Suspended or empty; `mfa_delete` is True when deleting takes an MFA code."""

    status: str = ""
    mfa_delete: bool = False


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """One lifecycle rule; `narrowed` when a tag filter leaves objects of the prefix out."""

    id: str
    enabled: bool
    prefix: str = ""
    narrowed: bool = False
    expires_days: int | None = None
    expires_on: datetime | None = None
    noncurrent_days: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """Default retention of an Object Lock; `days` is None when the lock has no default."""

    mode: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class ContactFile:
    """An object whose key looks like exported buyer contacts; its content is never read."""

    key: str
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket; everything but the policy is read of report and log buckets only.

    `policy` is None for none; `public_policy` is None when S3 did not say IsPublic; `ownership` is
    empty when ACLs are active; `contacts` are objects that look like exported buyer contacts.
    """

    name: str
    arn: str
    region: Observed[str]
    policy: Observed[Policy | None]
    public_policy: Observed[bool | None]
    block: Observed[PublicAccessBlock]
    acl: Listed[AclGrant]
    ownership: Observed[str]
    encryption: Observed[Encryption | None]
    versioning: Observed[Versioning]
    lifecycle: Listed[LifecycleRule]
    object_lock: Observed[Retention | None]
    contacts: Listed[ContactFile]

    @property
    def key(self) -> str:
        """The bucket's ARN."""
        return self.arn


@dataclass(frozen=True, slots=True)
class S3Facts:
    """All that was read of S3: the account's own flags, and the buckets that it owns."""

    account_block: Observed[PublicAccessBlock]
    buckets: Listed[Bucket]
