"""Human or workload: what a principal is, told by how it signs in (controls.md R13)."""

from __future__ import annotations

from enum import StrEnum

from scanner.facts.iam import Role
from scanner.scope.credentials import Credentials
from scanner.scope.holder import IDENTITY_CENTER
from scanner.vocabulary import known


class Nature(StrEnum):
    """What stands behind a principal; OTHER is what the rule leaves open."""

    HUMAN = "human"
    WORKLOAD = "workload"
    OTHER = "other"


def nature_of_user(user: Credentials) -> Nature:
    """Human with a password, workload with keys only; raises NotSeen without a report row."""
    if known(user.password):
        return Nature.HUMAN
    return Nature.WORKLOAD if user.active_keys() else Nature.OTHER


def nature_of_role(role: Role) -> Nature:
    """Human from Identity Center or SAML, workload from a service or OIDC issuer; else open.

    A role that people and machines may both assume is human, the stricter reading. Raises
    NotSeen when the trust policy was not read.
    """
    if role.path.startswith(IDENTITY_CENTER):
        return Nature.HUMAN
    statements = [one for one in known(role.trust).allows() if one.is_trust()]
    providers = [provider for one in statements for provider in one.providers()]
    if any(":saml-provider/" in provider for provider in providers):
        return Nature.HUMAN
    if providers or any(one.services() for one in statements):
        return Nature.WORKLOAD
    return Nature.OTHER
