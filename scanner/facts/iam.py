"""IAM facts: users, groups, roles, policies, the account summary and the credential report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern

from scanner.policy import Policy
from scanner.vocabulary import Listed, Observed


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """A managed policy attached to a principal or group."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """A policy embedded in its owner; `owner` is the owner's ARN."""

    owner: str
    name: str
    document: Observed[Policy]

    @property
    def key(self) -> str:
        """An inline policy has no ARN of its own (design 2.11); all who ask share one text."""
        return intern(f"{self.owner}#inline-policy/{self.name}")

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class Group:
    """An IAM group."""

    name: str
    arn: str
    path: str = "/"
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user; `boundary` is the ARN of the permissions boundary, `groups` are group names."""

    name: str
    arn: str
    created: datetime
    path: str = "/"
    groups: tuple[str, ...] = ()
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The user's ARN."""
        return self.arn

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role; `last_used` is None when IAM has no use on record (400 days back)."""

    name: str
    arn: str
    created: datetime
    trust: Observed[Policy]
    path: str = "/"
    inline: tuple[InlinePolicy, ...] = ()
    attached: tuple[AttachedPolicy, ...] = ()
    boundary: str = ""
    last_used: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    instance_profiles: Listed[str] = ()
    """ARNs of the instance profiles that hold the role."""

    @property
    def key(self) -> str:
        """The role's ARN."""
        return self.arn

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """The default version of a managed policy, the customer's own or AWS's."""

    name: str
    arn: str
    attachments: int
    version: str
    document: Observed[Policy]

    @property
    def aws_managed(self) -> bool:
        """Whether AWS owns the policy and changes it at any time."""
        return self.arn.split(":")[4:5] == ["aws"]

    @property
    def key(self) -> str:
        """The policy's ARN."""
        return self.arn

    @property
    def region(self) -> str:
        """IAM is global."""
        return ""


@dataclass(frozen=True, slots=True)
class ReportKey:
    """One access key of a credential report row; dates are None for N/A and no_information."""

    active: bool
    last_rotated: datetime | None = None
    last_used: datetime | None = None
    last_used_service: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the credential report; None stands for not_supported, N/A, no_information."""

    user: str
    arn: str
    created: datetime | None
    password_enabled: bool | None
    password_last_used: datetime | None
    password_last_changed: datetime | None
    mfa_active: bool | None
    key_1: ReportKey
    key_2: ReportKey
    cert_1_active: bool = False
    cert_2_active: bool = False
    additional_credentials: str = ""

    @property
    def keys(self) -> tuple[ReportKey, ReportKey]:
        """Both access keys in the report's order."""
        return (self.key_1, self.key_2)


ROOT_ROW = "<root_account>"


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """The credential report; AWS may serve one that is up to four hours old."""

    generated: datetime
    rows: tuple[ReportRow, ...]

    @property
    def root(self) -> ReportRow | None:
        """The root user's row, if the report has one."""
        return next((row for row in self.rows if row.user == ROOT_ROW), None)


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """Live counters of GetAccountSummary; `password_present` is None when AWS leaves it out."""

    mfa_enabled: int
    access_keys_present: int
    signing_certificates_present: int
    password_present: int | None = None


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """The account's own password policy; `remembered` is None when old passwords may come back."""

    minimum_length: int
    remembered: int | None = None


@dataclass(frozen=True, slots=True)
class VirtualDevice:
    """An assigned virtual MFA device; `user` is the ARN of its user, the root user's included."""

    serial: str
    user: str


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key as ListAccessKeys names it; ids of keys are public, secrets are never read."""

    id: str
    active: bool
    created: datetime | None


@dataclass(frozen=True, slots=True)
class IamFacts:
    """All that was read of IAM.

    `password_policy` is None when IAM's default applies; `access_keys` maps the names of users of
    whom the credential report hides some keys to all their keys.
    """

    summary: Observed[AccountSummary]
    report: Observed[CredentialReport]
    users: Listed[User]
    groups: Listed[Group]
    roles: Listed[Role]
    policies: Listed[ManagedPolicy]
    password_policy: Observed[PasswordPolicy | None]
    virtual_devices: Listed[VirtualDevice]
    access_keys: Mapping[str, Listed[AccessKey]] = field(default_factory=dict)
