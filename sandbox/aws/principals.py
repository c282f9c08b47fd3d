"""Knows whose access keys are whose: the scanner, the administrator of each account, and issued sessions."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sandbox.aws import clock, identities
from sandbox.aws.permissions import Grants

SCANNER_ACCOUNT = "999988887777"
SCANNER_USER = "seller-posture"
SCANNER_ARN = f"arn:aws:iam::{SCANNER_ACCOUNT}:user/{SCANNER_USER}"
# Nobody's IAM user: it runs seeds and `python -m scanner --profile`, and no listing shows it.
ADMINISTRATOR = "sandbox-administrator"

_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_SCANNER = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"], "Resource": "*"}}'


@dataclass
class Principal:
    """Who stands behind an access key. A session names its role's id and ends at `expires`."""

    kind: Literal["scanner", "administrator", "session"]
    account: str
    arn: str
    user_id: str
    access_key: str
    secret_key: str
    role_id: str = ""
    token: str | None = None
    expires: datetime | None = None
    session_policies: tuple[str, ...] | None = None

    @property
    def expired(self) -> bool:
        """Whether the session is over."""
        return self.expires is not None and self.expires <= clock.now()

    def grants(self) -> Grants:
        """The policies that decide what this principal may do at this moment."""
        if self.kind == "scanner":
            return Grants(identity=(_SCANNER,))
        if self.kind == "administrator":
            return Grants(identity=(_ALL,))
        identity, boundary = identities.role_policies(self.account, self.role_id)
        return Grants(identity, boundary, self.session_policies)


def made_up(prefix: str, seed: str) -> str:
    """An id that looks random and is the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:16]


def administrator_of(account: str) -> Principal:
    """The administrator of an account, with the same key at each start."""
    return Principal(
        kind="administrator",
        account=account,
        arn=f"arn:aws:iam::{account}:user/{ADMINISTRATOR}",
        user_id=made_up("AIDA", f"administrator {account}"),
        access_key=made_up("AKIA", f"administrator {account}"),
        secret_key=hashlib.sha256(f"secret {account}".encode()).hexdigest()[:40],
    )


@dataclass
class Keyring:
    """All access keys that the fake AWS knows."""

    access_key: str
    secret_key: str
    session_seconds: int | None = None
    _held: dict[str, Principal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hold(
            Principal(
                kind="scanner",
                account=SCANNER_ACCOUNT,
                arn=SCANNER_ARN,
                user_id=made_up("AIDA", "scanner"),
                access_key=self.access_key,
                secret_key=self.secret_key,
            )
        )

    def hold(self, principal: Principal) -> Principal:
        """Remember a principal under its access key."""
        self._held[principal.access_key] = principal
        return principal

    def find(self, access_key: str) -> Principal | None:
        """Who holds this access key, if anybody."""
        return self._held.get(access_key)

    def open_session(  # noqa: PLR0913 - keyword-only, each names one fact
        self,
        *,
        account: str,
        role_arn: str,
        role_id: str,
        name: str,
        seconds: int,
        policies: tuple[str, ...] | None,
    ) -> Principal:
        """A new session of a role, `seconds` long unless the fake was told to shorten sessions."""
        lifetime = seconds if self.session_seconds is None else min(seconds, self.session_seconds)
        role_name = role_arn.rsplit("/", 1)[-1]
        return self.hold(
            Principal(
                kind="session",
                account=account,
                arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
                user_id=f"{role_id}:{name}",
                access_key=made_up("ASIA", secrets.token_hex(16)),
                secret_key=secrets.token_hex(20),
                role_id=role_id,
                token=base64.b64encode(secrets.token_bytes(192)).decode(),
                expires=clock.now() + timedelta(seconds=lifetime),
                session_policies=policies,
            )
        )

    def shorten_sessions(self, seconds: int | None) -> None:
        """Let open and future sessions end in at most `seconds`; None lifts it for future ones; 0 or less ends all now."""
        self.session_seconds = seconds
        if seconds is None:
            return
        limit = clock.now() + timedelta(seconds=seconds)
        for principal in list(self._held.values()):
            if principal.expires is not None and principal.expires > limit:
                principal.expires = limit
