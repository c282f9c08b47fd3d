"""Who may ask Commerce Analytics for data sets, administrators left out (CAS-04)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.facts.snapshot import Snapshot
from scanner.policy import CAS_CALL, Policy, Statement, action_matches
from scanner.scope.administrators import is_administrator
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import Held, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.placement import place_of
from scanner.scope.principals import holding, principals
from scanner.vocabulary import Listed, NotSeen, Partial, derived, gaps, known, merged, seen

SERVICE = "marketplacecommerceanalytics"
CALL = next(iter(CAS_CALL))
INLINE = "#inline-policy/"


def possible_callers(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that may call GenerateDataSet, or may by policies that were not read."""
    return derived(
        holding(principals(snapshot), CAS_CALL),
        lambda one: [] if is_administrator(one) else [one],
    )


@once_per_snapshot
def callers(snapshot: Snapshot) -> Listed[Holder]:
    """Those that surely may; cut when others may by what was not read."""
    listed = possible_callers(snapshot)
    sure = derived(listed, lambda one: [one] if one.grants(CAS_CALL) else [])
    unread = tuple(
        dict.fromkeys(gap for one in seen(listed) if not one.grants(CAS_CALL) for gap in one.gaps)
    )
    return merged(sure, Partial((), unread)) if unread else sure


def credentials_of(user: Holder, snapshot: Snapshot) -> Credentials:
    """The password and keys of a user; raises NotSeen when its row of the report was not read."""
    found = _by_user(snapshot).get(user.arn)
    if found is None:
        raise NotSeen(*gaps(credentials(snapshot)))
    known(found.row)
    return found


@once_per_snapshot
def _by_user(snapshot: Snapshot) -> Mapping[str, Credentials]:
    return {one.key: one for one in seen(credentials(snapshot))}


def call_by_name(policy: Policy, statements: Iterable[Statement]) -> str:
    """The policy as JSON with the call spelled out where statements grant it by a wildcard.

    Empty where an entry reaches beyond the service: then only its author knows what it is for.
    """
    document = json.loads(policy.text)
    stated = document["Statement"]
    stated = document["Statement"] = stated if isinstance(stated, list) else [stated]
    for one in statements:
        mine = stated[one.index]
        if not one.names_actions:
            mine["NotAction"] = [*one.not_actions, f"{SERVICE}:*"]
            place = {
                key: mine[key] for key in ("Resource", "NotResource", "Condition") if key in mine
            }
            stated.append({"Effect": "Allow", "Action": CALL, **place})
            continue
        wide = [entry for entry in one.actions if action_matches(entry, CALL)]
        if not all(entry.lower().startswith(f"{SERVICE}:") for entry in wide):
            return ""
        mine["Action"] = [*(entry for entry in one.actions if entry not in wide), CALL]
    return json.dumps(document)


def place_of_held(held: Held) -> Mapping[str, str]:
    """Where a policy stands, for remedies (see `placement`); empty for one that AWS manages."""
    if INLINE in held.key:
        owner = held.key.partition(INLINE)[0]
        return place_of(InlinePolicy(owner, held.name, held.policy))
    policy = ManagedPolicy(held.name, held.key, 1, "", held.policy)
    return {} if policy.aws_managed else place_of(policy)
