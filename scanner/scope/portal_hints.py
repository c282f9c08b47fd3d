"""What an API can show the person who attests portal access: names, never a verdict (section 10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import CAS_CALL, METER
from scanner.scope.ammp import SELLER, portal_roles
from scanner.scope.cas import trusts_cas, trusts_ingestion
from scanner.scope.credentials import credentials
from scanner.scope.holder import RoleHolder
from scanner.scope.nature import Nature, nature_of_role
from scanner.scope.principals import roles
from scanner.scope.staleness import stale_credentials
from scanner.vocabulary import Listed, NotSeen, Partial, Unobserved, gaps, known, seen

MARKETPLACE = SELLER | METER | CAS_CALL
MOST_NAMES = 5


def federated_roles(snapshot: Snapshot) -> Listed[str]:
    """Names of the roles with which people of an identity provider reach the portal."""
    return _named(portal_roles(snapshot), lambda role: nature_of_role(role.role) is Nature.HUMAN)


def foreign_workloads(snapshot: Snapshot) -> Listed[str]:
    """Names of the roles of services and pipelines that have no Marketplace rights.

    One that only reads a product's queue is among them: SQS rights do not tell what for.
    """

    def is_foreign(role: RoleHolder) -> bool:
        if nature_of_role(role.role) is not Nature.WORKLOAD or role.may_grant(MARKETPLACE):
            return False
        trust = known(role.role.trust)
        return not trusts_cas(trust) and not trusts_ingestion(trust)

    return _named(roles(snapshot), is_foreign)


def stale_access(snapshot: Snapshot) -> Listed[str]:
    """Names of users and portal roles whose access AMMP-08 finds unused or too old."""
    limit = timedelta(days=snapshot.profile.role_unused_days)
    names: list[str] = []
    why = [*gaps(credentials(snapshot)), *gaps(portal_roles(snapshot))]
    for user in seen(credentials(snapshot)):
        try:
            stale, untold = stale_credentials(user, snapshot)
        except NotSeen as unseen:
            stale, untold = [], list(unseen.gaps)
        names += [f"user {user.name}"] if stale else []
        why += [] if stale else untold
    for role in seen(portal_roles(snapshot)):
        since = role.role.last_used or role.role.created
        names += [f"role {role.name}"] if snapshot.now - since >= limit else []
    return Partial(tuple(names), tuple(dict.fromkeys(why))) if why else tuple(names)


def names_fact(label: str, names: Listed[str], read_by: str) -> tuple[Fact, ...]:
    """Names as evidence, some of many, with what could not be read; raises NotSeen for no list."""
    if isinstance(names, Unobserved):
        raise NotSeen(names)
    listed = sorted(seen(names))
    more = f" and {len(listed) - MOST_NAMES} more" if len(listed) > MOST_NAMES else ""
    said = ", ".join(listed[:MOST_NAMES]) + more or "none"
    unread = (Fact("Not read", gap.sentence(), gap.action) for gap in gaps(names))
    return (Fact(label, said, read_by), *unread)


def _named(listed: Listed[RoleHolder], keep: Callable[[RoleHolder], bool]) -> Listed[str]:
    """Names of the roles to keep; a role of which too little was read is a gap."""
    if isinstance(listed, Unobserved):
        return listed
    names: list[str] = []
    why = list(gaps(listed))
    for role in seen(listed):
        try:
            names += [role.name] if keep(role) else []
        except NotSeen as unseen:
            why += unseen.gaps
    return Partial(tuple(names), tuple(dict.fromkeys(why))) if why else tuple(names)
