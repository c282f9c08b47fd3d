"""Which policies the seller wrote: managed ones of its own and inline ones (controls.md SELL-01)."""

from __future__ import annotations

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.facts.snapshot import Snapshot
from scanner.scope.holder import SERVICE_LINKED
from scanner.vocabulary import Listed, derived, merged

Written = ManagedPolicy | InlinePolicy


def own_policies(snapshot: Snapshot) -> Listed[Written]:
    """Customer-managed policies, attached or not, and inline policies of users, groups and roles.

    Left out are service-linked roles and our own scan role (R12, R13).
    """
    iam = snapshot.iam

    def is_left_out(path: str, arn: str) -> bool:
        return path.startswith(SERVICE_LINKED) or arn == snapshot.scan_role

    managed: Listed[Written] = derived(iam.policies, lambda one: [] if one.aws_managed else [one])
    users: Listed[Written] = derived(iam.users, lambda user: user.inline)
    groups: Listed[Written] = derived(iam.groups, lambda group: group.inline)
    roles: Listed[Written] = derived(
        iam.roles, lambda role: [] if is_left_out(role.path, role.arn) else role.inline
    )
    return merged(managed, users, groups, roles)
