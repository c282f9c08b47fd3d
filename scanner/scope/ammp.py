"""Who can use the Management Portal, and who signs in with a password (controls.md 1.4, R13)."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_CORE, PORTAL_WRITE, Policy
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import Holder, RoleHolder
from scanner.scope.principals import holding, principals, roles, users
from scanner.scope.trusts import trusts_resale
from scanner.vocabulary import Listed, derived

PORTAL = PORTAL_CORE | FINANCE_WRITE
"""What makes a principal one of the portal or of its payout, tax and identity settings."""

SELLER = PORTAL_CORE | PORTAL_WRITE | FINANCE_WRITE
"""Everything that opens or changes something in the portal (AMMP-06, AMMP-10)."""


def users_with_passwords(snapshot: Snapshot) -> Listed[Credentials]:
    """IAM users that have a password, or may have one as far as the report shows."""
    listed = credentials(snapshot)
    return derived(listed, lambda user: [] if user.password is False else [user])


def portal_users_with_passwords(snapshot: Snapshot) -> Listed[Credentials]:
    """Users that have a password and can use the portal, or may as far as was read."""

    def chosen(user: Credentials) -> list[Credentials]:
        return [user] if user.holder.may_grant(PORTAL_CORE) else []

    return derived(users_with_passwords(snapshot), chosen)


def portal_principals(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that can use the portal, or may by policies that were not read."""
    return holding(principals(snapshot), PORTAL_CORE)


def portal_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles that can use the portal, or may by policies that were not read."""
    return holding(roles(snapshot), PORTAL_CORE)


def seller_users(snapshot: Snapshot) -> Listed[Holder]:
    """IAM users with any portal right, or maybe so by policies that were not read."""
    return holding(users(snapshot), SELLER)


def seller_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles with any portal right, or maybe so by policies that were not read."""
    return holding(roles(snapshot), SELLER)


def trusted_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """The same, and roles of whatever rights that trust the service for selling authorizations."""

    def chosen(role: RoleHolder) -> list[RoleHolder]:
        trust = role.role.trust
        is_impostor = isinstance(trust, Policy) and trusts_resale(trust)
        return [role] if is_impostor or role.may_grant(SELLER) else []

    return derived(roles(snapshot), chosen)
