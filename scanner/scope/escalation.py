"""Rights with which somebody can grant themselves anything (controls.md SELL-09)."""

from __future__ import annotations

import json
from collections.abc import Collection

from scanner.facts.account import Account
from scanner.policy import ESCALATE, Grant, Statement
from scanner.policy.context import opened
from scanner.policy.match import covers, fold, padded
from scanner.scope.enrolment import ATTACH, CREATE, REPORTS, endless
from scanner.scope.holder import Holder
from scanner.scope.stated import named_values
from scanner.scope.subtraction import refusing

KINDS = ("user", "role", "group", "policy")
OWN_USER = "user/${aws:username}"
OWN_CREDENTIALS = frozenset(
    fold(f"iam:{name}") for name in ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile")
)
"""What people may do to their own user; policies and groups of their own user they may not."""

BOUNDARY = "iam:PermissionsBoundary"
POLICY = "iam:PolicyARN"


def escalations(holder: Holder, account: Account) -> tuple[Grant, ...]:
    """Grants of identity writes on wide resources that no accepted condition limits."""
    found = holder.grants(ESCALATE)
    return tuple(
        grant
        for grant in found.of(found.actions)
        if is_wide(grant.statement, grant.action, account) and not is_limited(grant.statement)
    )


def may_enrol(holder: Holder, found: Collection[Grant], account: Account) -> bool:
    """Whether all that was found is left by an enrolment, which CAS-05 judges."""
    if {grant.action for grant in found} != {ATTACH} or holder.boundary is not None:
        return False
    rights = all(endless(holder, action, account) for action in (CREATE, ATTACH))
    return rights and bool(holder.grants({REPORTS}))


def is_limited(statement: Statement) -> bool:
    """Whether it only reaches principals with a boundary, or only attaches policies by name."""
    return any(named_values(statement, key) is not None for key in (BOUNDARY, POLICY))


def is_wide(statement: Statement, action: str, account: Account) -> bool:
    """Whether Resource covers `*` or all users, roles, groups or policies of the account.

    A policy variable stands for anything, but one's own user by name is one's own to get keys for.
    """
    if statement.covers_everything():
        return True
    own = fold(action) in OWN_CREDENTIALS
    asked = [one for one in statement.resources if not (own and one.endswith(OWN_USER))]
    every = [f"arn:{account.partition}:iam::{account.id}:{kind}/?*" for kind in KINDS]
    return any(covers(padded(opened(one)), wide) for one in asked for wide in every)


def boundary_document() -> str:
    """A permissions boundary as JSON that lets everything through but what escalates."""
    document = json.loads(refusing(ESCALATE))
    document["Statement"].insert(0, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    return json.dumps(document)
