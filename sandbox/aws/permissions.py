"""The fake AWS's own judge of permission policies; independent of the scanner's, so that it can prove it wrong."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Literal

from sandbox.aws.conditions import Context, as_list, conditions_hold

Verdict = Literal["allow", "deny", "silent"]


@dataclass(frozen=True)
class Grants:
    """What stands behind a principal: its own policies, its boundary and the policies of its session, as JSON text."""

    identity: tuple[str, ...] = ()
    boundary: tuple[str, ...] | None = None
    session: tuple[str, ...] | None = None
    extra: dict[str, str] = field(default_factory=dict)


class BadPolicyError(ValueError):
    """The text is not a policy document."""


@lru_cache(maxsize=4096)
def statements_of(document: str) -> tuple[dict[str, Any], ...]:
    """The statements of a policy text; raises BadPolicyError when it is none."""
    try:
        parsed = json.loads(document)
    except ValueError as error:
        raise BadPolicyError(f"not JSON: {error}") from error
    statements = as_list(parsed.get("Statement")) if isinstance(parsed, dict) else []
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise BadPolicyError("a policy needs a Statement")
    return tuple(statements)


def refusal(grants: Grants, action: str, context: Context) -> str | None:
    """None when the action is allowed; else the clause with which AWS explains its refusal."""
    layers: list[tuple[str, Iterable[str]]] = [("identity-based policy", grants.identity)]
    if grants.boundary is not None:
        layers.append(("permissions boundary", grants.boundary))
    if grants.session is not None:
        layers.append(("session policy", grants.session))
    verdicts = [(name, _decide(documents, action, context)) for name, documents in layers]
    for name, verdict in verdicts:
        if verdict == "deny":
            article = "an" if name[0] in "aeiou" else "a"
            return f"with an explicit deny in {article} {name}"
    for name, verdict in verdicts:
        if verdict == "silent":
            return f"because no {name} allows the {action} action"
    return None


def _decide(documents: Iterable[str], action: str, context: Context) -> Verdict:
    verdict: Verdict = "silent"
    for document in documents:
        try:
            statements = statements_of(document)
        except BadPolicyError:
            continue
        for statement in statements:
            effect = _effect(statement, action, context)
            if effect == "deny":
                return "deny"
            if effect == "allow":
                verdict = "allow"
    return verdict


def _effect(statement: dict[str, Any], action: str, context: Context) -> Verdict:
    if not _names_action(statement, action):
        return "silent"
    holds = conditions_hold(statement.get("Condition"), context)
    if statement.get("Effect") == "Deny":
        # A condition that cannot be decided denies and never allows.
        return "silent" if holds is False else "deny"
    return "allow" if holds and statement.get("Effect") == "Allow" else "silent"


def _names_action(statement: dict[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(statement["NotAction"], action)
    return _matches(statement.get("Action"), action)


def _matches(patterns: object, action: str) -> bool:
    wanted = action.lower()
    return any(
        fnmatchcase(wanted, str(item).lower().replace("[", "[[]")) for item in as_list(patterns)
    )
