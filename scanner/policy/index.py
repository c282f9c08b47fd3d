"""Which statements are about which actions, looked up once per policy and set of actions."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from scanner.policy.actions import ASKED_OF_ALL, PORTAL_PATTERN, is_within
from scanner.policy.document import Matched, Policy
from scanner.policy.match import fold, literal_start, matches, overlaps
from scanner.policy.statement import Statement, prefixes_of, share


def matched(policy: Policy, actions: frozenset[str]) -> tuple[Matched, ...]:
    """Give the statements about any of the actions with those they are about, in order.

    Remembered in the policy: one that many principals share is looked at once.
    """
    known = policy.matched.get(actions)
    if known is None:
        if not share(policy.prefixes, services_of(actions)):
            return ()
        known = policy.matched[actions] = _matched(policy, actions)
    return known


def _matched(policy: Policy, actions: frozenset[str]) -> tuple[Matched, ...]:
    if actions != ASKED_OF_ALL and is_within(actions, ASKED_OF_ALL):
        every = matched(policy, ASKED_OF_ALL)
        pairs = [(one, part_of(about, actions)) for one, about in every]
    else:
        services = services_of(actions)
        near = (one for one in policy.statements if share(one.prefixes, services))
        pairs = [(one, _about(one, actions)) for one in near]
    return tuple(pair for pair in pairs if pair[1])


@lru_cache(maxsize=2048)
def part_of(about: frozenset[str], actions: frozenset[str]) -> frozenset[str]:
    """Give of an answer about ASKED_OF_ALL what is one about some of these actions.

    A policy's own portal entries stay with the pattern that asked for them.
    """
    entries = about - ASKED_OF_ALL if PORTAL_PATTERN in actions else frozenset[str]()
    return (about & actions) | entries


@lru_cache(maxsize=256)
def _folded(actions: frozenset[str]) -> frozenset[str]:
    """Give the actions without wildcards in lower case; a set meets a set by its smaller one."""
    return frozenset(_names(actions))


@lru_cache(maxsize=256)
def services_of(actions: frozenset[str]) -> frozenset[str] | None:
    """Give the prefixes of the services that actions belong to; None when a pattern may mean any."""
    return prefixes_of([fold(action) for action in actions])


def _about(statement: Statement, actions: frozenset[str]) -> frozenset[str]:
    names = _names(actions)
    listed = {names[one] for one in statement.exact_names & _folded(actions)}
    listed.update(*(expanded(one, actions) for one in statement.wildcards))
    about = listed if statement.names_actions else {*names.values()} - listed
    if statement.allows and len(names) < len(actions):
        for pattern in actions.difference(names.values()):
            about |= _unlisted(statement, pattern, actions, about)
    return _shared(frozenset(about))


@lru_cache(maxsize=2048)
def _shared(actions: frozenset[str]) -> frozenset[str]:
    """Give one set for all that are equal: tens of thousands are remembered, of few kinds."""
    return actions


def _unlisted(
    statement: Statement, pattern: str, actions: frozenset[str], about: Collection[str]
) -> frozenset[str]:
    """Give what a statement names of a pattern when it names none of the known actions of it."""
    folded = fold(pattern)
    known = not expanded(folded, actions).isdisjoint(about)
    if known or not statement.reaches_action(pattern):
        return frozenset()
    if not statement.names_actions:
        return frozenset({pattern})
    return frozenset(one for one in statement.actions if overlaps(fold(one), folded))


@lru_cache(maxsize=256)
def _names(actions: frozenset[str]) -> dict[str, str]:
    """Map the actions without wildcards from lower case to their spelling."""
    return {fold(action): action for action in actions if "*" not in action}


@lru_cache(maxsize=8192)
def expanded(pattern: str, actions: frozenset[str]) -> frozenset[str]:
    """Give those of the actions without wildcards that fit a folded pattern, as they are spelled."""
    names = _names(actions)
    start = literal_start(pattern)
    fitting = (name for name in names if name.startswith(start) and matches(pattern, name))
    return frozenset(names[name] for name in fitting)
