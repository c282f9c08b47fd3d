"""Whose tokens a subject lets in, by issuer."""

from __future__ import annotations

import pytest

from scanner.policy import Condition
from scanner.scope.issuers import is_exact, names_somebody, serves_everybody
from tests.builders import OWN

GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"

NOBODYS = (
    "*:ref:refs/heads/main", "repo:*", "repo:*/app:*", "repo:?cme/app:*", "repo:acme*",
    "repository_owner:*", "repository_owner:acme*", "repository_owner_id:*", "repository:*/app",
    "job_workflow_ref:*", "environment:production", "environment:production:*", "ref:refs/heads/main",
    "repository_owner:*:environment:production",
)  # fmt: skip
OWNED = (
    "repo:acme/*", "repo:acme/app:*", "repository_owner:acme:*", "repository_owner_id:65:*",
    "environment:production:repository_owner:acme:*", "job_workflow_ref:acme/flows/.github/*",
)  # fmt: skip


def like(value: str, operator: str = "StringLike") -> Condition:
    return Condition("", operator, False, "x:sub", (value,))


@pytest.mark.parametrize("sub", NOBODYS)
def test_a_subject_that_anybody_can_have_names_nobody(sub: str) -> None:
    assert not names_somebody(like(sub), GITHUB)


@pytest.mark.parametrize("sub", OWNED)
def test_a_whole_owner_before_the_first_wildcard_is_somebody(sub: str) -> None:
    assert names_somebody(like(sub), GITHUB)
    assert not is_exact(like(sub), GITHUB)


@pytest.mark.parametrize("sub", ["repository_owner:acme", "repo:acme/app:ref:refs/heads/main"])
def test_an_exact_subject_names_its_owner(sub: str) -> None:
    assert is_exact(like(sub, "StringEquals"), GITHUB)


@pytest.mark.parametrize("sub", ["environment:production", "ref:refs/heads/main", "repo:${x}/app"])
def test_exact_or_not_the_owner_must_be_there(sub: str) -> None:
    assert not names_somebody(like(sub, "StringEquals"), GITHUB)


@pytest.mark.parametrize(
    ("issuer", "claim"),
    [
        ("gitlab.com", "project_path:acme/x"),
        ("app.terraform.io", "organization:acme"),
        ("agent.buildkite.com", "organization:acme"),
    ],
)
def test_other_issuers_for_everybody_have_claims_of_their_own(issuer: str, claim: str) -> None:
    assert serves_everybody(issuer)
    assert names_somebody(like(f"{claim}:*"), issuer)
    assert not names_somebody(like(f"{claim.partition(':')[0]}:*"), issuer)
    assert not names_somebody(like("repo:acme/x:*"), issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        "oidc.eks.us-east-1.amazonaws.com/id/0A1B",
        "token.actions.githubusercontent.com/acme",
        "login.example",
    ],
)
def test_an_issuer_of_ones_own_serves_its_own_people(issuer: str) -> None:
    assert not serves_everybody(issuer)
    assert names_somebody(like("environment:production:*"), issuer)
    assert not names_somebody(like("repository_owner:*"), issuer)
