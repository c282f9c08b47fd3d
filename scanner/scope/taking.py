"""How rights are taken from a user or role: the forms of a remedy, and the values they ask for.

What brings the rights decides: a managed policy that is wrong as a whole is detached where it is
attached, a policy of the account's own is written anew without the actions, and where several
policies bring them, or one of AWS's that is right for others, an inline policy refuses them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.policy import Grant
from scanner.scope import placement
from scanner.scope.holder import Held, Holder
from scanner.scope.subtraction import Instead, refusing, without

INLINE = "#inline-policy/"
OWNERS = ("user", "group", "role")
DETACHING = (
    "detach_arn", "detach_name", "from_user", "from_group", "from_role", "from_reserved",
    "delete_user", "delete_group", "delete_role", "replacement", "more",
)  # fmt: skip
NONE: Mapping[str, str] = {}
NOTHING = dict.fromkeys((*placement.PLACES, *DETACHING, "policy_name", "document"), "")


def sources(holder: Holder, grants: Iterable[Grant]) -> tuple[Held, ...]:
    """The policies that bring some grants, once for each way in which they reach the holder."""
    policies = {id(grant.policy) for grant in grants}
    return tuple(held for held in holder.held if id(held.policy) in policies)


def is_of_aws(held: Held) -> bool:
    """Whether AWS owns the policy."""
    return held.key.split(":", 5)[4:5] == ["aws"]


def is_inline(held: Held) -> bool:
    """Whether the policy is embedded in its owner."""
    return INLINE in held.key


def taken_away(
    holder: Holder,
    grants: Collection[Grant],
    actions: Collection[str],
    *,
    refusal: str,
    wrong: Mapping[str, str] = NONE,
) -> dict[str, str]:
    """Values for taking actions from a holder whatever grants them.

    `wrong` maps ARNs of managed policies that go as a whole to the ARN of one to attach instead, or
    to an empty text. `refusal` names the inline policy that refuses the actions where others stay.
    """
    found = sources(holder, grants)
    if len(found) == 1 and found[0].key in wrong:
        return detached(holder, found[0], wrong[found[0].key])
    if len(found) == 1 and not is_of_aws(found[0]):
        return rewritten(holder, found[0], grants, actions)
    return NOTHING | placement.inline_of(holder, refusal) | {"document": refusing(actions)}


def rewritten(
    holder: Holder,
    held: Held,
    grants: Iterable[Grant],
    actions: Collection[str],
    instead: Instead | None = None,
) -> dict[str, str]:
    """Values that write one of the account's own policies anew, or remove it if it is left empty."""
    statements = [grant.statement for grant in grants if grant.policy is held.policy]
    document = without(held.policy, statements, actions, instead)
    if document:
        return NOTHING | placement.place_of(_policy(held)) | {"document": document}
    return removed(holder, held)


def removed(holder: Holder, held: Held) -> dict[str, str]:
    """Values that take a whole policy from the holder, or from the group that brings it."""
    if not is_inline(held):
        return detached(holder, held)
    place = placement.place_of(_policy(held))
    deleted = {f"delete_{owner}": place[owner] for owner in OWNERS}
    reserved = {"from_reserved": place["reserved_role"]}
    reserved |= {"detach_name": held.name} if place["reserved_role"] else {}
    return NOTHING | deleted | reserved | {"policy_name": held.name}


def detached(holder: Holder, held: Held, replacement: str = "") -> dict[str, str]:
    """Values that detach a managed policy from the holder, or from the group that brings it."""
    kind = "reserved" if holder.is_identity_center else holder.kind
    place = {"from_group": held.via} if held.via else {f"from_{kind}": holder.name}
    named = {"detach_arn": held.key, "detach_name": held.name, "replacement": replacement}
    return NOTHING | named | place


def _policy(held: Held) -> InlinePolicy | ManagedPolicy:
    owner, inline, name = held.key.partition(INLINE)
    if inline:
        return InlinePolicy(owner, name, held.policy)
    return ManagedPolicy(held.name, held.key, 0, "", held.policy)


STEPS = (
    "In IAM open Users, [[from_user]], Permissions, and remove the policy [[detach_name]].",
    "In IAM open User groups, [[from_group]], Permissions, and remove the policy [[detach_name]].",
    "In IAM open Roles, [[from_role]], Permissions, and remove the policy [[detach_name]].",
    "In IAM Identity Center take [[detach_name]] out of the permission set behind"
    " [[from_reserved]], and provision it again.",
    "In IAM open Users, [[delete_user]], Permissions, and delete the inline policy"
    " [[policy_name]].",
    "In IAM open User groups, [[delete_group]], Permissions, and delete the inline policy"
    " [[policy_name]].",
    "In IAM open Roles, [[delete_role]], Permissions, and delete the inline policy"
    " [[policy_name]].",
    "In its place attach [[replacement]].",
    *placement.STEPS,
    "Do the same with what brings it too: [[more]].",
)


def _detaching(owner: str) -> tuple[str, ...]:
    name = f"--{owner}-name [[from_{owner}]]"
    return (
        f"aws iam attach-{owner}-policy {name} --policy-arn [[replacement]]",
        f"aws iam detach-{owner}-policy {name} --policy-arn [[detach_arn]]",
        f"aws iam delete-{owner}-policy --{owner}-name [[delete_{owner}]]"
        " --policy-name [[policy_name]]",
    )


CLI = "\n\n".join((*(line for owner in OWNERS for line in _detaching(owner)), placement.CLI))
CLOUDFORMATION = placement.CLOUDFORMATION
TERRAFORM = placement.TERRAFORM
