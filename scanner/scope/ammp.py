"""Who can use the Management Portal, and who signs in with a password (controls.md 1.4, R13)."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.policy import FINANCE_WRITE, PORTAL_CORE
from scanner.scope.credentials import Credentials, credentials
from scanner.scope.holder import RoleHolder
from scanner.scope.principals import holding, roles
from scanner.vocabulary import Listed, derived

PORTAL = PORTAL_CORE | FINANCE_WRITE
"""What makes a principal one of the portal or of its payout, tax and identity settings."""


def users_with_passwords(snapshot: Snapshot) -> Listed[Credentials]:
    """IAM users that have a password, or may have one as far as the report shows."""
    listed = credentials(snapshot)
    return derived(listed, lambda user: [] if user.password is False else [user])


def portal_roles(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles that can use the portal, or may by policies that were not read."""
    return holding(roles(snapshot), PORTAL_CORE)
