"""Human or workload: what a principal is, told by how it signs in (controls.md R13)."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from scanner.facts.iam import Role
from scanner.policy import Statement
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

    A role that people and machines may both assume is human here: ask `admits_workloads` where the
    question is about machines. Raises NotSeen when the trust policy was not read.
    """
    if role.path.startswith(IDENTITY_CENTER):
        return Nature.HUMAN
    if any(":saml-provider/" in provider for provider in _providers(role)):
        return Nature.HUMAN
    return Nature.WORKLOAD if admits_workloads(role) else Nature.OTHER


def admits_workloads(role: Role) -> bool:
    """Whether a service or OIDC issuer may assume a role, also where people may, too.

    Raises NotSeen when the trust policy was not read; that of Identity Center roles is AWS's.
    """
    if role.path.startswith(IDENTITY_CENTER):
        return False
    by_issuer = any(":saml-provider/" not in provider for provider in _providers(role))
    return by_issuer or any(one.services() for one in _trusting(role))


def _providers(role: Role) -> Iterator[str]:
    return (provider for one in _trusting(role) for provider in one.providers())


def _trusting(role: Role) -> list[Statement]:
    return [one for one in known(role.trust).allows() if one.is_trust()]
