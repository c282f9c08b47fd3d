"""Narrowed trust policies have no faults left, let nobody new in and keep who was fine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.policy import Policy, parse
from scanner.scope.trust_rewrites import NOBODY, narrowed
from scanner.scope.trusts import RESALE_SERVICE, TrustKind, faults_of
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot
from tests.documents import Document, a_policy, allow, deny, trust

SNAPSHOT = a_snapshot(organization=ORGANIZATION)
OWN_ROOT = f"arn:aws:iam::{OWN}:root"
ANNA = f"arn:aws:iam::{OWN}:user/anna"
SAML = f"arn:aws:iam::{OWN}:saml-provider/idp"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
OKTA = f"arn:aws:iam::{OWN}:oidc-provider/acme.okta.example"
SUB = {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:acme/app"}}
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "x1"}}
IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}


def federated(*providers: str, when: Document | None = None, sid: str = "") -> Document:
    to = {"Federated": list(providers) if len(providers) > 1 else providers[0]}
    return allow("sts:AssumeRoleWith*", on=None, to=to, when=when, sid=sid)


def rewritten(*statements: Document) -> list[Any]:
    before = a_policy(*statements)
    text = narrowed(before, list(faults_of(before, SNAPSHOT)), SNAPSHOT.account)
    after = parse(text, source="iam:GetRole")
    assert isinstance(after, Policy), after
    assert list(faults_of(after, SNAPSHOT)) == []
    stated: list[Any] = json.loads(text)["Statement"]
    return stated


def test_an_audience_is_added_to_the_conditions_that_there_are() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    audience = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    assert rewritten(federated(SAML, when=mfa)) == [federated(SAML, when={**mfa, **audience})]


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        (trust("*"), trust(OWN_ROOT)),
        (trust("*", when={"Bool": {"x": "y"}}), trust(OWN_ROOT, when={"Bool": {"x": "y"}})),
        (
            {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:*"},
            {"Effect": "Allow", "Principal": {"AWS": OWN_ROOT}, "Action": "sts:*"},
        ),
        (
            trust("*", when={"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}),
            trust(OWN_ROOT, when={"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}),
        ),
        (trust({"AWS": ["*", ANNA]}), trust({"AWS": [OWN_ROOT, ANNA]})),
        (trust(ANNA, STRANGER), trust({"AWS": ANNA})),
        (trust(STRANGER, sid="Ops"), NOBODY),
        (trust("AROAEXAMPLE", OWN), trust({"AWS": OWN_ROOT})),
        (trust("*", "AROAEXAMPLE", when=IN_ORGANIZATION), trust("*", when=IN_ORGANIZATION)),
        (trust({"Service": [RESALE_SERVICE, "ec2.amazonaws.com"]}), trust({"Service": "ec2.amazonaws.com"})),
        (trust(STRANGER, when=EXTERNAL_ID), NOBODY),
        (trust(f"arn:aws:iam::{STRANGER}:role/a", f"arn:aws:iam::{STRANGER}:role/b"), NOBODY),
        (federated(f"arn:aws:iam::{STRANGER}:saml-provider/idp"), NOBODY),
        (federated(GITHUB), NOBODY),
        (federated(OKTA, when={"StringEquals": {"acme.okta.example:sub": "a"}}), NOBODY),
        (
            federated(SAML, sid="S"),
            federated(SAML, when={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
        ),
        (
            federated(GITHUB, when=SUB),
            federated(
                GITHUB,
                when={
                    "StringEquals": {
                        **SUB["StringEquals"],
                        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    }
                },
            ),
        ),
    ],
)  # fmt: skip
def test_a_statement_is_narrowed_to_what_is_known(statement: Document, left: Document) -> None:
    (stated,) = rewritten(statement)
    stated["Principal"] = {"AWS": "*"} if stated["Principal"] == "*" else stated["Principal"]
    wanted = dict(left)
    wanted["Principal"] = {"AWS": "*"} if wanted["Principal"] == "*" else wanted["Principal"]
    assert stated == wanted


def test_statements_without_faults_and_denies_stay_as_they_are() -> None:
    fine, refusal = trust(ANNA, sid="Anna"), deny("sts:TagSession", on=None, to="*")
    assert rewritten(fine, trust(STRANGER), refusal) == [fine, refusal]


def test_a_provider_that_gets_an_audience_stands_apart_from_those_who_need_none() -> None:
    mixed = {
        "Sid": "Mixed",
        "Effect": "Allow",
        "Principal": {"AWS": ANNA, "Federated": SAML},
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithSAML"],
    }
    first, second = rewritten(mixed)
    assert first["Principal"] == {"AWS": ANNA}
    assert "Condition" not in first
    assert second["Principal"] == {"Federated": SAML}
    assert "Sid" not in second


def test_a_single_statement_may_stand_without_a_list() -> None:
    single = parse({"Statement": dict(trust("*"))}, source="iam:GetRole")
    assert isinstance(single, Policy)
    faults = list(faults_of(single, SNAPSHOT))
    assert [one.kind for one in faults] == [TrustKind.EVERYONE]
    document = json.loads(narrowed(single, faults, SNAPSHOT.account))
    assert document["Statement"] == [dict(trust(OWN_ROOT))]


def test_faults_that_a_control_leaves_out_stay() -> None:
    policy = a_policy(trust(STRANGER), trust("AROAEXAMPLE"))
    faults = [one for one in faults_of(policy, SNAPSHOT) if one.kind is TrustKind.FOREIGN_ACCOUNT]
    document = json.loads(narrowed(policy, faults, SNAPSHOT.account))
    assert document["Statement"] == [dict(trust("AROAEXAMPLE"))]
