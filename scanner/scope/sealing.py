"""Whether what is encrypted can still be delivered, and whether plain HTTP is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.kms import Key, KeyDetails
from scanner.policy import Policy, Statement
from scanner.scope.holder import RoleHolder
from scanner.scope.keys import principal_may_use, service_may_use
from scanner.scope.resource_rewrites import key_policy
from scanner.vocabulary import NotSeen, Unobserved

ENABLED = "Enabled"
BY_AWS = "AWS"
OLDEST_TLS = 1.2
READS_AND_WRITES = ("s3:GetObject", "s3:PutObject")
LISTS = "s3:ListBucket"


@dataclass(frozen=True, slots=True)
class Users:
    """Who has to be able to use a key: roles and services, for the actions, all of them.

    `via` is the service that asks KMS on a role's behalf, such as `s3.us-east-1.amazonaws.com`.
    """

    roles: tuple[RoleHolder, ...]
    services: tuple[str, ...]
    actions: tuple[str, ...]
    via: str


@dataclass(frozen=True, slots=True)
class Seal:
    """What is wrong with a key for those who deliver, and what hides more.

    `roles` and `services` are those that may not use it; `state` is set when nobody can.
    """

    reasons: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    state: str = ""
    gaps: tuple[Unobserved, ...] = ()


def seal_of(key: Key, users: Users) -> Seal:
    """Ask whether all users may use a key; one of AWS's own lets no service in."""
    details = key.details
    if isinstance(details, Unobserved):
        return Seal(gaps=(details,))
    name = details.arn.rpartition("/")[2]
    if details.state != ENABLED:
        return Seal((f"Key {name} is in state {details.state}.",), state=details.state)
    if details.manager == BY_AWS:
        return of_aws(name, users.services)
    if isinstance(key.policy, Unobserved):
        return Seal(gaps=(key.policy,))
    return _by_policy(details, key.policy, users)


def of_aws(name: str, services: Iterable[str]) -> Seal:
    """The same of a key that AWS manages for the account."""
    shut_out = tuple(services)
    reasons = [f"Key {name} is AWS's own, whose policy cannot let {one} in." for one in shut_out]
    return Seal(tuple(reasons), services=shut_out)


def _by_policy(details: KeyDetails, policy: Policy, users: Users) -> Seal:
    name = details.arn.rpartition("/")[2]
    what = " and ".join(users.actions)
    shut_out = tuple(
        one
        for one in users.services
        if not service_may_use(policy, one, users.actions, key=details.arn)
    )
    reasons = [f"The policy of key {name} does not let {one} use it." for one in shut_out]
    powerless: list[str] = []
    missing: list[Unobserved] = []
    for role in users.roles:
        try:
            if not principal_may_use(policy, role, users.actions, key=details.arn, via=users.via):
                powerless.append(role.arn)
                reasons.append(f"Role {role.name} may not do {what} with key {name}.")
        except NotSeen as unseen:
            missing += unseen.gaps
    return Seal(tuple(reasons), tuple(powerless), shut_out, gaps=tuple(missing))


def refuses_plain_http(policy: Policy, bucket_arn: str) -> bool:
    """Whether everybody is denied reading, writing and listing a bucket without TLS.

    Only a Deny counts that asks for nothing else; several may share the work.
    """
    denies = [one for one in policy.denies() if one.names_everyone() and _is_about_tls(one)]

    def is_denied(action: str, resource: str) -> bool:
        return any(one.covers_action(action) and one.covers(resource) for one in denies)

    objects = f"{bucket_arn}/*"
    return is_denied(LISTS, bucket_arn) and all(is_denied(one, objects) for one in READS_AND_WRITES)


def _is_about_tls(statement: Statement) -> bool:
    if len(statement.conditions) != 1:
        return False
    (only,) = statement.conditions
    if only.set_prefix:
        return False
    if only.is_about("aws:SecureTransport"):
        return only.base == "Bool" and [one.lower() for one in only.values] == ["false"]
    is_older = only.base == "NumericLessThan" and only.is_about("s3:TlsVersion")
    return is_older and any(map(_is_modern, only.values))


def _is_modern(version: str) -> bool:
    try:
        return float(version) >= OLDEST_TLS
    except ValueError:
        return False


KEY_VALUES = ("key", "key_document", "fresh_document", "disabled_key", "deleting_key")


def repairs(
    seal: Seal, key: Key | None, account: Account, users: Users, *, wanted: bool = False
) -> dict[str, str]:
    """Values of KEY_VALUES for the remedy: a policy for the key, or a new key where that is better.

    `wanted` says that a new key is due as there is none yet; a key of AWS's own needs one as well
    when it stops somebody. A new key lets all `users` in.
    """
    values = dict.fromkeys(KEY_VALUES, "")
    details = key.details if key is not None else None
    own = isinstance(details, KeyDetails) and details.manager != BY_AWS
    if wanted or (seal.reasons and not own):
        roles = [one.arn for one in users.roles]
        document = key_policy(None, account, roles=roles, services=users.services)
        return values | {"key_document": document, "fresh_document": document}
    if key is None or not isinstance(details, KeyDetails) or not seal.reasons:
        return values
    if seal.state:
        place = "deleting_key" if seal.state == "PendingDeletion" else "disabled_key"
        return values | {place: details.arn}
    policy = key.policy if isinstance(key.policy, Policy) else None
    document = key_policy(policy, account, roles=seal.roles, services=seal.services)
    return values | {"key": details.arn, "key_document": document}


REPAIR_STEPS = (
    "In KMS, region [[region]], open key [[disabled_key]] and choose Key actions, Enable.",
    "In KMS, region [[region]], open key [[deleting_key]], choose Key actions, Cancel key deletion,"
    " then Enable.",
    "In KMS, region [[region]], open key [[key]], Key policy, Edit, and put in the document of the"
    " CLI form.",
)

REPAIR_CLI = """\
cat > key-policy.json <<'POLICY'
[[key_document|json]]
POLICY
aws kms put-key-policy --region [[region]] --key-id [[key]] --policy-name default \\
  --policy file://key-policy.json

aws kms cancel-key-deletion --region [[region]] --key-id [[deleting_key]]
aws kms enable-key --region [[region]] --key-id [[deleting_key]]

aws kms enable-key --region [[region]] --key-id [[disabled_key]]
"""
