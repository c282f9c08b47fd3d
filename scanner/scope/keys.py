"""KMS keys as queues, topics, buckets and trails name them, and who may use them by their policy."""

from __future__ import annotations

import re
from collections.abc import Collection

from scanner.facts.account import Account
from scanner.facts.kms import Key
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policies, Policy, Request, Statement, decide
from scanner.scope.holder import Holder
from scanner.vocabulary import NotSeen, Unobserved, gaps, seen

READ_BY = "kms:DescribeKey"
POLICY_READ_BY = "kms:GetKeyPolicy"
ANY_KEY = "*"
COLONS_OF_AN_ARN = 5
CALLER_KEYS = (
    "kms:CallerAccount",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
)
"""They name people and roles of an account; a service calls in no account's name."""


def key_at(reference: str, region: str, snapshot: Snapshot) -> Key:
    """Give the key that a resource of a region names by id, ARN, alias or alias ARN.

    A key that was read under another name is found by its ARN. Raises NotSeen when it is not among
    those read; what could not be read of the key itself is a gap in the Key.
    """
    account = snapshot.account
    wanted = _arn(reference, region, account)
    keys = seen(snapshot.kms.keys)
    for key in keys:
        if _arn(key.reference, key.region, account) == wanted:
            return key
    for key in keys:
        if not isinstance(key.details, Unobserved) and key.details.arn == wanted:
            return key
    where = wanted.split(":")[3]
    missing = [gap for gap in gaps(snapshot.kms.keys) if gap.region in {"", where}]
    raise NotSeen(*missing[:1] or [_unread(wanted, where, account)])


def _unread(arn: str, region: str, account: Account) -> Unobserved:
    error = "NotRead" if arn.split(":")[4] == account.id else "OtherAccount"
    return Unobserved(READ_BY, error, region, f"key {arn}")


def _arn(reference: str, region: str, account: Account) -> str:
    """The one spelling of a reference; ids and aliases are those of this account and region."""
    if reference.startswith("arn:") and reference.count(":") >= COLONS_OF_AN_ARN:
        return reference
    name = reference if reference.startswith("alias/") else f"key/{reference}"
    return f"arn:{account.partition}:kms:{region}:{account.id}:{name}"


def is_aws_alias(reference: str, service: str) -> bool:
    """Say whether a key is named as the one that AWS manages for a service, such as `sqs`.

    That is alias/aws/sqs or its ARN. By id or key ARN only KMS knows: ask the key's manager.
    """
    alias = rf"(arn:[^:]+:kms:[^:]*:[^:]*:)?alias/aws/{re.escape(service)}"
    return re.fullmatch(alias, reference) is not None


def service_may_use(
    policy: Policy, service: str, actions: Collection[str], *, key: str = ANY_KEY
) -> tuple[Statement, ...]:
    """Give the Allow statements by which a service may do all of the actions; none if it may not.

    `key` is the key's ARN; without it a statement on any key counts. Only naming the service, or
    everyone, lets it in: the account's root hands on to identities of the account, and services
    are none (KMS guide, Default key policy). Statements count under any conditions but those on
    who calls; ask `lets_through` about the others. A Deny removes only without conditions (R6).
    """
    found: list[Statement] = []
    for action in actions:
        denied = any(
            names_service(one, service) and one.covers_action(action) and one.covers(key)
            for one in policy.denies()
            if not one.conditions
        )
        allowing = [
            one
            for one in policy.allows()
            if _is_let_in(one, service) and one.applies_to_action(action) and one.reaches(key)
        ]
        if denied or not allowing:
            return ()
        found += allowing
    return tuple(dict.fromkeys(found))


def names_service(statement: Statement, service: str) -> bool:
    """Say whether a statement is about a service: by its name, as everyone, or as not left out."""
    if statement.not_principals is not None:
        named = statement.not_principals
        return all(not one.is_unbounded and one.value != service for one in named)
    return statement.names_everyone() or service in statement.services()


def _is_let_in(statement: Statement, service: str) -> bool:
    if service in statement.services():
        return True
    is_about_callers = any(statement.conditions_on(key) for key in CALLER_KEYS)
    return (
        statement.admits_everyone() and names_service(statement, service) and not is_about_callers
    )


def lets_through(
    policy: Policy, service: str, actions: Collection[str], *, resource: str, source: str
) -> bool:
    """Say whether a service may act on behalf of a source, such as the ARN of a topic.

    `resource` is the ARN that carries the policy, of a key or queue. Conditions on other keys than
    aws:SourceArn and aws:SourceAccount are taken to hold.
    """
    given = {
        "aws:SourceArn": source,
        "aws:SourceAccount": source.split(":")[4],
        **dict.fromkeys(CALLER_KEYS),
    }
    return all(
        _may(Request(service, one, resource, context=given, unknown=True), policy)
        for one in actions
    )


def principal_may_use(
    policy: Policy, holder: Holder, actions: Collection[str], *, key: str, via: str = ""
) -> bool:
    """Say whether a user or role may do all of the actions with a key, given by its ARN.

    The key's policy must let it in, or hand on to the account and its own policies allow it.
    `via` is the service that asks for it, such as `sqs.us-east-1.amazonaws.com`. Conditions that
    nobody can tell are taken to hold. Raises NotSeen when some policy of the holder was not read
    and none that was forbids it.
    """
    account = holder.arn.split(":")[4]
    given: dict[str, str] = {"kms:CallerAccount": account, "aws:PrincipalAccount": account}
    given |= {"aws:PrincipalArn": holder.arn} | ({"kms:ViaService": via} if via else {})
    for action in actions:
        request = Request(holder.arn, action, key, context=given, unknown=True)
        if not _may(request, policy, holder):
            return False
    return True


def _may(request: Request, policy: Policy, holder: Holder | None = None) -> bool:
    own = Policies(resource=policy)
    missing: tuple[Unobserved, ...] = ()
    if holder is not None:
        missing = holder.gaps
        boundary = None if isinstance(holder.boundary, Unobserved) else holder.boundary
        held = [one.policy for one in holder.held]
        own = Policies(identity=held, boundary=boundary, resource=policy)
    effect = decide(request, own).effect
    if missing and effect != "explicitly_denied":
        raise NotSeen(*missing)
    return effect in {"allowed", "conditional"}
