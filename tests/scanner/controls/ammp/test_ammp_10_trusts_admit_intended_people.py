"""AMMP-10 on everyone who may stand in the trust policy of a portal role."""

from __future__ import annotations

import json

import pytest

from scanner.controls.ammp.ammp_10_trusts_admit_intended_people import CONTROL
from scanner.facts.iam import Role
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.scope.trusts import RESALE_SERVICE
from scanner.vocabulary import Observed, Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    ORGANIZATION,
    OWN,
    STRANGER,
    Inline,
    a_managed_policy,
    a_role,
    a_snapshot,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
GAP = denied(AUTHORIZATION_DETAILS)
UNREAD = denied("organizations:DescribeOrganization")
ACCOUNT = f"Account {OWN}"
PARTNER = "123412341234"
PROFILE = Profile(approved_accounts=(PARTNER,))
PORTAL = allow("aws-marketplace:ListEntities")
SELLER = a_managed_policy("Seller", PORTAL)
SAML = f"arn:aws:iam::{OWN}:saml-provider/idp"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0A1B"
EKS = f"arn:aws:iam::{OWN}:oidc-provider/{ISSUER}"
AUD = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
SUB = "token.actions.githubusercontent.com:sub"
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "x1"}}
MINE = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
THEIRS = {"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}


def a_seller(
    *statements: Document, name: str = "seller", inline: Inline | None = None, path: str = "/"
) -> Role:
    return a_role(
        name,
        path=path,
        trusted=a_policy(*statements),
        inline={"p": PORTAL} if inline is None else inline,
    )


def trusting(
    sentence: str,
    expected: Expected,
    *statements: Document,
    organization: Observed[Organization | None] = ORGANIZATION,
) -> Case:
    snapshot = a_snapshot(
        roles=(a_seller(*statements),), profile=PROFILE, organization=organization
    )
    return Case(sentence, snapshot, {"seller": expected})


def federated(provider: str, when: Document | None = None) -> Document:
    how = "SAML" if provider == SAML else "WebIdentity"
    return allow(f"sts:AssumeRoleWith{how}", on=None, to={"Federated": provider}, when=when)


def ci(sentence: str, expected: Expected, sub: str) -> Case:
    return trusting(
        sentence, expected, federated(GITHUB, {"StringEquals": AUD, "StringLike": {SUB: sub}})
    )


def from_ci(issuer: str, sub: str) -> Document:
    tests = {"StringEquals": {f"{issuer}:aud": "aws"}, "StringLike": {f"{issuer}:sub": sub}}
    return federated(f"arn:aws:iam::{OWN}:oidc-provider/{issuer}", tests)


NOBODYS = ("repository_owner:*", "repo:*/app:*", "environment:production")
OWNED = ("repo:acme/app:*", "repository_owner:acme:*")
CLAIMS = (
    ("gitlab.com", "project_path"),
    ("app.terraform.io", "organization"),
    ("agent.buildkite.com", "organization"),
)

FAILS = (
    trusting(
        "Everyone is critical",
        fails(
            CRITICAL,
            "Role seller: Statement 1 lets anybody in any AWS account in.",
            shows="Inline policy p",
        ),
        trust("*"),
    ),
    trusting(
        "A condition that everybody meets closes nothing",
        fails(CRITICAL, "anybody"),
        trust({"AWS": "*"}, when={"StringLike": {"sts:ExternalId": "*"}}),
    ),
    trusting(
        "NotPrincipal is everyone",
        fails(CRITICAL, "anybody"),
        {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"},
    ),
    trusting(
        "sts:* is the right to assume",
        fails(CRITICAL, "anybody"),
        allow("sts:*", on=None, to="*"),
    ),
    trusting(
        "A Deny with conditions does not close the role",
        fails(CRITICAL, "anybody"),
        trust("*"),
        deny("sts:*", on=None, to="*", when={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
    ),
    trusting(
        "A foreign account is high",
        fails(
            HIGH, f"lets account {STRANGER}, which nobody approved, in.", shows="Trust policy of"
        ),
        trust(OWN, STRANGER),
    ),
    trusting(
        "An external id does not make a stranger approved",
        fails(HIGH, STRANGER),
        trust(STRANGER, when=EXTERNAL_ID),
    ),
    trusting(
        "An approved third party needs an external id",
        fails(HIGH, f"lets approved account {PARTNER} in without an external id."),
        trust(f"arn:aws:iam::{PARTNER}:role/support"),
    ),
    trusting(
        "A foreign organization is high",
        fails(HIGH, "every account of organization o-x1 in, which is not yours."),
        trust("*", when=THEIRS),
    ),
    trusting(
        "An account of a foreign organization is a stranger",
        fails(HIGH, STRANGER),
        trust(STRANGER, when=THEIRS),
    ),
    trusting(
        "The service of selling authorizations belongs to a service-linked role",
        fails(HIGH, f"trusts {RESALE_SERVICE}"),
        trust({"Service": RESALE_SERVICE}),
    ),
    trusting(
        "SAML without an audience is medium",
        fails(MEDIUM, "without a condition on SAML:aud."),
        federated(SAML),
    ),
    trusting(
        "OIDC without an audience is medium",
        fails(MEDIUM, "without a condition on token.actions.githubusercontent.com:aud."),
        federated(GITHUB, {"StringEquals": {SUB: "repo:acme/app:ref:refs/heads/main"}}),
    ),
    trusting(
        "OIDC of a cluster without a subject is medium",
        fails(MEDIUM, f"no condition says whose {ISSUER}:sub it must be."),
        federated(EKS, {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}),
    ),
    trusting(
        "Where anybody gets a token it is high",
        fails(HIGH, f"whose {SUB} it must be; anybody can get one there."),
        federated(GITHUB, {"StringEquals": AUD}),
    ),
    *(ci(f"GitHub, no owner: {sub}", fails(HIGH, "anybody can get one"), sub) for sub in NOBODYS),
    *(
        trusting(
            f"{issuer} without an owner", fails(HIGH, "anybody"), from_ci(issuer, f"{claim}:*")
        )
        for issuer, claim in CLAIMS
    ),
    trusting(
        "A deleted principal is low",
        fails(LOW, "names AROAEXAMPLE, a user or role that was deleted."),
        trust(OWN, "AROAEXAMPLE"),
    ),
    trusting(
        "The worst of several counts and all are told",
        fails(
            CRITICAL, f"Statement 1 lets {SAML} in without a condition on SAML:aud. Role seller:"
        ),
        federated(SAML),
        trust("*"),
        trust("AROAEXAMPLE"),
    ),
    trusting(
        "An unread organization lowers nothing where another fault is known",
        fails(HIGH, "whether it is yours could not be read."),
        federated(SAML),
        trust("*", when=MINE),
        organization=UNREAD,
    ),
)

PASSES = (
    trusting("The own account hands the choice to its own policies", passes("intends"), trust(OWN)),
    trusting("An own user", passes(), trust(f"arn:aws:iam::{OWN}:user/anna")),
    trusting("A service of AWS", passes(), trust({"Service": "lambda.amazonaws.com"})),
    trusting(
        "Everyone of the own organization",
        passes(shows="Everyone, by statement 1, only with: aws:PrincipalOrgID"),
        trust("*", when=MINE),
    ),
    trusting("An account of the own organization", passes(), trust(STRANGER, when=MINE)),
    trusting(
        "An approved third party with an external id", passes(), trust(PARTNER, when=EXTERNAL_ID)
    ),
    trusting("An approved third party with an organization", passes(), trust(PARTNER, when=THEIRS)),
    trusting(
        "One of several external ids",
        passes(),
        trust(PARTNER, when={"StringEquals": {"sts:ExternalId": ["a", "b"]}}),
    ),
    trusting(
        "SAML with an audience",
        passes(),
        federated(SAML, {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
    ),
    trusting(
        "OIDC with audience and subject",
        passes(),
        federated(GITHUB, {"StringEquals": AUD | {SUB: "repo:acme/app:ref:refs/heads/main"}}),
    ),
    trusting(
        "A subject that leaves open which branch passes with a remark",
        passes(shows=f"with every {SUB} that fits repo:acme/app:*."),
        federated(GITHUB, {"StringEquals": AUD, "StringLike": {SUB: "repo:acme/app:*"}}),
    ),
    *(ci(f"GitHub, an owner: {sub}", passes(shows="with every"), sub) for sub in OWNED),
    *(
        trusting(f"{issuer} with an owner", passes(), from_ci(issuer, f"{claim}:acme/x:*"))
        for issuer, claim in CLAIMS
    ),
    trusting(
        "The exact owner alone",
        passes(),
        federated(GITHUB, {"StringEquals": AUD | {SUB: "repository_owner:acme"}}),
    ),
    trusting(
        "Session tags alone do not assume a role",
        passes("cannot be assumed"),
        allow("sts:TagSession", "sts:SetSourceIdentity", on=None, to="*"),
    ),
    trusting(
        "A trust that only denies", passes("cannot be assumed"), deny("sts:*", on=None, to="*")
    ),
    trusting("A trust without statements", passes("cannot be assumed")),
)

SCOPE = (
    Case(
        "A permission set's role passes, whatever its trust",
        a_snapshot(
            roles=(
                a_role(
                    "AWSReservedSSO_Seller_0a",
                    path="/aws-reserved/sso.amazonaws.com/",
                    trusted=a_malformed_policy(),
                    inline={"p": PORTAL},
                ),
            )
        ),
        {"AWSReservedSSO_Seller_0a": passes("AWS manages the trust")},
    ),
    Case(
        "Roles without portal rights, service-linked ones and our own are left out",
        a_snapshot(
            roles=(
                a_role("worker", trusted=trust("*")),
                a_seller(trust("*"), name="linked", path="/aws-service-role/x.amazonaws.com/"),
                a_seller(trust("*"), name="ours"),
            ),
            scan_role=f"arn:aws:iam::{OWN}:role/ours",
        ),
        not_applicable("No role of this account"),
    ),
    Case(
        "Payout and agreement rights make a portal role",
        a_snapshot(
            roles=(
                a_seller(trust(OWN), name="a", inline={"p": allow("tax:PutTaxInterview")}),
                a_seller(trust(OWN), name="b", inline={"p": allow("aws-marketplace:TagResource")}),
            )
        ),
        {"a": passes(), "b": passes()},
    ),
    Case(
        "An impostor needs no portal rights",
        a_snapshot(roles=(a_seller(trust({"Service": RESALE_SERVICE}), inline={}),)),
        {"seller": fails(HIGH, RESALE_SERVICE)},
    ),
    Case(
        "A trust that does not parse is not assessed",
        a_snapshot(roles=(a_role("seller", trusted=a_malformed_policy(), inline={"p": PORTAL}),)),
        {"seller": not_assessed(AUTHORIZATION_DETAILS, "no Statement")},
    ),
    Case(
        "Rights that were not read leave an open trust not assessed",
        a_snapshot(roles=(a_seller(trust("*"), inline={"p": a_malformed_policy()}),)),
        {"seller": not_assessed(AUTHORIZATION_DETAILS, "policy p")},
    ),
    Case(
        "Rights that were not read do not matter where the trust is fine",
        a_snapshot(roles=(a_seller(trust(OWN), inline={"p": a_malformed_policy()}),)),
        {"seller": passes()},
    ),
    Case(
        "A managed policy that was not read",
        a_snapshot(roles=(a_role("seller", trusted=trust("*"), managed=[SELLER]),), policies=GAP),
        {"seller": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    trusting(
        "Nobody can say whose organization it is",
        not_assessed(UNREAD.action),
        trust("*", when=MINE),
        organization=UNREAD,
    ),
    trusting(
        "An account that stands alone has no organization",
        fails(HIGH, "which is not yours"),
        trust("*", when=MINE),
        organization=None,
    ),
    Case("Without the roles nothing is assessed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A cut list of roles may hide one",
        a_snapshot(roles=Partial((a_seller(trust(OWN)),), (GAP,))),
        {"seller": passes(), ACCOUNT: not_assessed(GAP.action)},
    ),
    Case("An account without roles", a_snapshot(), not_applicable()),
)

CASES = (*FAILS, *PASSES, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_trusts_admit_intended_people(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_trust_of_the_remedy_passes(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    statements = json.loads(before.values["document"])["Statement"]
    after = a_snapshot(roles=(a_seller(*statements),), profile=PROFILE, organization=ORGANIZATION)
    assert judged(CONTROL, after)["seller"].status is Status.PASS


def console_of(snapshot: Snapshot) -> str:
    return "\n".join(fill(CONTROL.remedy, judged(CONTROL, snapshot)["seller"].values).console)


def test_the_steps_speak_of_partners_and_providers_only_where_there_are_any() -> None:
    assert f"To keep account {PARTNER}" in console_of(FAILS[7].snapshot)
    assert "To keep" not in console_of(FAILS[0].snapshot)
    assert f"To keep {SAML}" in console_of(FAILS[11].snapshot)
