"""Which statements let somebody pass any role, and which are pinned (controls.md SELL-08)."""

from __future__ import annotations

from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.scope.cas import ASSET_SERVICE, trusts_ingestion
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.sell import publishers
from scanner.scope.stated import is_exact, named_values
from scanner.scope.subtraction import Stated, on_condition
from scanner.scope.wide import is_all_of
from scanner.vocabulary import Listed, derived, seen

PASS_ROLE = frozenset({"iam:PassRole"})
PASSED_TO = "iam:PassedToService"


def passing_publishers(snapshot: Snapshot) -> Listed[Holder]:
    """Those who can change listings and pass roles, or may by policies that were not read."""
    listed = publishers(snapshot)
    return derived(listed, lambda one: [one] if one.may_grant(PASS_ROLE) else [])


def is_open(statement: Statement, account: Account) -> bool:
    """Whether it passes any role of the account to more than the Marketplace asset service."""
    services = named_values(statement, PASSED_TO)
    if services is not None and services <= {ASSET_SERVICE}:
        return False
    return reaches_every_role(statement, account)


def reaches_every_role(statement: Statement, account: Account) -> bool:
    """Whether Resource covers `*` or `role/*`; a policy variable stands for anything."""
    if statement.covers_everything():
        return True
    return any(is_all_of(one, "role", account) for one in statement.resources)


def names_a_group(statement: Statement) -> bool:
    """Whether it passes roles by a pattern short of all of them, to whatever service."""
    pinned = named_values(statement, PASSED_TO) == frozenset({ASSET_SERVICE})
    return not pinned and not all(is_exact(one) for one in statement.resources)


@once_per_snapshot
def ingestion_roles(snapshot: Snapshot) -> list[str]:
    """ARNs of the roles that the Marketplace asset service may assume, as far as is known."""
    return [
        role.arn
        for role in seen(snapshot.iam.roles)
        if isinstance(role.trust, Policy) and trusts_ingestion(role.trust)
    ]


def pinned(stated: Stated, roles: list[str], account: Account) -> Stated:
    """The statement that passes the ingestion roles, if there are any, to the asset service only."""
    rest = {key: value for key, value in stated.items() if key != "NotResource"}
    place = roles or [f"arn:{account.partition}:iam::{account.id}:role/*"]
    wanted = {"StringEquals": {PASSED_TO: ASSET_SERVICE}}
    return on_condition(rest | {"Resource": place}, wanted)
