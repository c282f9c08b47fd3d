"""Rights with which somebody can grant themselves anything (controls.md SELL-09)."""

from __future__ import annotations

import json
from collections.abc import Collection

from scanner.facts.account import Account
from scanner.policy import ESCALATE, Grant, Policy, Statement
from scanner.policy.match import fold
from scanner.scope.enrolment import ATTACH, CREATE, REPORTS, endless
from scanner.scope.holder import Holder
from scanner.scope.stated import named_values
from scanner.scope.subtraction import document_of, refusal_of
from scanner.scope.wide import is_all_of, names_power

KINDS = ("user", "role", "group", "policy")
OWN_USER = "user/${aws:username}"
OWN_CREDENTIALS = frozenset(
    fold(f"iam:{name}") for name in ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile")
)
"""What people may do to their own user; policies and groups of their own user they may not."""

BOUNDARY = "iam:PermissionsBoundary"
POLICY = "iam:PolicyARN"


def escalations(holder: Holder, account: Account) -> tuple[Grant, ...]:
    """Grants of identity writes on wide resources that no condition and no boundary limits.

    A boundary counts as far as it takes the writes away, narrows them or ties them to a condition.
    """
    return tuple(
        grant for grant in wide_writes(holder, account) if _passes(holder, grant.action, account)
    )


def wide_writes(holder: Holder, account: Account) -> tuple[Grant, ...]:
    """The same, whatever the boundary leaves of them."""
    found = holder.grants(ESCALATE)
    return tuple(
        grant
        for grant in found.of(found.actions)
        if _is_free(grant.statement, grant.action, account)
    )


def may_enrol(holder: Holder, found: Collection[Grant], account: Account) -> bool:
    """Whether all that was found is left by an enrolment, which CAS-05 judges."""
    if {grant.action for grant in found} != {ATTACH}:
        return False
    rights = all(endless(holder, action, account) for action in (CREATE, ATTACH))
    return rights and bool(holder.grants({REPORTS}))


def is_limited(statement: Statement, account: Account) -> bool:
    """Whether it only reaches principals with a boundary, or only attaches policies by name."""
    named = (named_values(statement, key) for key in (BOUNDARY, POLICY))
    return any(
        values is not None and not any(names_power(one, account) for one in values)
        for values in named
    )


def is_wide(statement: Statement, action: str, account: Account) -> bool:
    """Whether Resource covers `*` or all users, roles, groups or policies of the account.

    A policy variable stands for anything, but one's own user by name is one's own to get keys for.
    """
    if statement.covers_everything():
        return True
    own = fold(action) in OWN_CREDENTIALS
    asked = [one for one in statement.resources if not (own and one.endswith(OWN_USER))]
    return any(is_all_of(one, kind, account) for one in asked for kind in KINDS)


def _is_free(statement: Statement, action: str, account: Account) -> bool:
    return is_wide(statement, action, account) and not is_limited(statement, account)


def _passes(holder: Holder, action: str, account: Account) -> bool:
    """Whether the boundary, if there is one, lets an action through as wide as it came."""
    if not isinstance(holder.boundary, Policy):
        return holder.boundary is None
    return any(
        one.applies_to_action(action) and _is_free(one, action, account)
        for one in holder.boundary.allows()
    )


def boundary_document(before: Policy | None = None) -> str:
    """A permissions boundary as JSON that lets through what the earlier one did but no escalation.

    Without an earlier one it lets everything else through.
    """
    through = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    if before is not None:
        through = document_of(before)["Statement"]
    statements = [*through, refusal_of(ESCALATE)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
