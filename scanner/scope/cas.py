"""Which roles belong to the Commerce Analytics Service, and which to AMI ingestion (1.7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scanner.facts.iam import Role
from scanner.facts.profile import CAS_ACCOUNT
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.scope.holder import SERVICE_LINKED, RoleHolder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import roles
from scanner.vocabulary import Listed, Partial, Unobserved, derived, gaps, merged, seen

DEFAULT_NAME = "MarketplaceCommerceAnalyticsRole"
WIZARD_POLICY = "oneClick_MarketplaceCommerceAnalyticsRole"
"""The portal's wizard adds an inline policy whose name starts so."""

ASSET_SERVICE = "assets.marketplace.amazonaws.com"


def delivery_roles(snapshot: Snapshot) -> Listed[Role]:
    """Roles that trust the CAS account by name, look like the wizard's, or hide their trust."""

    def chosen(role: Role) -> list[Role]:
        if role.path.startswith(SERVICE_LINKED):
            return []
        unread = isinstance(role.trust, Unobserved)
        return [role] if unread or looks_enrolled(role) or trusts_cas(role.trust) else []

    return derived(snapshot.iam.roles, chosen)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery role may deliver: a resource as its policy spells it, or `*`."""

    role: str
    resource: str


@once_per_snapshot
def deliverers(snapshot: Snapshot) -> Listed[RoleHolder]:
    """Roles that trust the CAS account with all they hold; cut when a trust policy was not read."""
    everyone = roles(snapshot)
    found = derived(everyone, lambda one: [one] if trusts_cas(one.role.trust) else [])
    hidden = tuple(
        replace(gap, detail=f"trust of role {one.name}: {gap.detail}".removesuffix(": "))
        for one in seen(everyone)
        for gap in gaps(one.role.trust)
    )
    return merged(found, Partial((), hidden)) if hidden else found


def targets(snapshot: Snapshot, action: str) -> Listed[Target]:
    """On what the delivery roles may do `s3:PutObject` or `sns:Publish`, as far as was read."""
    listed = deliverers(snapshot)

    def reached(role: RoleHolder) -> list[Target]:
        spelled = [
            resource
            for grant in role.grants((action,)).of((action,))
            for resource in grant.statement.resources or ("*",)
        ]
        return [Target(role.name, one) for one in dict.fromkeys(spelled)]

    found = derived(listed, reached)
    unread = tuple(dict.fromkeys(gap for role in seen(listed) for gap in role.gaps))
    return merged(found, Partial((), unread)) if unread else found


def looks_enrolled(role: Role) -> bool:
    """Whether the role has the name, or the inline policy, that the portal's wizard gives."""
    return role.name == DEFAULT_NAME or any(
        policy.name.startswith(WIZARD_POLICY) for policy in role.inline
    )


def trusts_cas(trust: object) -> bool:
    """Whether a trust policy names the CAS account or an identity in it."""
    return isinstance(trust, Policy) and any(
        CAS_ACCOUNT in accounts_of(statement) for statement in assuming(trust)
    )


def trusts_ingestion(trust: Policy) -> bool:
    """Whether the Marketplace asset service may assume the role to share images."""
    return any(ASSET_SERVICE in statement.services() for statement in assuming(trust))


def assuming(trust: Policy) -> tuple[Statement, ...]:
    """The Allow statements with which a role can be assumed; session tags alone do not."""
    return tuple(one for one in trust.allows() if one.is_trust())


def accounts_of(statement: Statement) -> frozenset[str]:
    """The 12-digit accounts that a statement's principals belong to."""
    named = statement.principals or ()
    return frozenset(one.account for one in named if one.account is not None)
