"""Which Marketplace actions a policy names, and which of these names are dead (SELL-05)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from scanner.facts.snapshot import Snapshot
from scanner.policy import Malformed, Policy, Statement
from scanner.policy.catalogue import is_known, takes_resources
from scanner.policy.match import fold, matches
from scanner.policy.statement import share
from scanner.scope.memory import once_per_snapshot
from scanner.scope.sell import Written, own_policies
from scanner.scope.subtraction import Stated, document_of
from scanner.vocabulary import Listed, Observed, Unobserved, derived

SERVICES = ("aws-marketplace", "aws-marketplace-management", "marketplacecommerceanalytics")
_SERVICES = frozenset(SERVICES)
PREFIXES = tuple(f"{service}:" for service in SERVICES)


@dataclass(frozen=True, slots=True)
class Dead:
    """An entry that does nothing: `action` does not exist, or takes no resource where one stands."""

    statement: Statement
    action: str
    exists: bool


@once_per_snapshot
def marketplace_policies(snapshot: Snapshot) -> Listed[Written]:
    """The account's own policies that name Marketplace actions, or were not read."""
    listed = own_policies(snapshot)
    return derived(listed, lambda one: [one] if names_marketplace(one.document) else [])


def speaks_of_marketplace(document: Malformed) -> bool:
    """Whether the text of a document that was not understood speaks of Marketplace."""
    return "marketplace" in document.text.lower()


def names_marketplace(document: Observed[Policy]) -> bool:
    """Whether a policy names a Marketplace service, or may for all that was understood of it."""
    if isinstance(document, Unobserved):
        return True
    if document.prefixes is not None:
        return not document.prefixes.isdisjoint(SERVICES)
    return any(_names(one) for one in document.statements)


def _names(statement: Statement) -> bool:
    return any(one.startswith(PREFIXES) for one in statement.exact_names) or any(
        _names_service(one.partition(":")[0]) for one in statement.wildcards
    )


def _names_service(pattern: str) -> bool:
    return bool(pattern.strip("*")) and any(matches(pattern, service) for service in SERVICES)


def entries_of(policy: Policy) -> Iterator[tuple[Statement, str]]:
    """Every Marketplace action that is named without wildcards, as it is spelled."""
    for one in policy.statements:
        if not share(one.prefixes, _SERVICES):
            continue
        for action in one.actions or one.not_actions:
            if fold(action).startswith(PREFIXES) and not any(sign in action for sign in "*?"):
                yield one, action


def dead_entries(policy: Policy) -> tuple[Dead, ...]:
    """The named Marketplace actions that do not exist, or grant nothing where they stand."""
    found: list[Dead] = []
    for one, action in entries_of(policy):
        if is_known(action) is False:
            found.append(Dead(one, action, exists=False))
        elif one.allows and one.names_actions and _misses(one, action):
            found.append(Dead(one, action, exists=True))
    return tuple(found)


def _misses(statement: Statement, action: str) -> bool:
    """Whether an Allow names resources for an action that knows none, and so grants nothing (R4)."""
    return takes_resources(action) is False and not statement.covers_everything()


def without_dead(policy: Policy, dead: Collection[Dead]) -> str:
    """The policy as JSON without its dead entries; empty when no statement is left."""
    document = document_of(policy)
    left: list[Stated] = []
    for one, stated in zip(policy.statements, document["Statement"], strict=True):
        gone = {entry.action for entry in dead if entry.statement.index == one.index}
        kept = [action for action in one.actions or one.not_actions if action not in gone]
        if not gone:
            left.append(stated)
        elif kept:
            left.append(stated | {"Action" if one.names_actions else "NotAction": kept})
        elif not one.names_actions:
            rest = {key: value for key, value in stated.items() if key != "NotAction"}
            left.append(rest | {"Action": "*"})
    return json.dumps(document | {"Statement": left}) if left else ""
