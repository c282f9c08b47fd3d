"""Forms of a remedy that replace one policy of a principal, wherever it holds it from.

A policy of the customer's own gets another document in its place (placement.py). One that AWS
owns cannot be edited: an inline policy takes its place, and it is detached.
"""

from __future__ import annotations

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.scope.holder import Held, Holder
from scanner.scope.placement import CLI as PUT
from scanner.scope.placement import CLOUDFORMATION, PLACES, STEPS, TERRAFORM, inline_of, place_of

__all__ = ["CLI", "CLOUDFORMATION", "CONSOLE", "NOTHING_REPLACED", "TERRAFORM", "replacing"]

OWNERS = ("user", "group", "role")
DETACHED = ("aws_policy_arn", *(f"detach_{owner}" for owner in OWNERS))
NOTHING_REPLACED = dict.fromkeys((*PLACES, *DETACHED, "policy_name", "document"), "")
"""Values of a fail for which no policy has to be replaced."""


def replacing(held: Held, holder: Holder, document: str) -> dict[str, str]:
    """Values that put a document, as JSON, in the place of a policy that a principal holds."""
    values = NOTHING_REPLACED | {"document": document}
    owner, inline, name = held.key.partition("#inline-policy/")
    if inline:
        return values | place_of(InlinePolicy(owner, name, held.policy))
    managed = ManagedPolicy(held.name, held.key, 0, "", held.policy)
    if not managed.aws_managed:
        return values | place_of(managed)
    name = f"{held.name}-narrowed"
    if held.via:
        place = dict.fromkeys(PLACES, "") | {"group": held.via, "policy_name": name}
    else:
        place = inline_of(holder, name)
    detached = {f"detach_{kind}": place[kind] for kind in OWNERS}
    return values | place | detached | {"aws_policy_arn": held.key}


CONSOLE = (*STEPS, "Then detach [[aws_policy_arn]] there.")

CLI = "\n\n".join(
    (
        PUT,
        *(
            f"aws iam detach-{owner}-policy --{owner}-name [[detach_{owner}]]"
            " --policy-arn [[aws_policy_arn]]"
            for owner in OWNERS
        ),
    )
)
