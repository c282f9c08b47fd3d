"""All that a principal may do, action by action and resource by resource (controls.md R5-R7).

`Holder.grants` answers about actions that are asked for; these are the rights themselves, as the
policies spell them, cut down to what the boundary and Deny statements surely leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner.policy import Grant, Policy, Statement
from scanner.scope.holder import Holder

ANYTHING = "*"


@dataclass(frozen=True, slots=True)
class Right:
    """An action or pattern on a resource or pattern, and the grant that gives it."""

    action: str
    resource: str
    grant: Grant


def rights_of(holder: Holder) -> tuple[Right, ...]:
    """Give every right of a user or role, as far as was read; NotAction and NotResource are `*`.

    A boundary narrows a pattern to its own entries where they are the narrower. What a condition
    limits counts in full.
    """
    boundary = holder.boundary if isinstance(holder.boundary, Policy) else None
    policies = [held.policy for held in holder.held] + ([boundary] if boundary else [])
    denies = [one for policy in policies for one in policy.denies() if not one.conditions]
    found: dict[tuple[str, str], Right] = {}
    for grant in holder.grants({ANYTHING}).of(holder.grants({ANYTHING}).actions):
        for action, resource in _reached(grant, boundary):
            if not any(one.covers_action(action) and one.covers(resource) for one in denies):
                found.setdefault((action, resource), Right(action, resource, grant))
    return tuple(found.values())


def _reached(grant: Grant, boundary: Policy | None) -> Iterator[tuple[str, str]]:
    statement = grant.statement
    resources = statement.resources or (ANYTHING,)
    limits = [None] if boundary is None else boundary.allows()
    for limit in limits:
        for action in [grant.action] if limit is None else _actions(grant.action, statement, limit):
            for one in resources if limit is None else _resources(resources, statement, limit):
                yield action, one


def _actions(action: str, statement: Statement, limit: Statement) -> Sequence[str]:
    """An action as far as a boundary lets it through: itself, or the boundary's narrower ones."""
    if limit.covers_action(action):
        return (action,)
    if not limit.reaches_action(action):
        return ()
    narrower = [one for one in limit.actions if statement.covers_action(one)]
    return narrower or (action,)


def _resources(resources: Sequence[str], statement: Statement, limit: Statement) -> Iterator[str]:
    for one in resources:
        if limit.covers(one):
            yield one
        elif limit.reaches(one):
            yield from [it for it in limit.resources if statement.covers(it)] or [one]
