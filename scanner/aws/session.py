"""Ways into an account: our own credentials, and the seller's role assumed with its external id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from scanner.aws.actions import SESSION_POLICY_LIMIT, session_policy
from scanner.aws.asking import Limits, Service
from scanner.aws.trouble import CannotReach, Trouble
from scanner.aws.why import why_not_assumed, why_not_ours, why_unreachable
from scanner.aws.wire import client_of, send, watch_bodies

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session

HOMES = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
"""The region whose STS and global endpoints we ask, by partition."""

ROLE_ARN = re.compile(
    r"^arn:(?P<partition>aws|aws-cn|aws-us-gov):iam::(?P<account>\d{12}):role/(?P<name>[\w+=,.@/-]{1,576})$",
    re.ASCII,
)
EXTERNAL_ID = re.compile(r"^[\w+=,.@:/-]{2,1224}$", re.ASCII)
SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
SESSION_NAME_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Role:
    """The seller's role and how we introduce ourselves to it."""

    arn: str
    external_id: str = field(repr=False)
    session_name: str = "seller-posture"

    def __post_init__(self) -> None:
        """Raises CannotReach("wrong_arn" or "wrong_external_id") for texts AWS would not take."""
        if ROLE_ARN.match(self.arn) is None:
            raise CannotReach(
                "wrong_arn",
                "This is not the ARN of an IAM role.",
                "Copy the role's ARN from the IAM console; it looks like "
                "arn:aws:iam::111122223333:role/SellerPostureScan.",
            )
        if EXTERNAL_ID.match(self.external_id) is None:
            raise CannotReach(
                "wrong_external_id",
                "This external id is not one that AWS accepts.",
                "Use the external id exactly as it was issued: 2 to 1,224 letters, digits "
                "and any of + = , . @ : / -",
            )

    @property
    def account(self) -> str:
        """The 12-digit id of the account that owns the role."""
        return self.arn.split(":")[4]

    @property
    def partition(self) -> str:
        """aws, aws-cn or aws-us-gov."""
        return self.arn.split(":")[1]


@dataclass(frozen=True, slots=True)
class Keys:
    """Temporary credentials; never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires: datetime


def session_name(scan: str) -> str:
    """Give a RoleSessionName that shows our name and the scan's id in the seller's trail."""
    return SESSION_NAME.sub("-", f"seller-posture-{scan}")[:SESSION_NAME_LIMIT]


@cache
def models() -> Loader:
    """One loader per process, so that every service model is read and parsed once."""
    from botocore.loaders import Loader

    return Loader()


def preload(services: Iterable[str]) -> None:
    """Parse service models now, for example before a worker forks its children."""
    for service in services:
        models().load_service_model(service, "service-2")
        models().load_service_model(service, "endpoint-rule-set-1")


def open_session(profile: str = "") -> Session:
    """Give a botocore session with our own credentials, from the environment or a profile.

    Raises CannotReach("own_credentials_missing") when the profile does not exist.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        session = Session(profile=profile or None)
        session.get_scoped_config()
    except BotoCoreError as error:
        raise why_not_ours(type(error).__name__) from None
    session.register_component("data_loader", models())
    session.set_config_variable("sts_regional_endpoints", "regional")
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=parse_time)
    return session


def parse_time(value: Any) -> datetime:
    """Read a timestamp of an answer; ISO 8601, by far the most, without botocore's slow way."""
    from botocore.utils import parse_timestamp

    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return parse_timestamp(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return parse_timestamp(value)


def sts_of(session: Session, home: str, limits: Limits) -> Any:
    """Give an STS client of the home region whose answers must be whole."""
    client = client_of(session, Service("sts", home), limits)
    watch_bodies(client)
    return client


def own_sts(home: str, limits: Limits) -> Any:
    """Give an STS client with our own credentials; raises CannotReach when there are none."""
    return sts_of(open_session(), home, limits)


def own_identity(sts: Any) -> str:
    """Give the ARN that we are known by; raises CannotReach when AWS does not know us."""
    try:
        return str(send(sts, "GetCallerIdentity", {})["Arn"])
    except Trouble as trouble:
        raise why_unreachable(trouble) from None


def assume(
    sts: Any, role: Role, *, external_id: str | None, policy: str | None, limits: Limits
) -> Keys:
    """Assume the role with this external id (None: without any) and session policy.

    Raises Trouble as STS spells it, CannotReach("session_policy_too_large") before asking.
    """
    if policy is not None and len(policy) > SESSION_POLICY_LIMIT:
        raise CannotReach(
            "session_policy_too_large",
            f"The session policy would have {len(policy)} characters, AWS takes 2,048.",
            "Scan fewer topics at once.",
        )
    params: dict[str, Any] = {
        "RoleArn": role.arn,
        "RoleSessionName": role.session_name,
        "DurationSeconds": limits.session,
    }
    if external_id is not None:
        params["ExternalId"] = external_id
    if policy is not None:
        params["Policy"] = policy
    answer = send(sts, "AssumeRole", params)
    given = answer["Credentials"]
    return Keys(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"]
    )


def assumed_session(
    own: Session, role: Role, *, actions: Iterable[str], limits: Limits
) -> tuple[Session, Callable[[], bool]]:
    """Assume the role, narrowed to the actions; give its session and how to renew it at once.

    botocore renews the credentials by itself when `limits.refresh_before` seconds are left.
    Raises CannotReach with the cause and advice.
    """
    from botocore.credentials import RefreshableCredentials

    sts = sts_of(own, HOMES[role.partition], limits)
    policy = session_policy(actions)
    late: list[bool] = []

    def fetch() -> dict[str, Any]:
        late.clear()
        try:
            keys = assume(sts, role, external_id=role.external_id, policy=policy, limits=limits)
        except Trouble as trouble:
            raise why_not_assumed(trouble, role.arn) from None
        return {
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "token": keys.token,
            "expiry_time": keys.expires.isoformat(),
        }

    def clock() -> datetime:
        now = datetime.now(UTC)  # noqa: TID251 - compared with the expiry that STS set
        return now + timedelta(days=1) if late else now

    def renew() -> bool:
        late.append(True)
        credentials.get_frozen_credentials()
        return True

    first = fetch()
    credentials = RefreshableCredentials(
        access_key=first["access_key"],
        secret_key=first["secret_key"],
        token=first["token"],
        expiry_time=datetime.fromisoformat(first["expiry_time"]),
        refresh_using=fetch,
        method="assume-role",
        time_fetcher=clock,
        advisory_timeout=limits.refresh_before,
        mandatory_timeout=limits.refresh_before // 5,
    )
    session = open_session(own.profile or "")
    session.register_component("credential_provider", _Given(credentials))
    return session, renew


class _Given:
    """The credential provider of a session whose credentials are already there."""

    def __init__(self, credentials: object) -> None:
        self._credentials = credentials

    def load_credentials(self) -> object:
        return self._credentials
