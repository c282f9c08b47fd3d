"""Identity policies of consumers as they should read: the least on named queues, else unchanged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scanner.policy import Policy, Statement, action_matches
from scanner.policy.index import expanded, matched
from scanner.policy.match import fold
from scanner.scope.consumers import NEEDED, RIGHTS
from scanner.scope.placement import LONGEST

Stated = dict[str, Any]
LISTS_QUEUES: Stated = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
"""What stays when nothing else does, as a policy needs a statement: it tells names only."""


def is_wild(resource: str) -> bool:
    """Whether a Resource is a pattern rather than an ARN."""
    return any(one in resource for one in "*?$")


def least(queues: Sequence[str]) -> str:
    """The policy of a consumer, as JSON, on some queues given by their ARNs."""
    return _document({"Version": "2012-10-17"}, [_needed(sorted(NEEDED), queues)])


def narrowed(policy: Policy, queues: Sequence[str], *, keep: bool = True) -> str:
    """The policy as JSON with no more than a consumer needs on queues, each by its ARN.

    Statements that grant rights on the queues lose all rights on queues; with `keep` those of them
    that a consumer needs come back on the queues by name, under the same conditions. Nothing is
    granted that was not; other services and Deny statements stay. Empty when naming the queues
    makes it longer than any policy of IAM may be.
    """
    document: Stated = json.loads(policy.text)
    listed = document["Statement"]
    kept: list[Stated] = []
    about = {one.index: actions for one, actions in matched(policy, RIGHTS) if one.allows}
    for one, stated in zip(
        policy.statements, listed if isinstance(listed, list) else [listed], strict=True
    ):
        granted = about.get(one.index, frozenset())
        reached = _reached(one, queues) if granted else []
        if not reached:
            kept.append(stated)
            continue
        parts = _without_queues(one, stated, reached)
        rights = sorted(NEEDED & granted)
        if keep and rights:
            if sum(map(len, reached)) > LONGEST:
                return ""
            parts.append(_needed(rights, reached) | _condition(stated))
        kept += [_named_once(part, index) for index, part in enumerate(parts)]
    return _document(document, kept or [LISTS_QUEUES])


def _document(document: Stated, statements: list[Stated]) -> str:
    return json.dumps({**document, "Statement": statements})


def _reached(statement: Statement, queues: Sequence[str]) -> list[str]:
    if "*" in statement.resources:
        return list(queues)
    return [queue for queue in queues if statement.reaches(queue)]


def _without_queues(statement: Statement, stated: Stated, queues: Sequence[str]) -> list[Stated]:
    """What a statement grants beside rights on queues: on other resources, by other actions."""
    if not statement.names_actions:
        spared = list(dict.fromkeys((*statement.not_actions, "sqs:*")))
        return [{**stated, "NotAction": spared}]
    parts: list[Stated] = []
    if statement.names_resources:
        elsewhere = [one for one in statement.resources if not meets(one, queues)]
        here = [one for one in statement.resources if meets(one, queues)]
        parts += [{**stated, "Resource": elsewhere}] if elsewhere else []
        stated = {**stated, "Resource": here}
    others = [one for one in statement.actions if not _is_about_queues(one)]
    if any(
        _is_about_queues(one) and not one.lower().startswith("sqs:") for one in statement.actions
    ):
        rest = {name: value for name, value in stated.items() if name != "Action"}
        return [*parts, {**rest, "NotAction": ["sqs:*"]}]
    return [*parts, *([{**stated, "Action": others}] if others else [])]


def meets(resource: str, queues: Sequence[str]) -> bool:
    """Whether a Resource may be one of the queues; a variable may be anything."""
    return "$" in resource or any(action_matches(resource, queue) for queue in queues)


def _is_about_queues(action: str) -> bool:
    return bool(expanded(fold(action), RIGHTS))


def _needed(actions: Sequence[str], queues: Sequence[str]) -> Stated:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(queues)}


def _condition(stated: Stated) -> Stated:
    return {"Condition": stated["Condition"]} if "Condition" in stated else {}


def _named_once(stated: Stated, index: int) -> Stated:
    """A Sid names one statement only."""
    return {name: value for name, value in stated.items() if name != "Sid" or index == 0}
