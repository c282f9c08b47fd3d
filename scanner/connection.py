"""Proves a connection before it is kept: our role, our account, and nobody without the external id."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scanner.aws import (
    HOMES,
    Aws,
    CannotReach,
    Kind,
    Limits,
    Role,
    Trouble,
    Visit,
    assume,
    enter,
    own_identity,
    own_sts,
    session_name,
    why_not_assumed,
    wrong_account,
)
from scanner.vocabulary import Unobserved

NOTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
)
"""Session policy of the two probes that must fail: if they succeed, they can do nothing."""

CONNECTED = "connected"

READS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "iam:GetAccountSummary": ("iam", "GetAccountSummary", {}),
    "ec2:DescribeRegions": ("ec2", "DescribeRegions", {}),
    "cloudtrail:DescribeTrails": ("cloudtrail", "DescribeTrails", {}),
    "sqs:ListQueues": ("sqs", "ListQueues", {}),
    "sns:ListSubscriptions": ("sns", "ListSubscriptions", {}),
    "aws-marketplace:ListEntities": (
        "marketplace-catalog",
        "ListEntities",
        {"Catalog": "AWSMarketplace", "EntityType": "SaaSProduct"},
    ),
}
"""A first look at what the role may read: one question per service."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried: what, what was seen, and whether it held."""

    name: str
    detail: str
    ok: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionResult:
    """Whether the connection can be used; if not, a stable code, why, and what to do."""

    code: str
    message: str
    advice: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether the connection can be used."""
        return self.code == CONNECTED


def check_connection(
    *,
    role_arn: str,
    external_id: str,
    account: str,
    partition: str = "aws",
    limits: Limits | None = None,
) -> ConnectionResult:
    """Try the role of a seller's account (12-digit id) and say what has to change.

    Codes: connected; wrong_arn, wrong_external_id, wrong_account, wrong_partition;
    own_credentials_missing, own_credentials_invalid, own_credentials_expired; role_refused,
    denied_by_organization, lax_role, nothing_readable; session_policy_too_large, region_disabled,
    unreachable, unwell, throttled, refused. Sources: design 2.14, reliability.md bars 18 to 20.
    """
    checks: list[Check] = []
    try:
        role = _role(role_arn, external_id, account, partition)
        checks.append(Check("Role ARN", f"{role.arn} is a role of account {account}"))
        _try(role, limits or Limits(), checks)
    except CannotReach as no:
        return ConnectionResult(no.code, no.message, no.advice, tuple(checks))
    refused = [check.name for check in checks if not check.ok]
    advice = f"Allow {', '.join(refused)}: what they read is not assessed." if refused else ""
    message = "The role works, and only with the external id."
    return ConnectionResult(CONNECTED, message, advice, tuple(checks))


def own_arn(*, partition: str = "aws", limits: Limits | None = None) -> str:
    """Ask STS for the ARN that we are known by; raises CannotReach when it knows us not."""
    return own_identity(own_sts(HOMES[partition], limits or Limits()))


def _role(arn: str, external_id: str, account: str, partition: str) -> Role:
    role = Role(arn, external_id, session_name("connection-test"))
    if role.partition != partition:
        raise CannotReach(
            "wrong_partition",
            f"The role is in partition {role.partition}, the account in {partition}.",
            f"Use a role whose ARN begins arn:{partition}:iam::{account}:role/.",
        )
    if role.account != account:
        raise wrong_account(role.account, account)
    return role


def _try(role: Role, limits: Limits, checks: list[Check]) -> None:
    """Add what holds to the checks; raises CannotReach for the first thing that does not."""
    sts = own_sts(HOMES[role.partition], limits)
    ours = own_identity(sts)
    checks.append(Check("Our own identity", ours))
    aws = _enter(role, limits, ours)
    checks.append(Check("With the external id", f"assumed in account {aws.account}"))
    try:
        for title, strangers in (
            ("Without external id", (None,)),
            ("With a wrong external id", look_alikes(role.external_id)),
        ):
            if any(_admits(sts, role, one, limits) for one in strangers):
                raise _lax(title, ours)
            checks.append(Check(title, "refused, as it should be"))
        reads = aws.each(lambda action: _reads(aws, action), READS)
    finally:
        aws.close()
    checks.extend(reads)
    if not any(check.ok for check in reads):
        raise CannotReach(
            "nothing_readable",
            "The role can be assumed, but it may read nothing.",
            "Attach the permissions policy of the template to the role.",
        )


def _enter(role: Role, limits: Limits, ours: str) -> Aws:
    try:
        return enter(Visit(role), actions=READS, limits=limits)
    except CannotReach as no:
        if no.code != "role_refused":
            raise
        advice = f"{no.advice} Our principal is {ours}."
        raise CannotReach(no.code, no.message, advice) from None


def _admits(sts: Any, role: Role, external_id: str | None, limits: Limits) -> bool:
    try:
        assume(sts, role, external_id=external_id, policy=NOTHING, limits=limits)
    except Trouble as trouble:
        if trouble.kind is Kind.DENIED:
            return False
        raise why_not_assumed(trouble, role.arn) from None
    return True


def look_alikes(external_id: str) -> tuple[str, ...]:
    """Return wrong external ids that a trust policy with a wildcard, or one that ignores case,
    would take for ours: one that another connection could have, ours with its last character
    changed, with one more, in the other case; and one that is nothing like it.
    """
    prefix, _, rest = external_id.rpartition("-")
    another = f"{prefix}-{secrets.token_hex(len(rest))[: len(rest)]}" if prefix else ""
    last = "1" if external_id.endswith("0") else "0"
    wrong = (another, external_id[:-1] + last, external_id + "0", external_id.swapcase())
    strange = f"wrong-{secrets.token_hex(8)}"
    return tuple(one for one in (*wrong, strange) if one and one != external_id)


def _lax(title: str, ours: str) -> CannotReach:
    """The advice names no external id: it is kept and shown to people who may not see that."""
    condition = json.dumps({"StringEquals": {"sts:ExternalId": "<your ExternalId>"}})
    return CannotReach(
        "lax_role",
        f"The role can also be assumed {title[0].lower()}{title[1:]}.",
        f"In the trust policy, give every statement that admits {ours} this line, and no other "
        f'condition on sts:ExternalId: "Condition": {condition}',
    )


def _reads(aws: Aws, action: str) -> Check:
    """Try one read; what is refused is shown, and later not assessed."""
    service, operation, params = READS[action]
    answer = aws.call(service, operation, region=aws.home, **params)
    if isinstance(answer, Unobserved):
        return Check(action, answer.sentence(), ok=False)
    return Check(action, "readable")
