"""What makes an administrator: statements that allow every action on every resource (SELL-09)."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.policy.document import Policy
from scanner.policy.grants import Grant
from scanner.policy.statement import ANY_RESOURCE, Statement


def administers(policies: Sequence[Policy], *, boundary: Policy | None = None) -> tuple[Grant, ...]:
    """Give the statements that make an administrator: every action on every resource (SELL-09).

    A Deny of something leaves an administrator an administrator; only one of everything, or a
    boundary that is not as wide, does not.
    """
    limits = [] if boundary is None else [boundary]
    wide = [policy for policy in policies if policy.prefixes is None]
    if not wide:
        return ()
    for one in (one for policy in (*wide, *limits) for one in policy.denies()):
        if not one.conditions and _is_total(one):
            return ()
    passing = [one for one in boundary.allows() if _is_total(one)] if boundary else []
    if boundary and not passing:
        return ()
    limited = bool(passing) and all(one.conditions for one in passing)
    return tuple(
        Grant("*", one, policy, limited or bool(one.conditions))
        for policy in wide
        for one in policy.allows()
        if _is_total(one)
    )


def _is_total(statement: Statement) -> bool:
    return statement.covers_every_action() and statement.covers(ANY_RESOURCE)
