"""Which principals may send metering records or read entitlements (controls.md 1.7)."""

from __future__ import annotations

from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.scope.credentials import Credentials, credentials
from scanner.vocabulary import Listed, derived


def metering_users(snapshot: Snapshot) -> Listed[Credentials]:
    """IAM users with any metering action, or maybe so by policies that were not read."""
    listed = credentials(snapshot)
    return derived(listed, lambda user: [user] if user.holder.may_grant(METER) else [])
