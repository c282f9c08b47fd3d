"""Policies as they should read: the documents that remedies put in place."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from scanner.facts.profile import CAS_ACCOUNT
from scanner.policy import Policy, Statement, action_matches

PRODUCT_ACTIONS = (
    "aws-marketplace:CancelChangeSet",
    "aws-marketplace:DescribeAssessment",
    "aws-marketplace:DescribeChangeSet",
    "aws-marketplace:DescribeEntity",
    "aws-marketplace:GetResourcePolicy",
    "aws-marketplace:GetSellerDashboard",
    "aws-marketplace:ListAssessments",
    "aws-marketplace:ListChangeSets",
    "aws-marketplace:ListEntities",
    "aws-marketplace:ListTagsForResource",
    "aws-marketplace:StartChangeSet",
    "aws-marketplace:TagResource",
    "aws-marketplace:UntagResource",
    "aws-marketplace-management:uploadFiles",
    "aws-marketplace-management:viewReports",
    "aws-marketplace-management:viewSupport",
)
"""What people need who look after products: no money, no buying, no metering."""

KEPT_OUT = ("aws-marketplace:*", "aws-marketplace-management:*", "payments:*", "tax:*")
"""What a NotAction has to name so that it grants nothing of Marketplace."""


def without_wildcards(
    policy: Policy, statements: Iterable[Statement], actions: Collection[str]
) -> str:
    """The policy as JSON with wildcards over Marketplace spelled out in some Allow statements.

    Patterns that grant any of `actions` go; in their place come the product actions that they
    granted or, if they granted none, those of `actions` by name. A NotAction leaves Marketplace
    out, and a statement with the product actions is added. Nothing is granted that was not.
    """
    document = _document(policy)
    for one in statements:
        stated = document["Statement"][one.index]
        wanted = [action for action in PRODUCT_ACTIONS if one.applies_to_action(action)]
        wanted = wanted or sorted(action for action in actions if one.applies_to_action(action))
        if one.names_actions:
            kept = [entry for entry in one.actions if not _grants_any(entry, actions)]
            stated["Action"] = sorted({*kept, *wanted})
            continue
        stated["NotAction"] = list(dict.fromkeys((*one.not_actions, *KEPT_OUT)))
        same = {key: stated[key] for key in _PLACE if key in stated}
        document["Statement"].append({"Effect": "Allow", "Action": wanted, **same})
    return json.dumps(document)


_PLACE = ("Resource", "NotResource", "Condition")


def _grants_any(entry: str, actions: Collection[str]) -> bool:
    wild = "*" in entry or "?" in entry
    return wild and any(action_matches(entry, action) for action in actions)


def trusting_only_cas(trust: Policy) -> str:
    """The trust policy as JSON in which only AWS's CAS account is let in.

    Statements that name it keep their conditions, as an external id is AWS's to choose; without
    one, statements that let everybody in are narrowed. Deny statements stay.
    """
    document = _document(trust)
    pairs = list(zip(trust.statements, document["Statement"], strict=True))
    denies = [stated for one, stated in pairs if not one.allows]
    named = [
        _for(stated, who) for one, stated in pairs if one.allows and (who := _cas_principals(one))
    ]
    narrowed = [_for(stated, [CAS_ROOT]) for one, stated in pairs if one.admits_everyone()]
    allows = named or narrowed or [{**PLAIN_TRUST, "Principal": {"AWS": CAS_ROOT}}]
    return json.dumps(document | {"Statement": [*allows, *denies]})


CAS_ROOT = f"arn:aws:iam::{CAS_ACCOUNT}:root"
PLAIN_TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def _cas_principals(statement: Statement) -> list[str]:
    return [who.value for who in statement.principals or () if who.account == CAS_ACCOUNT]


def _for(stated: dict[str, Any], principals: list[str]) -> dict[str, Any]:
    rest = {key: value for key, value in stated.items() if key not in {"Principal", "NotPrincipal"}}
    return rest | {"Principal": {"AWS": principals[0] if len(principals) == 1 else principals}}


def _document(policy: Policy) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(policy.text)
    if not isinstance(document["Statement"], list):
        document["Statement"] = [document["Statement"]]
    return document
