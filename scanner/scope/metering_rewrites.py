"""How metering rights, or what stands beside them, are taken from one user or role.

Only the policies of that one are written anew: what it shares with others is left to them. It
leaves the group or the policy for one of its own, or an inline policy refuses the actions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from scanner.facts.snapshot import Snapshot
from scanner.policy import METER, Grant, Policy, Statement
from scanner.policy.catalogue import actions_of
from scanner.scope import placement
from scanner.scope.callers import place_of_held
from scanner.scope.holder import Held, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.subtraction import Stated, less, refusal_of, refusing, without
from scanner.scope.taking import is_inline, is_of_aws, sources
from scanner.vocabulary import seen

OWNERS = ("user", "role")
LEAVING = (
    "detach_arn", "detach_name", "from_user", "from_role", "from_reserved",
    "delete_policy", "delete_user", "delete_role", "delete_reserved",
    "leave_user", "leave_group", "more",
)  # fmt: skip
NOTHING = dict.fromkeys((*placement.PLACES, "policy_name", "document", *LEAVING), "")
"""Values of a fail for which people have to choose; all forms but the console are left out."""


def taken(
    holder: Holder,
    grants: Collection[Grant],
    actions: Collection[str],
    snapshot: Snapshot,
    *,
    refusal: str,
) -> dict[str, str]:
    """Values that take actions from a holder; `grants` are all that it has of them.

    A policy of nothing else goes as a whole, one of its own is written anew. Where several bring
    them, or one that others share, an inline policy named `refusal` refuses them.
    """
    found = sources(holder, grants)
    if len(found) == 1:
        only = found[0]
        left = without(only.policy, [grant.statement for grant in grants], actions)
        if left and is_its_own(only, snapshot):
            return NOTHING | {"document": left} | dict(place_of_held(only))
        if not left and _is_all_of_its_group(only, holder):
            return NOTHING | _left(holder, only)
    named = {grant.action for grant in grants}
    document = refusing(named.union(_refused_already(holder, refusal)))
    return NOTHING | placement.inline_of(holder, refusal) | {"document": document}


def _refused_already(holder: Holder, name: str) -> Iterable[str]:
    """What an inline policy of the holder refuses that is to be written again."""
    for held in holder.held:
        if held.name == name and is_inline(held) and not held.via:
            yield from (entry for one in held.policy.denies() for entry in one.actions)


def metering_only(
    holder: Holder,
    wild: Collection[Grant],
    beside: Collection[Grant],
    actions: Collection[str],
    snapshot: Snapshot,
) -> dict[str, str]:
    """Values that name metering actions which wildcards bring, and take some others away.

    `wild` are the grants by wildcard, `beside` those of the `actions` to take. What else the
    wildcards bring of the seller's services goes too. Several policies with wildcards are told in
    `more`.
    """
    found = sources(holder, wild)
    alone = [one for one in found if is_its_own(one, snapshot)]
    first = (alone or list(found))[0]
    every = (*wild, *beside)
    statements = [grant.statement for grant in every if grant.policy is first.policy]
    elsewhere = {grant.action for grant in beside if grant.policy is not first.policy}
    document = _by_name(first.policy, statements, METER.difference(actions), actions, elsewhere)
    more = ", ".join(dict.fromkeys(one.title for one in found if one.policy is not first.policy))
    values = NOTHING | {"document": document, "more": more}
    if alone:
        return values | dict(place_of_held(first))
    return values | placement.inline_of(holder, f"{first.name}-narrowed") | _left(holder, first)


def is_its_own(held: Held, snapshot: Snapshot) -> bool:
    """Whether nobody but its holder has the policy, and the account may write it."""
    return not (held.via or is_of_aws(held) or held.key in _shared(snapshot))


@once_per_snapshot
def _shared(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(one.arn for one in seen(snapshot.iam.policies) if one.attachments > 1)


def _is_all_of_its_group(held: Held, holder: Holder) -> bool:
    """Whether leaving the group that brings the policy, if one does, takes nothing else along."""
    return not held.via or all(one is held for one in holder.held if one.via == held.via)


def _left(holder: Holder, held: Held) -> dict[str, str]:
    """Values with which a holder loses a whole policy: leaves its group, detaches or deletes it."""
    kind = "reserved" if holder.is_identity_center else holder.kind
    if held.via:
        return {"leave_user": holder.name, "leave_group": held.via}
    if is_inline(held):
        return {"delete_policy": held.name, f"delete_{kind}": holder.name}
    return {"detach_arn": held.key, "detach_name": held.name, f"from_{kind}": holder.name}


def _by_name(
    policy: Policy,
    statements: Sequence[Statement],
    metering: Collection[str],
    actions: Collection[str],
    refused: Collection[str],
) -> str:
    """The policy as JSON with metering actions by name, without others, refusing some.

    The statements keep nothing of the seller's services: nobody would copy what a portal needs
    into the policy of a metering identity.
    """
    document = less(policy, statements, _of_the_seller(frozenset(actions)))
    kept = [_shortened(stated) for stated in document["Statement"]]
    added = [*_named(statements, metering)]
    added += [refusal_of(refused)] if refused else []
    return json.dumps(document | {"Statement": [*kept, *added]})


SERVICES = ("aws-marketplace", "aws-marketplace-management")


@lru_cache(maxsize=16)
def _of_the_seller(actions: frozenset[str]) -> frozenset[str]:
    """Metering, some actions, and all of the seller's services: one set for all principals."""
    return METER.union(actions, *(actions_of(service) for service in SERVICES))


def _shortened(stated: Stated) -> Stated:
    """A statement whose NotAction names the seller's services as a whole, not action by action."""
    listed = stated.get("NotAction", ())
    listed = [listed] if isinstance(listed, str) else listed
    others = [entry for entry in listed if entry.partition(":")[0].lower() not in SERVICES]
    if len(others) == len(listed):
        return stated
    return stated | {"NotAction": [*others, *(f"{service}:*" for service in SERVICES)]}


def _named(statements: Iterable[Statement], metering: Collection[str]) -> Iterable[Stated]:
    """Statements that grant by name, on the same conditions, what these grant of metering."""
    stated: list[Stated] = []
    for one in dict.fromkeys(statements):
        names = sorted(action for action in metering if one.applies_to_action(action))
        tests: Stated = {}
        for condition in one.conditions:
            tests.setdefault(condition.operator, {})[condition.key] = list(condition.values)
        new: Stated = {"Effect": "Allow", "Action": names, "Resource": "*"}
        new |= {"Condition": tests} if tests else {}
        stated += [new] if names and new not in stated else []
    return stated


STEPS = (
    *placement.STEPS,
    "In IAM open Users, [[from_user]], Permissions, and remove the policy [[detach_name]].",
    "In IAM open Roles, [[from_role]], Permissions, and remove the policy [[detach_name]].",
    "In IAM Identity Center take [[detach_name]] out of the permission set behind"
    " [[from_reserved]], and provision it again.",
    "In IAM open Users, [[delete_user]], Permissions, and delete the inline policy"
    " [[delete_policy]].",
    "In IAM open Roles, [[delete_role]], Permissions, and delete the inline policy"
    " [[delete_policy]].",
    "In IAM Identity Center delete the inline policy of the permission set behind"
    " [[delete_reserved]], and provision it again.",
    "In IAM open User groups, [[leave_group]], Users, and take [[leave_user]] out.",
    "Then do the same with [[more]]: scan again for the next document.",
)

CLI = "\n\n".join(
    (
        placement.CLI,
        *(
            f"aws iam detach-{owner}-policy --{owner}-name [[from_{owner}]]"
            " --policy-arn [[detach_arn]]"
            for owner in OWNERS
        ),
        *(
            f"aws iam delete-{owner}-policy --{owner}-name [[delete_{owner}]]"
            " --policy-name [[delete_policy]]"
            for owner in OWNERS
        ),
        "aws iam remove-user-from-group --user-name [[leave_user]] --group-name [[leave_group]]",
    )
)
CLOUDFORMATION = placement.CLOUDFORMATION
TERRAFORM = placement.TERRAFORM
