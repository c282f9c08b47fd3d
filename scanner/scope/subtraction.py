"""Policies with some actions taken out: the documents of remedies that take rights away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from scanner.policy import Policy, Statement, action_matches
from scanner.policy.catalogue import actions_of, services_like
from scanner.policy.match import covers, fold

Stated = dict[str, Any]
Instead = Callable[[Statement, Stated], Stated]

ALL = frozenset({"*"})
"""To take a statement out whole, whatever it grants."""

VERB = re.compile(r"[a-z]*[A-Z]?[a-z]+")


def without(
    policy: Policy,
    statements: Iterable[Statement],
    actions: Collection[str],
    instead: Instead | None = None,
) -> str:
    """The policy as JSON in which some Allow statements grant none of the actions.

    Empty when no statement is left. The rest is as in `less`.
    """
    document = less(policy, statements, actions, instead)
    return json.dumps(document) if document["Statement"] else ""


def less(
    policy: Policy,
    statements: Iterable[Statement],
    actions: Collection[str],
    instead: Instead | None = None,
) -> Stated:
    """The policy as JSON has it, its statements as a list, where some Allows lack the actions.

    `instead` makes, of each of them, a statement to add: it is given the parsed one and a copy of
    what is written, with the actions in it that are taken out, and gives what to write. Wildcards
    are spelled out by the catalogue of actions.
    """
    document = document_of(policy)
    chosen = {one.index for one in statements}
    kept: list[Stated] = []
    added: list[Stated] = []
    for one, stated in zip(policy.statements, document["Statement"], strict=True):
        if one.index not in chosen:
            kept.append(stated)
            continue
        kept += _less(one, stated, actions)
        if instead:
            taken = sorted(action for action in actions if one.applies_to_action(action))
            place = {key: stated[key] for key in _PLACE if key in stated}
            added.append(instead(one, {"Effect": "Allow", "Action": taken, **place}))
    return document | {"Statement": [*kept, *added]}


def document_of(policy: Policy) -> Stated:
    """A policy as JSON has it, its statements as a list."""
    document: Stated = json.loads(policy.text)
    if not isinstance(document["Statement"], list):
        document["Statement"] = [document["Statement"]]
    return document


def on_condition(stated: Stated, wanted: Mapping[str, Mapping[str, object]]) -> Stated:
    """A statement with these conditions, by operator and key, in place of any on the same keys."""
    keys = {fold(key) for tests in wanted.values() for key in tests}
    tests: dict[str, dict[str, object]] = {}
    for operator, said in stated.get("Condition", {}).items():
        others = {key: value for key, value in said.items() if fold(key) not in keys}
        tests |= {operator: others} if others else {}
    for operator, more in wanted.items():
        tests[operator] = {**tests.get(operator, {}), **more}
    return stated | {"Condition": tests}


def refusing(actions: Collection[str]) -> str:
    """A policy as JSON that refuses actions whatever other policies grant."""
    return json.dumps({"Version": "2012-10-17", "Statement": [refusal_of(actions)]})


def refusal_of(actions: Collection[str]) -> Stated:
    """The one statement of `refusing`."""
    return {"Effect": "Deny", "Action": sorted(actions), "Resource": "*"}


_PLACE = ("Resource", "NotResource", "Condition")


def _less(one: Statement, stated: Stated, actions: Collection[str]) -> list[Stated]:
    """A statement without the actions, or nothing if it grants only those."""
    if actions == ALL:
        return []
    if not one.names_actions:
        taken = sorted(action for action in actions if one.applies_to_action(action))
        return [stated | {"NotAction": list(dict.fromkeys((*one.not_actions, *taken)))}]
    if any(not entry.strip("*:") for entry in one.actions):
        rest = {key: value for key, value in stated.items() if key != "Action"}
        return [rest | {"NotAction": sorted(actions)}]
    gone = frozenset(actions)
    left = list(dict.fromkeys(new for entry in one.actions for new in _spelled(entry, gone)))
    return [stated | {"Action": left}] if left else []


@lru_cache(maxsize=1024)
def _spelled(entry: str, actions: frozenset[str]) -> tuple[str, ...]:
    """An entry of Action without the actions: itself, nothing, or narrower entries."""
    taken = frozenset(action for action in actions if action_matches(entry, action))
    if not taken:
        return (entry,)
    if "*" not in entry and "?" not in entry:
        return ()
    service, _, name = entry.partition(":")
    found: list[str] = []
    for one in services_like(service):
        here = f"{one}:{name}"
        is_cut = any(action_matches(here, action) for action in taken)
        found += _named(one, here, taken) if is_cut else [here]
    return tuple(found)


def _named(service: str, entry: str, taken: frozenset[str]) -> list[str]:
    """What a pattern grants of a service but for the actions taken: by verb or by name."""
    gone = {fold(action) for action in taken}
    verbs: dict[str, set[str]] = {}
    for action in actions_of(service):
        if action_matches(entry, action) and fold(action) not in gone:
            verb = VERB.match(action.partition(":")[2])
            verbs.setdefault(f"{service}:{verb[0]}*" if verb else action, set()).add(action)
    found: set[str] = set()
    for wider, names in verbs.items():
        within = covers(fold(entry), fold(wider)) and len(names) > 1
        whole = within and not any(action_matches(wider, action) for action in taken)
        found |= {wider} if whole else names
    return sorted(found)
