"""Principals of a statement: who is named, in which account, and whom that lets in (R11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scanner.policy.match import ARN_PARTS

Kind = Literal["AWS", "Service", "Federated", "CanonicalUser", "everyone"]

ACCOUNT_DIGITS = 12
DELETED_PREFIXES = ("AIDA", "AROA", "ANPA")
SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn")


def is_account(text: str) -> bool:
    """Say whether a text is an account id: twelve ASCII digits."""
    return len(text) == ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def account_of(arn: str) -> str | None:
    """Give the 12-digit account of an ARN, or None when it names none (S3, AWS-owned, patterns)."""
    parts = arn.split(":", ARN_PARTS - 1)
    if len(parts) == ARN_PARTS and parts[0] == "arn" and is_account(parts[4]):
        return parts[4]
    return None


@dataclass(frozen=True, slots=True)
class Principal:
    """One named principal; `value` is an ARN, service name, provider, canonical id or `*`.

    A 12-digit account is written as its root ARN, which AWS holds to be the same (R11).
    """

    kind: Kind
    value: str
    account: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether a whole account is named: it then hands the choice on to its own policies."""
        return self.account is not None and self.value.endswith(f":iam::{self.account}:root")

    @property
    def is_deleted(self) -> bool:
        """Whether only the id of a deleted user, role or policy is left; it matches nobody."""
        return self.kind == "AWS" and self.value.startswith(DELETED_PREFIXES)

    @property
    def is_unbounded(self) -> bool:
        """Whether anybody may be meant: `*`, or a wildcard where the account should stand.

        AWS is understood to refuse the latter on save; if one is met, it counts as everyone.
        """
        wild = "*" in self.value or "?" in self.value
        return self.kind == "everyone" or (wild and self.account is None)


def principal(kind: Kind, value: str) -> Principal:
    """Read one value of a Principal element, as `{"<kind>": "<value>"}` spells it."""
    if value == "*" and kind in ("AWS", "CanonicalUser"):
        return EVERYONE
    if kind == "AWS" and is_account(value):
        return Principal(kind, f"arn:aws:iam::{value}:root", value)
    return Principal(kind, value, account_of(value))


EVERYONE = Principal("everyone", "*")

Match = Literal["direct", "role", "account", "no"]
"""How a statement names the requester: itself or everyone, by the role or user behind its session,
by its account only, or not at all (IAM reference, Policy evaluation logic, same account)."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Who makes a request: an ARN, 12-digit account, service, provider, canonical id or `*`."""

    value: str
    account: str | None
    is_root: bool
    session_of: tuple[str, str]
    """("role", name) or ("user", name) behind a session, else two empty texts."""

    @property
    def is_session(self) -> bool:
        """Whether it acts with a session of a role or of a federated user."""
        return bool(self.session_of[0])

    @property
    def is_federated_user(self) -> bool:
        """Whether it acts with a session of GetFederationToken."""
        return self.session_of[0] == "user"

    @property
    def is_role(self) -> bool:
        """Whether it is a role, which can only act through sessions."""
        return _name_of(self.value, "role") != ""

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a service-linked role, which SCPs and RCPs leave alone (R12)."""
        role = self.value.split(":", ARN_PARTS - 1)[-1]
        linked = role.startswith("role/aws-service-role/")
        return linked or self.session_of[1].startswith("AWSServiceRoleFor")

    def is_itself(self, named: Principal) -> bool:
        """Say whether a principal is everyone or exactly this requester, by its own name."""
        return named.kind == "everyone" or (self.value != "" and named.value == self.value)

    def named_by(self, named: Principal) -> Match:
        """Say how a principal names the requester."""
        if self.is_itself(named):
            return "role" if self.is_role and named.kind == "AWS" else "direct"
        if named.is_root:
            return "account" if named.account == self.account else "no"
        kind, name = self.session_of
        if kind and named.account == self.account and _name_of(named.value, kind) == name:
            return "role"
        return "no"


def requester(value: str) -> Requester:
    """Read the principal of a request; `*` and an empty text are anonymous.

    People of an identity provider act without policies of their own: they have no account.
    """
    if is_account(value):
        value = f"arn:aws:iam::{value}:root"
    value = value.strip("*")
    account = account_of(value)
    resource = value.split(":", ARN_PARTS - 1)[-1]
    head, _, rest = resource.partition("/")
    session = ("", "")
    if account and ":sts::" in value and rest:
        if head == "assumed-role":
            session = ("role", rest.split("/", 1)[0])
        elif head == "federated-user":
            session = ("user", rest)
    if head in ("saml-provider", "oidc-provider"):
        account = None
    root = account is not None and value.endswith(f":iam::{account}:root")
    return Requester(value, account, root, session)


def _name_of(arn: str, kind: str) -> str:
    """Give the name of an IAM role or user ARN without its path; empty for anything else."""
    parts = arn.split(":", ARN_PARTS - 1)
    if len(parts) == ARN_PARTS and parts[2] == "iam" and parts[5].startswith(f"{kind}/"):
        return parts[5].rsplit("/", 1)[-1]
    return ""
