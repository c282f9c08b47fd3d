"""The nature of any user or role: what stands behind it (controls.md R13)."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.facts.snapshot import Snapshot
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import Holder, RoleHolder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.nature import Nature, admits_workloads, nature_of_role, nature_of_user
from scanner.vocabulary import NotSeen, Observed, known, seen


def nature_of(holder: Holder, snapshot: Snapshot) -> Nature:
    """Human, workload or neither, of a user by the credential report, of a role by its trust.

    Raises NotSeen when the user's row of the report or the role's trust policy was not read.
    """
    if isinstance(holder, RoleHolder):
        return nature_of_role(holder.role)
    known(snapshot.iam.report)
    return nature_of_user(_users_by_arn(snapshot)[holder.arn])


def seen_nature(holder: Holder, snapshot: Snapshot) -> Observed[Nature]:
    """The same, with what was not read as a gap."""
    try:
        return nature_of(holder, snapshot)
    except NotSeen as unseen:
        return unseen.gaps[0]


def is_workload(holder: Holder, snapshot: Snapshot) -> bool:
    """Whether a machine acts as it, in a role also beside people; raises NotSeen like `nature_of`."""
    if isinstance(holder, RoleHolder):
        return admits_workloads(holder.role)
    return nature_of(holder, snapshot) is Nature.WORKLOAD


def seen_workload(holder: Holder, snapshot: Snapshot) -> Observed[bool]:
    """The same, with what was not read as a gap."""
    try:
        return is_workload(holder, snapshot)
    except NotSeen as unseen:
        return unseen.gaps[0]


@once_per_snapshot
def _users_by_arn(snapshot: Snapshot) -> Mapping[str, Credentials]:
    return {user.key: user for user in seen(credentials(snapshot))}
