"""Which principals may send metering records or read entitlements (controls.md 1.7)."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.policy import METER, METER_AMI, METER_CONTAINER, METER_SAAS
from scanner.scope.administrators import is_administrator
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import Holder, RoleHolder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import holding, principals, roles
from scanner.scope.products import Kind, sells
from scanner.vocabulary import Listed, Observed, Partial, Unobserved, derived, merged, seen

BATCH = frozenset({"aws-marketplace:BatchMeterUsage"})
SEND = BATCH | METER_AMI | METER_CONTAINER
"""What writes usage; the other metering rights only read."""

SOLD_AS = {
    METER_SAAS: (Kind.SAAS,),
    METER_AMI: (Kind.AMI, Kind.CONTAINER),
    METER_CONTAINER: (Kind.CONTAINER,),
}
"""Kinds of products that use the actions; containers with custom metering use MeterUsage too."""


def metering_users(snapshot: Snapshot) -> Listed[Credentials]:
    """IAM users with any metering action, or maybe so by policies that were not read."""
    listed = credentials(snapshot)
    return derived(listed, lambda user: [user] if user.holder.may_grant(METER) else [])


def metering_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles with any metering action, or maybe so by policies that were not read."""
    return holding(roles(snapshot), METER)


@once_per_snapshot
def metering_principals(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles with any metering action, or maybe so; administrators are left out."""
    listed = holding(principals(snapshot), METER)
    return derived(listed, lambda one: [] if is_administrator(one) else [one])


@once_per_snapshot
def batch_senders(snapshot: Snapshot) -> Listed[Holder]:
    """Those of them that surely have BatchMeterUsage; cut when others may have it."""
    listed = metering_principals(snapshot)
    sure = derived(listed, lambda one: [one] if one.grants(BATCH) else [])
    unsure = [one for one in seen(listed) if not one.grants(BATCH)]
    missing = tuple(dict.fromkeys(gap for one in unsure for gap in one.gaps))
    return merged(sure, Partial((), missing)) if missing else sure


def sells_any(snapshot: Snapshot, *kinds: Kind) -> Observed[bool]:
    """Say whether any of these kinds of products is sold; unobserved when the catalog may hide one."""
    answers = [sells(snapshot, kind) for kind in kinds]
    if True in answers:
        return True
    return next((one for one in answers if isinstance(one, Unobserved)), False)


def names_of(actions: frozenset[str]) -> str:
    """Actions as sentences name them, without their service."""
    return ", ".join(sorted(action.partition(":")[2] for action in actions))
