"""Whose tokens of an OIDC issuer a trust policy lets in (controls.md AMMP-10, MTR-04).

How subjects are built is the issuers' own: GitHub, OIDC subject claims; GitLab, Connect to cloud
services; HCP Terraform, Workload identity tokens; Buildkite, OIDC; Kubernetes, service accounts.
"""

from __future__ import annotations

import re

from scanner.policy import Condition

NAMED_APART = {
    "www.amazon.com": ("app_id", "user_id"),
    "graph.facebook.com": ("app_id", "id"),
}
"""Providers whose condition keys for audience and subject are not called aud and sub."""

OWNERS = {
    "token.actions.githubusercontent.com": (
        "repo|repository|repository_owner|repository_owner_id|repository_id|job_workflow_ref"
        "|enterprise|enterprise_id"
    ),
    "gitlab.com": "project_path|project_id|namespace_path|namespace_id",
    "app.terraform.io": "organization",
    "agent.buildkite.com": "organization",
}
"""Issuers that give anybody a token, for any audience, and the claims that say whose it is."""

LABEL = re.compile(
    r"(system:serviceaccount|actor|context|enterprise|environment|group|group_path"
    r"|job_workflow_ref|namespace|namespace_path|org|organization|owner|pipeline|project"
    r"|project_path|ref|repo|repository|repository_owner|workflow|workspace)(_id)?[:/]",
    re.IGNORECASE,
)
"""How a subject of any other issuer begins before it names anybody."""

WILD = re.compile(r"[*?]|[$][{]")


def oidc_keys(provider: str) -> tuple[str, str]:
    """The condition keys for audience and subject of an OIDC provider's ARN or host name."""
    issuer = issuer_of(provider)
    audience, subject = NAMED_APART.get(issuer, ("aud", "sub"))
    return f"{issuer}:{audience}", f"{issuer}:{subject}"


def issuer_of(provider: str) -> str:
    """The issuer of an OIDC provider, which starts its condition keys: a host name and a path."""
    return provider.partition(":oidc-provider/")[2] or provider


def serves_everybody(provider: str) -> bool:
    """Whether anybody can have the issuer make a token that AWS takes, so that only a subject helps."""
    return issuer_of(provider).lower().rstrip("/") in OWNERS


def names_somebody(condition: Condition, provider: str) -> bool:
    """Whether every value names an owner whole before its first wildcard, such as repo:acme/*.

    repo:* and repo:acme* would let in repositories that anybody can make, and so would
    environment:production, which says nothing about the owner.
    """
    claims = OWNERS.get(issuer_of(provider).lower().rstrip("/"))
    return all(_names_an_owner(condition.base, value, claims) for value in condition.values)


def is_exact(condition: Condition, provider: str) -> bool:
    """Whether every value is one subject; only StringLike reads wildcards."""
    return names_somebody(condition, provider) and (
        condition.base != "StringLike" or not any(map(WILD.search, condition.values))
    )


def _names_an_owner(operator: str, value: str, claims: str | None) -> bool:
    wild = WILD.search(value) if operator == "StringLike" else None
    if claims is not None:
        said = value[: wild.start()] if wild else f"{value}:"
        return re.search(rf"(?:^|:)(?:{claims}):[^:/*?$]+[:/]", said, re.IGNORECASE) is not None
    if wild is None:
        return value.strip("*? ") != ""
    said = value[: wild.start()]
    label = LABEL.match(said)
    return any(re.split(r"[:/]", said[label.end() :] if label else said)[:-1])
