"""Seller policies, and who holds seller and buyer rights (controls.md section 3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from scanner.facts.iam import InlinePolicy, ManagedPolicy
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_CORE, PORTAL_WRITE, Grant
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import SERVICE_LINKED, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import holding, principals
from scanner.scope.taking import is_of_aws
from scanner.vocabulary import Listed, Partial, derived, merged, seen

Written = ManagedPolicy | InlinePolicy

AWS_POLICIES = "arn:aws:iam::aws:policy/"
FULL_ACCESS = f"{AWS_POLICIES}AWSMarketplaceSellerFullAccess"
PRODUCTS = f"{AWS_POLICIES}AWSMarketplaceSellerProductsFullAccess"

BUYER_FULL_ACCESS = f"{AWS_POLICIES}AWSMarketplaceFullAccess"
NARROW_BUYERS = frozenset(
    f"{AWS_POLICIES}{name}"
    for name in (
        "AWSMarketplaceManageSubscriptions",
        "AWSPrivateMarketplaceAdminFullAccess",
        "AWSMarketplaceProcurementSystemAdminFullAccess",
    )
)
"""Buyer policies that hold a few portal actions, which make nobody one of the seller's staff."""
BUYERS = NARROW_BUYERS | {BUYER_FULL_ACCESS}
IMAGE_BUILD = f"{AWS_POLICIES}AWSMarketplaceImageBuildFullAccess"
"""AWS seems to have withdrawn it."""


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


def called(holder: Holder) -> str:
    """A principal as sentences name it."""
    return f"{holder.kind.capitalize()} {holder.name}"


def exemption(holder: Holder, profile: Profile) -> str:
    """Why a control on seller rights leaves a principal out, as a sentence; empty if it does not."""
    if is_administrator(holder):
        return f"{called(holder)} administers the account; that is judged on its own."
    if holder.arn in profile.approved_admins:
        return f"{called(holder)} is among the approved administrators."
    return ""


@once_per_snapshot
def sellers(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles of the portal or of payout, tax and identity settings, or maybe so."""

    def chosen(one: Holder) -> list[Holder]:
        return [one] if one.may_grant(PORTAL_CORE) or one.grants(FINANCE_WRITE) else []

    return derived(principals(snapshot), chosen)


def publishers(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that can change listings, or may by policies that were not read."""
    return holding(principals(snapshot), PORTAL_WRITE)


def has_full_access(holder: Holder) -> bool:
    """Whether it surely has AWS's full seller policy, or all its rights by others (SELL-02).

    What a boundary or Deny takes away it does not have; an administrator is not counted.
    """
    if is_administrator(holder):
        return False
    writes, finance = holder.grants(PORTAL_WRITE), holder.grants(FINANCE_WRITE)
    if any(held.key == FULL_ACCESS for held in holder.held):
        return bool(writes) and bool(finance)
    return writes.all_of(PORTAL_WRITE) and finance.all_of(FINANCE_WRITE)


@once_per_snapshot
def full_access_holders(snapshot: Snapshot) -> Listed[Holder]:
    """All with full seller access; partial when others may have it by policies not read."""
    everybody = principals(snapshot)
    sure = derived(everybody, lambda one: [one] if has_full_access(one) else [])
    unsure = (one for one in seen(everybody) if one.gaps and not has_full_access(one))
    gaps = [gap for one in unsure if not is_administrator(one) for gap in one.gaps]
    return merged(sure, Partial((), tuple(dict.fromkeys(gaps)))) if gaps else sure


def by_own_policies(holder: Holder, grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Those grants that policies of the account itself bring, not AWS's."""
    return _by(grants, {id(held.policy) for held in holder.held if not is_of_aws(held)})


def not_by(holder: Holder, grants: Iterable[Grant], arns: Collection[str]) -> tuple[Grant, ...]:
    """Those grants that other policies than these managed ones bring."""
    return _by(grants, {id(held.policy) for held in holder.held if held.key not in arns})


def _by(grants: Iterable[Grant], policies: Collection[int]) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if id(grant.policy) in policies)


def ways(holder: Holder, arn: str) -> str:
    """How a managed policy reaches a holder, in words."""
    found = [held.via for held in holder.held if held.key == arn]
    return ", ".join(f"by group {via}" if via else "attached directly" for via in found)
