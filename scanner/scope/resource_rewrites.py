"""Policies of buckets, topics and keys as they should read: what remedies put in place.

All give JSON; an empty text stands for a policy of which nothing is left.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from scanner.facts.account import Account
from scanner.policy import Policy, Principal, Statement

Stated = dict[str, Any]
VERSION = "2012-10-17"
SOURCE_ACCOUNT = "aws:SourceAccount"


def without_guests(
    policy: Policy, unwanted: Mapping[int, Collection[str]], unpinned: Collection[int], own: str
) -> str:
    """The policy less some guests per statement, and with services tied to the account `own`.

    `unwanted` maps indexes of statements to account ids or principals that have to go; where that
    is everybody, or nobody is left, the statement goes. `unpinned` are indexes of statements that
    get `aws:SourceAccount`, in place of whatever they say about that key.
    """
    kept: list[Stated] = []
    for one, stated in _pairs(policy):
        left = stated
        if one.index in unwanted:
            left = _less(one, stated, unwanted[one.index])
        if left and one.index in unpinned:
            left = _pinned(left, own)
        if left:
            kept.append(left)
    return _text(policy, kept)


def with_statements(policy: Policy | None, *more: Mapping[str, object]) -> str:
    """The policy, or a new one, with further statements at its end."""
    if policy is None:
        return json.dumps({"Version": VERSION, "Statement": list(more)})
    return _text(policy, [*(stated for _, stated in _pairs(policy)), *more])


def tls_only(bucket_arn: str) -> Stated:
    """The statement that refuses everybody who does not come by TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def key_policy(
    policy: Policy | None,
    account: Account,
    *,
    roles: Iterable[str] = (),
    services: Iterable[str] = (),
) -> str:
    """A key's policy, or a new one, that lets roles (ARNs) and services encrypt and decrypt.

    Services are tied to the account. A new one hands the key to the account's administrators.
    """
    use = {"Effect": "Allow", "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*"}
    more: list[Stated] = []
    named = sorted(roles)
    if named:
        more.append({**use, "Principal": {"AWS": named}})
    for service in services:
        pin = {"StringEquals": {SOURCE_ACCOUNT: account.id}}
        more.append({**use, "Principal": {"Service": service}, "Condition": pin})
    if policy is None:
        root = {"AWS": account.key}
        more.insert(0, {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"})
    return with_statements(policy, *more)


def _less(statement: Statement, stated: Stated, unwanted: Collection[str]) -> Stated:
    """The statement without some principals; empty when it is of no use without them."""
    if statement.admits_everyone():
        return {}
    kept: dict[str, list[str]] = {}
    for named in statement.principals or ():
        if not _is_unwanted(named, unwanted):
            kept.setdefault(named.kind, []).append(named.value)
    if not kept:
        return {}
    principal = {kind: values[0] if len(values) == 1 else values for kind, values in kept.items()}
    return {**stated, "Principal": principal}


def _is_unwanted(named: Principal, unwanted: Collection[str]) -> bool:
    return named.value in unwanted or (named.account is not None and named.account in unwanted)


def _pinned(stated: Stated, own: str) -> Stated:
    """The statement with its condition on the source account made `own`."""
    condition = {
        operator: kept
        for operator, tests in stated.get("Condition", {}).items()
        if (kept := {key: one for key, one in tests.items() if key.lower() != "aws:sourceaccount"})
    }
    equals = next((name for name in condition if name.lower() == "stringequals"), "StringEquals")
    condition[equals] = {**condition.get(equals, {}), SOURCE_ACCOUNT: own}
    return {**stated, "Condition": condition}


def _pairs(policy: Policy) -> Iterable[tuple[Statement, Stated]]:
    stated = json.loads(policy.text)["Statement"]
    return zip(policy.statements, stated if isinstance(stated, list) else [stated], strict=True)


def _text(policy: Policy, statements: list[Any]) -> str:
    if not statements:
        return ""
    return json.dumps({**json.loads(policy.text), "Statement": statements})
