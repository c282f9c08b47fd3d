"""StartChangeSet as a workload may keep it: never on more than before (controls.md SELL-07)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from scanner.facts.account import Account
from scanner.policy import Policy, Statement
from scanner.scope.publishing import CHANGE_TYPE, START, is_scoped, reaches_change_sets
from scanner.scope.stated import is_exact
from scanner.scope.subtraction import Instead, Stated, document_of

VERSIONS = ("AddDeliveryOptions", "UpdateDeliveryOptions")
"""Change types of a pipeline that publishes new versions, the usual case."""

READING = tuple(
    f"aws-marketplace:{name}"
    for name in ("DescribeChangeSet", "DescribeEntity", "ListChangeSets", "ListEntities")
)
"""What a pipeline asks of the catalog beside."""

PLACE = ("Resource", "NotResource", "Condition")


def scoping(account: Account) -> Instead:
    """How a statement is written anew: where it was and as it was, on named change types only.

    What names entities keeps all types. Change sets are added where none is reached, as calls fail
    without them.
    """
    sets = f"arn:{account.partition}:aws-marketplace:*:{account.id}:AWSMarketplace*/ChangeSet/*"

    def scoped(statement: Statement, stated: Stated) -> Stated:
        if "Resource" in stated and not reaches_change_sets(statement):
            stated = stated | {"Resource": [*_listed(stated["Resource"]), sets]}
        return stated if is_scoped(statement) else _on_types(statement, stated)

    return scoped


def publishing_part(policy: Policy, starting: Collection[Statement], scoped: Instead) -> str:
    """Of a policy that is for people, as JSON, what a pipeline needs: reading, and scoped starts.

    Nothing is allowed that the policy did not allow; what it refuses stays refused.
    """
    chosen = {one.index for one in starting}
    kept: list[Stated] = []
    for one, stated in zip(policy.statements, document_of(policy)["Statement"], strict=True):
        place = {key: stated[key] for key in PLACE if key in stated}
        reading = [action for action in READING if one.applies_to_action(action)]
        if not one.allows:
            kept.append(stated)
        elif reading:
            kept.append({"Effect": "Allow", "Action": reading, **place})
        if one.index in chosen:
            kept.append(scoped(one, {"Effect": "Allow", "Action": sorted(START), **place}))
    return json.dumps({"Version": "2012-10-17", "Statement": kept})


def _on_types(statement: Statement, stated: Stated) -> Stated:
    """With one more condition, on the change types that its others name, or the usual ones."""
    tests = statement.conditions_on(CHANGE_TYPE)
    refused = {value for one in tests if "Not" in one.base for value in one.values}
    named = [
        one.values for one in tests if "Not" not in one.base and all(map(is_exact, one.values))
    ]
    usual = named[0] if named else VERSIONS
    types = sorted(set(usual) - refused) or sorted(usual)
    before = stated.get("Condition", {})
    taken = any(one.operator == "StringEquals" for one in tests)
    operator = "StringEqualsIgnoreCase" if taken else "StringEquals"
    return stated | {
        "Condition": before | {operator: before.get(operator, {}) | {CHANGE_TYPE: types}}
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
