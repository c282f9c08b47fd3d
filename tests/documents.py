"""Policy documents for tests: statements as JSON has them, parsed policies, broken ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scanner.policy import Malformed, Policy, parse

Document = Mapping[str, Any]
"""A statement or policy as JSON has it."""


def allow(
    *actions: str,
    on: str | Sequence[str] | None = "*",
    to: object = None,
    when: Document | None = None,
    sid: str = "",
) -> Document:
    """An Allow statement; `to` is the Principal, trusts are `on` nothing: they have no Resource."""
    return _statement("Allow", {"Action": list(actions)}, on, to, when, sid)


def deny(
    *actions: str,
    on: str | Sequence[str] | None = "*",
    to: object = None,
    when: Document | None = None,
    sid: str = "",
) -> Document:
    """A Deny statement."""
    return _statement("Deny", {"Action": list(actions)}, on, to, when, sid)


def allow_all_but(*actions: str, on: str | Sequence[str] = "*") -> Document:
    """An Allow statement with NotAction."""
    return _statement("Allow", {"NotAction": list(actions)}, on, None, None, "")


def deny_all_but(*actions: str, when: Document | None = None) -> Document:
    """A Deny statement with NotAction, as the usual "no MFA, no work" policy has it."""
    return _statement("Deny", {"NotAction": list(actions)}, "*", None, when, "")


def trust(*principals: object, when: Document | None = None, sid: str = "") -> Document:
    """A statement of a trust policy that lets each principal assume the role."""
    to: object = principals[0] if len(principals) == 1 else {"AWS": list(principals)}
    if isinstance(to, str) and to != "*":
        to = {"AWS": to}
    return allow("sts:AssumeRole", on=None, to=to, when=when, sid=sid)


def _statement(
    effect: str,
    what: Document,
    on: str | Sequence[str] | None,
    to: object,
    when: Document | None,
    sid: str,
) -> Document:
    statement: dict[str, Any] = {"Sid": sid} if sid else {}
    statement["Effect"] = effect
    if to is not None:
        statement["Principal"] = to
    statement |= what
    if on is not None:
        statement["Resource"] = on
    if when is not None:
        statement["Condition"] = when
    return statement


def a_policy(*statements: Document, source: str = "iam:GetAccountAuthorizationDetails") -> Policy:
    """A parsed policy of these statements."""
    policy = parse({"Version": "2012-10-17", "Statement": list(statements)}, source=source)
    assert isinstance(policy, Policy), policy
    return policy


def a_malformed_policy(
    text: str = '{"Version": "2012-10-17"}', source: str = "iam:GetAccountAuthorizationDetails"
) -> Malformed:
    """What becomes of a document that does not parse."""
    broken = parse(text, source=source)
    assert isinstance(broken, Malformed), broken
    return broken
