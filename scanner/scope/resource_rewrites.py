"""Policies of buckets, topics and keys as they should read: what remedies put in place.

All give JSON; an empty text stands for a policy of which nothing is left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from scanner.facts.account import Account
from scanner.policy import Policy, Principal, Statement
from scanner.policy.match import fold
from scanner.policy.principals import principal
from scanner.scope.guests import EVERYBODY, limits_of, names, who

Stated = dict[str, Any]
VERSION = "2012-10-17"
SOURCE_ACCOUNT = "aws:SourceAccount"


@dataclass(frozen=True, slots=True)
class Pin:
    """A condition that ties services to whom they may act for: `key` has to be one of `values`.

    What a statement says of the keys `replacing` gives way. With `service` it is for this one
    alone, else for all services of the statement.
    """

    key: str
    values: tuple[str, ...]
    replacing: frozenset[str]
    service: str = ""

    def is_for(self, named: Principal) -> bool:
        """Whether a principal is a service to tie."""
        return named.kind == "Service" and self.service in {"", named.value}


def to_account(own: str) -> Pin:
    """Tie services to what they do for the account `own`."""
    return Pin(SOURCE_ACCOUNT, (own,), frozenset({"aws:sourceaccount"}))


def narrowed(
    policy: Policy,
    unwanted: Mapping[int, Collection[str]],
    pins: Mapping[int, Pin] = MappingProxyType({}),
) -> str:
    """The policy less some guests per statement, and with services tied.

    `unwanted` maps indexes of statements to guests (see `guests`) or principals that have to go:
    out of the principals, or out of the conditions on everybody. Where nobody is left the
    statement goes. `pins` are by index too; whom a pin is not for keeps a statement without it.
    """
    kept: list[Stated] = []
    for one, stated in _pairs(policy):
        gone = unwanted.get(one.index, ())
        left = _less(one, stated, gone) if gone else stated
        if left and one.index in pins:
            kept += _pinned(left, pins[one.index])
        elif left:
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
    """The statement without some guests; empty when it is of no use without them."""
    if statement.admits_everyone() and EVERYBODY not in unwanted:
        conditions = _narrower(statement, stated, unwanted)
        if conditions:
            return {**stated, "Condition": conditions}

    def stays(named: Principal) -> bool:
        is_unwanted = named.value in unwanted or named.account in unwanted
        return not (named.is_unbounded or is_unwanted)

    return _for(stated, stays)


def _narrower(statement: Statement, stated: Stated, unwanted: Collection[str]) -> Stated:
    """The conditions on everybody without guests; empty when that leaves nobody, or helps not."""
    naming = {(fold(one.operator), fold(one.key)) for one in limits_of(statement) if names(one)}
    conditions = {operator: dict(tests) for operator, tests in stated.get("Condition", {}).items()}
    gone = False
    for operator, tests in conditions.items():
        for key in [key for key in tests if (fold(operator), fold(key)) in naming]:
            values = tests[key] if isinstance(tests[key], list) else [tests[key]]
            left = [value for value in values if who(str(value)) not in unwanted]
            if not left:
                return {}
            gone |= left != values
            tests[key] = left
    return conditions if gone else {}


def _for(stated: Stated, stays: Callable[[Principal], bool]) -> Stated:
    """The statement for some of its principals, as it spells them; empty when there are none."""
    named = stated.get("Principal", {})
    kept: Stated = {}
    for kind, values in named.items() if isinstance(named, dict) else ():
        listed = values if isinstance(values, list) else [values]
        left = [value for value in listed if stays(principal(kind, value))]
        if left:
            kept[kind] = left[0] if len(left) == 1 else left
    return {**stated, "Principal": kept} if kept else {}


def _pinned(stated: Stated, pin: Pin) -> list[Stated]:
    """The statement with services tied; whom the pin is not for gets one of the same without it."""
    tied, others = _for(stated, pin.is_for), _for(stated, lambda one: not pin.is_for(one))
    if not tied:
        return [stated]
    rest = {key: value for key, value in others.items() if key != "Sid"}
    return [_with_pin(tied, pin), *([rest] if rest else ())]


def _with_pin(stated: Stated, pin: Pin) -> Stated:
    condition = {
        operator: kept
        for operator, tests in stated.get("Condition", {}).items()
        if (kept := {key: one for key, one in tests.items() if fold(key) not in pin.replacing})
    }
    equals = next((name for name in condition if fold(name) == "stringequals"), "StringEquals")
    values = pin.values[0] if len(pin.values) == 1 else list(pin.values)
    condition[equals] = {**condition.get(equals, {}), pin.key: values}
    return {**stated, "Condition": condition}


def _pairs(policy: Policy) -> Iterable[tuple[Statement, Stated]]:
    stated = json.loads(policy.text)["Statement"]
    return zip(policy.statements, stated if isinstance(stated, list) else [stated], strict=True)


def _text(policy: Policy, statements: list[Any]) -> str:
    if not statements:
        return ""
    return json.dumps({**json.loads(policy.text), "Statement": statements})
