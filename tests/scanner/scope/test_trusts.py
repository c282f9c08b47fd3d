"""Faults of trust policies: who is let in, how loosely, and what a Deny or condition changes."""

from __future__ import annotations

import pytest

from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
from scanner.scope.issuers import oidc_keys
from scanner.scope.trusts import RESALE_SERVICE, TrustFault, TrustKind, faults_of
from scanner.vocabulary import Observed
from tests.builders import ORGANIZATION, OWN, STRANGER, a_snapshot, denied
from tests.documents import Document, a_policy, allow, deny, trust

K = TrustKind
PARTNER = "123412341234"
PROFILE = Profile(approved_accounts=(PARTNER,))
UNREAD = denied("organizations:DescribeOrganization")
STRANGER_ROLE = f"arn:aws:iam::{STRANGER}:role/x"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"
EKS = f"arn:aws:iam::{OWN}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0A1B"
SAML = f"arn:aws:iam::{OWN}:saml-provider/idp"
AUD = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
SUB = "token.actions.githubusercontent.com:sub"
EXACT = {SUB: "repo:acme/app:ref:refs/heads/main"}
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "x1"}}


def equals(**keys: object) -> Document:
    return {"StringEquals": {f"aws:{key}": value for key, value in keys.items()}}


def federated(provider: str, when: Document | None = None, *, by: str = "WebIdentity") -> Document:
    return allow(f"sts:AssumeRoleWith{by}", on=None, to={"Federated": provider}, when=when)


def saml(when: Document | None = None) -> Document:
    return federated(SAML, when, by="SAML")


def github(sub: object, operator: str = "StringLike") -> Document:
    return federated(GITHUB, {"StringEqualsIgnoreCase": AUD, operator: {SUB: sub}})


def found(
    *statements: Document, organization: Observed[Organization | None] = ORGANIZATION
) -> list[TrustFault]:
    snapshot = a_snapshot(profile=PROFILE, organization=organization)
    return list(faults_of(a_policy(*statements), snapshot))


def kinds(
    *statements: Document, organization: Observed[Organization | None] = ORGANIZATION
) -> list[tuple[TrustKind, str]]:
    return [(one.kind, one.who) for one in found(*statements, organization=organization)]


EVERYONE = [(K.EVERYONE, "")]
FOREIGN = [(K.FOREIGN_ACCOUNT, STRANGER)]
PARTNERS = [(K.NO_EXTERNAL_ID, PARTNER)]


@pytest.mark.parametrize(
    "statement",
    [
        trust("*"),
        trust({"AWS": "*"}),
        trust({"AWS": ["*", OWN]}),
        {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"},
        allow("sts:*", on=None, to="*"),
        allow("*", on=None, to="*"),
        allow("sts:AssumeRoleWithWebIdentity", on=None, to="*"),
        trust("*", when={"StringLike": {"sts:ExternalId": "*"}}),
        trust("*", when={"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}),
        trust("*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
    ],
)
def test_everyone_without_a_restriction_is_everyone(statement: Document) -> None:
    assert kinds(statement) == EVERYONE


@pytest.mark.parametrize(
    "statement",
    [
        trust("*", when=equals(PrincipalAccount=OWN)),
        trust("*", when=equals(PrincipalAccount=[OWN, OWN])),
        trust("*", when={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}),
        trust("*", when=equals(PrincipalOrgID=ORGANIZATION.id)),
        trust("*", when={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION.id}/*"}}),
        trust("*", when={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        trust("*", when=EXTERNAL_ID),
        allow("sts:TagSession", "sts:SetSourceIdentity", on=None, to="*"),
        deny("sts:AssumeRole", on=None, to="*"),
    ],
)  # fmt: skip
def test_a_restriction_on_everyone_closes_it(statement: Document) -> None:
    assert kinds(statement) == []


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (trust("*", when=equals(PrincipalAccount=[OWN, STRANGER])), FOREIGN),
        (trust("*", when={"ArnEquals": {"aws:PrincipalArn": STRANGER_ROLE}}), FOREIGN),
        (trust("*", when=equals(PrincipalAccount=PARTNER)), PARTNERS),
        (trust("*", when=equals(PrincipalAccount=STRANGER, PrincipalOrgID=ORGANIZATION.id)), []),
        (trust("*", when=equals(PrincipalOrgID="o-x1")), [(K.FOREIGN_ORGANIZATION, "o-x1")]),
        (
            trust("*", when=equals(PrincipalOrgID=[ORGANIZATION.id, "o-x1"])),
            [(K.FOREIGN_ORGANIZATION, "o-x1")],
        ),
        (
            trust(
                "*",
                when={
                    "StringEquals": {"aws:PrincipalAccount": [OWN, STRANGER]},
                    "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"},
                },
            ),
            [],
        ),
    ],
)
def test_a_restriction_that_names_strangers_lets_them_in(
    statement: Document, faults: list[tuple[TrustKind, str]]
) -> None:
    assert kinds(statement) == faults


@pytest.mark.parametrize(
    ("statement", "faults"),
    [
        (trust(OWN), []),
        (trust(f"arn:aws:iam::{OWN}:user/anna"), []),
        (trust(STRANGER), FOREIGN),
        (trust(STRANGER_ROLE, STRANGER), FOREIGN),
        (trust(STRANGER, when=EXTERNAL_ID), FOREIGN),
        (trust(STRANGER, when=equals(PrincipalOrgID=ORGANIZATION.id)), []),
        (trust(STRANGER, when=equals(PrincipalOrgID="o-x1")), FOREIGN),
        (trust(STRANGER, when=equals(PrincipalAccount=OWN)), []),
        (trust({"CanonicalUser": "79a59d"}), [(K.FOREIGN_ACCOUNT, "79a59d")]),
        (trust(PARTNER), PARTNERS),
        (trust(PARTNER, when=EXTERNAL_ID), []),
        (trust(PARTNER, when={"StringEquals": {"sts:ExternalId": ["a", "b"]}}), []),
        (trust(PARTNER, when={"StringLike": {"sts:ExternalId": "*"}}), PARTNERS),
        (trust(PARTNER, when={"StringEqualsIfExists": {"sts:ExternalId": "a"}}), PARTNERS),
        (trust(PARTNER, when=equals(PrincipalOrgID="o-x1")), []),
        (trust("AROAEXAMPLE"), [(K.DELETED, "AROAEXAMPLE")]),
        (
            trust({"Service": "resale-authorization.marketplace.amazonaws.com"}),
            [(K.IMPOSTOR, RESALE_SERVICE)],
        ),
        (trust({"Service": "ec2.amazonaws.com"}), []),
    ],
)
def test_accounts_are_judged_by_approval_external_id_and_organization(
    statement: Document, faults: list[tuple[TrustKind, str]]
) -> None:
    assert kinds(statement) == faults


@pytest.mark.parametrize(
    ("refusal", "left"),
    [
        (deny("sts:AssumeRole", on=None, to={"AWS": STRANGER}), []),
        (deny("sts:*", on=None, to="*"), []),
        (deny("sts:AssumeRole", on=None, to={"AWS": STRANGER_ROLE}), FOREIGN),
        (deny("sts:TagSession", on=None, to={"AWS": STRANGER}), FOREIGN),
        (deny("sts:AssumeRole", on=None, to="*", when=equals(PrincipalOrgID="o-x1")), FOREIGN),
    ],
)
def test_only_a_deny_without_conditions_takes_a_stranger_away(
    refusal: Document, left: list[tuple[TrustKind, str]]
) -> None:
    assert kinds(trust(STRANGER), refusal) == left


def test_a_deny_of_one_action_does_not_close_a_role_that_everyone_may_assume() -> None:
    assert kinds(trust("*"), deny("sts:AssumeRole", on=None, to="*")) == EVERYONE
    assert kinds(trust("*"), deny("sts:AssumeRole*", on=None, to="*")) == []


@pytest.mark.parametrize(
    ("when", "closed"),
    [
        (None, False),
        ({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, True),
        ({"StringEquals": {"saml:AUD": "https://signin.aws.amazon.com/saml"}}, True),
        ({"StringLike": {"SAML:aud": "*"}}, False),
        ({"StringEqualsIfExists": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}, False),
        ({"StringEquals": {"SAML:iss": "https://idp.example"}}, False),
    ],
)
def test_saml_needs_an_audience(when: Document | None, closed: bool) -> None:
    assert kinds(saml(when)) == ([] if closed else [(K.NO_SAML_AUDIENCE, SAML)])


def test_oidc_needs_audience_and_subject() -> None:
    assert kinds(federated(GITHUB)) == [(K.NO_AUDIENCE, GITHUB), (K.NO_SUBJECT, GITHUB)]
    assert kinds(federated(GITHUB, {"StringEquals": AUD})) == [(K.NO_SUBJECT, GITHUB)]
    assert kinds(federated(GITHUB, {"StringEquals": EXACT})) == [(K.NO_AUDIENCE, GITHUB)]
    assert kinds(federated(GITHUB, {"StringEquals": AUD | EXACT})) == []


def test_a_condition_on_another_issuer_does_not_count() -> None:
    assert len(kinds(federated(EKS, {"StringEquals": AUD | EXACT}))) == 2


@pytest.mark.parametrize(
    "sub",
    ["*", "?*", "repo:*", "repo:acme*", "*:ref:refs/heads/main", "*/app", "", "system:serviceaccount:*",
     "repo:${aws:username}/app", ["repo:acme/app", "repo:*/app"]],
)  # fmt: skip
def test_a_subject_that_names_no_owner_counts_as_missing(sub: object) -> None:
    assert kinds(github(sub)) == [(K.NO_SUBJECT, GITHUB)]


@pytest.mark.parametrize(
    "sub",
    ["repo:acme/*", "repo:acme/app:*", ["repo:acme/app", "repo:acme/*"]],
)  # fmt: skip
def test_a_subject_that_names_its_owner_is_wide_but_not_missing(sub: object) -> None:
    assert kinds(github(sub)) == [(K.WIDE_SUBJECT, GITHUB)]


@pytest.mark.parametrize(
    ("sub", "kind"),
    [
        ("system:serviceaccount:shop:*", K.WIDE_SUBJECT),
        ("{0a1b}:*", K.WIDE_SUBJECT),
        ("organization:acme:project:*", K.WIDE_SUBJECT),
        ("system:serviceaccount:*", K.NO_SUBJECT),
        ("repository_owner:*", K.NO_SUBJECT),
    ],
)
def test_other_issuers_have_their_own_subjects(sub: str, kind: TrustKind) -> None:
    name = EKS.partition("/")[2]
    audience = {f"{name}:aud": "sts.amazonaws.com"}
    when = {"StringEquals": audience, "StringLike": {f"{name}:sub": sub}}
    assert kinds(federated(EKS, when)) == [(kind, EKS)]


@pytest.mark.parametrize("sub", ["repo:acme/app:ref:refs/heads/main", "repo:acme/*"])
def test_only_string_like_reads_wildcards(sub: str) -> None:
    assert kinds(github(sub, "StringEquals")) == []


@pytest.mark.parametrize("operator", ["StringLikeIfExists", "StringNotEquals", "Null"])
def test_a_subject_that_may_be_absent_or_anything_else_counts_as_missing(operator: str) -> None:
    assert kinds(github("true", operator)) == [(K.NO_SUBJECT, GITHUB)]


def test_an_identity_provider_may_be_denied() -> None:
    assert kinds(saml(), deny("sts:*", on=None, to={"Federated": SAML})) == []
    assert kinds(federated(EKS), deny("sts:*", on=None, to={"Federated": EKS})) == []


def test_providers_have_their_own_names_for_audience_and_subject() -> None:
    assert oidc_keys(EKS) == (
        "oidc.eks.us-east-1.amazonaws.com/id/0A1B:aud",
        "oidc.eks.us-east-1.amazonaws.com/id/0A1B:sub",
    )
    assert oidc_keys("www.amazon.com") == ("www.amazon.com:app_id", "www.amazon.com:user_id")


@pytest.mark.parametrize(
    "statement",
    [
        trust("*", when=equals(PrincipalOrgID=ORGANIZATION.id)),
        trust(STRANGER, when=equals(PrincipalOrgID=ORGANIZATION.id)),
    ],
)
def test_an_unread_organization_leaves_the_fault_unproven(statement: Document) -> None:
    (fault,) = found(statement, organization=UNREAD)
    assert fault.unproven is UNREAD
    assert "could not be read" in fault.sentence


def test_an_account_that_stands_alone_has_no_organization_of_its_own() -> None:
    when = equals(PrincipalOrgID=ORGANIZATION.id)
    (fault,) = found(trust("*", when=when), organization=None)
    assert (fault.kind, fault.unproven) == (K.FOREIGN_ORGANIZATION, None)


def test_sentences_name_the_statement_and_who() -> None:
    faults = found(trust(STRANGER, sid="Ops"), trust("*"))
    assert [one.sentence for one in faults] == [
        f"Statement Ops lets account {STRANGER}, which nobody approved, in.",
        "Statement 2 lets anybody in any AWS account in.",
    ]
