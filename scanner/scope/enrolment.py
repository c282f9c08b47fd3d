"""Who can still do what enrolling in Commerce Analytics takes (CAS-05)."""

from __future__ import annotations

from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Grant, Policy, Statement
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import Held, Holder
from scanner.scope.principals import holding, principals
from scanner.scope.wide import is_all_of, names_power
from scanner.vocabulary import Listed, derived

CREATE = "iam:CreateRole"
ATTACH = "iam:AttachRolePolicy"
REPORTS = "aws-marketplace-management:viewReports"
ENROLMENT = (CREATE, "iam:CreatePolicy", ATTACH, "iam:ListRoles", REPORTS)
"""What the guide's enrolment policy allows on everything."""

LIMITS = ("iam:PermissionsBoundary", "iam:PolicyARN")
EXACT = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike")


def makers_of_roles(snapshot: Snapshot) -> Listed[Holder]:
    """Who may create roles, or may by policies that were not read; administrators are left out."""
    return derived(
        holding(principals(snapshot), {CREATE}),
        lambda one: [] if is_administrator(one) else [one],
    )


def endless(holder: Holder, action: str, account: Account) -> tuple[Grant, ...]:
    """The grants of an action on every role that no condition and no boundary limits."""
    found = unlimited(holder, action, account)
    if not isinstance(holder.boundary, Policy):
        return found if holder.boundary is None else ()
    passing = any(
        one.applies_to_action(action) and _is_free(one, account) for one in holder.boundary.allows()
    )
    return found if passing else ()


def unlimited(holder: Holder, action: str, account: Account) -> tuple[Grant, ...]:
    """The same, whatever the boundary leaves of them."""
    grants = holder.grants({action}).of({action})
    return tuple(one for one in grants if _is_free(one.statement, account))


def _is_free(statement: Statement, account: Account) -> bool:
    """Whether it is about every role, with no condition on the boundary or policies to give."""
    wide = statement.covers_everything() or any(
        is_all_of(one, "role", account) for one in statement.resources
    )
    return wide and not any(_limits(one, account) for one in statement.conditions)


def _limits(condition: Condition, account: Account) -> bool:
    """Whether a condition names the boundary or the policies that may be given."""
    if not any(condition.is_about(key) for key in LIMITS) or condition.base not in EXACT:
        return False
    sure = not condition.if_exists and condition.set_prefix != "ForAllValues"
    return sure and not any(names_power(value, account) for value in condition.values)


def left_by_enrolment(holder: Holder, grants: tuple[Grant, ...]) -> Held | None:
    """The holder's own inline policy that allows nothing but enrolling and gives all the grants."""
    own = [one for one in holder.held if "#inline-policy/" in one.key and not one.via]
    allowed = {action.lower() for action in ENROLMENT}
    for held in own:
        statements = held.policy.allows()
        only = all(
            one.names_actions and {action.lower() for action in one.actions} <= allowed
            for one in statements
        )
        if only and all(one.policy == held.policy for one in grants):
            return held
    return None
