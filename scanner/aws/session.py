"""Ways into an account: our own credentials, and the seller's role assumed with its external id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from scanner.aws.actions import SESSION_POLICY_LIMIT, session_policy
from scanner.aws.asking import Limits, Service
from scanner.aws.keys import Keeper, Keys
from scanner.aws.trouble import CannotReach, Trouble
from scanner.aws.why import why_not_assumed, why_not_ours, why_unreachable
from scanner.aws.wire import client_of, send, watch_bodies

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.loaders import Loader
    from botocore.session import Session

HOMES = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
"""The region whose STS and global endpoints we ask, by partition."""

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""Partitions by how the names of their regions begin; all others are aws."""

ROLE_ARN = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):iam::(?P<account>\d{12}):role/(?P<name>[\w+=,.@/-]{1,576})",
    re.ASCII,
)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
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
        if ROLE_ARN.fullmatch(self.arn) is None:
            raise CannotReach(
                "wrong_arn",
                "This is not the ARN of an IAM role.",
                "Copy the role's ARN from the IAM console; it looks like "
                "arn:aws:iam::111122223333:role/SellerPostureScan.",
            )
        if EXTERNAL_ID.fullmatch(self.external_id) is None:
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


def session_name(scan: str) -> str:
    """Give a RoleSessionName that shows our name and the scan's id in the seller's trail."""
    return SESSION_NAME.sub("-", f"seller-posture-{scan}")[:SESSION_NAME_LIMIT]


@cache
def models() -> Loader:
    """One loader per process, so that every service model is read and parsed once."""
    from botocore.loaders import Loader

    class Models(Loader):
        """Loads what botocore's own does, with less work."""

        reading: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

        def list_available_services(self, _type_name: str) -> list[str]:
            """Give the names by their folders: botocore looks into all 400 for each type of model."""
            folders = filter(Path.is_dir, map(Path, self.search_paths))
            return sorted({one.name for folder in folders for one in folder.iterdir()})

        def load_service_model(
            self, service_name: str, type_name: str, api_version: str | None = None
        ) -> Any:
            """Give a model; who wants one that another thread is parsing waits for that."""
            with self.reading[service_name, type_name]:
                return super().load_service_model(service_name, type_name, api_version)

    return Models()


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


def partition_of(session: Session) -> str:
    """The partition of the region that our own configuration names; aws when it names none."""
    region = str(session.get_config_variable("region") or "")
    return next((one for start, one in PARTITIONS.items() if region.startswith(start)), "aws")


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

    Keys are renewed by themselves when `limits.refresh_before` seconds are left. Raises
    CannotReach with the cause and advice.
    """
    sts = sts_of(own, HOMES[role.partition], limits)
    policy = session_policy(actions)

    def fetch() -> Keys:
        try:
            return assume(sts, role, external_id=role.external_id, policy=policy, limits=limits)
        except Trouble as trouble:
            raise why_not_assumed(trouble, role.arn) from None

    keeper = Keeper(fetch, lasting=limits.session, before=limits.refresh_before)
    session = open_session(own.profile or "")
    session.register_component("credential_provider", _Kept(keeper))
    return session, keeper.renew


class _Kept:
    """A keeper as botocore wants it: provider of credentials, and the credentials themselves."""

    method = "assume-role"
    account_id = None

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def load_credentials(self) -> _Kept:
        return self

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        from botocore.credentials import ReadOnlyCredentials

        keys = self._keeper.keys()
        return ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token)

    def get_deferred_property(self, name: str) -> Callable[[], object]:
        return lambda: getattr(self, name, None)
