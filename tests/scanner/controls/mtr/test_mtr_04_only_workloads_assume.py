"""MTR-04 on everybody who may stand in the trust policy of a metering role."""

from __future__ import annotations

import json

import pytest

from scanner.controls.mtr.mtr_04_only_workloads_assume import CONTROL
from scanner.facts.iam import Role
from scanner.facts.organizations import Organization
from scanner.facts.profile import Profile
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
PARTNER = "123412341234"
PROFILE = Profile(approved_accounts=(PARTNER,))
SAAS: Inline = {"p": allow("aws-marketplace:BatchMeterUsage")}
IMAGE: Inline = {"p": allow("aws-marketplace:MeterUsage")}
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
EKS = f"arn:aws:iam::{OWN}:oidc-provider/{ISSUER}"
GITHUB_ISSUER = "token.actions.githubusercontent.com"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB_ISSUER}"
SAML = f"arn:aws:iam::{OWN}:saml-provider/okta"
STS = "sts.amazonaws.com"
ONE_POD = {
    "StringEquals": {f"{ISSUER}:aud": STS, f"{ISSUER}:sub": "system:serviceaccount:app:meter"}
}
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "x1"}}
MINE = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION.id}}
OURS = {"StringEquals": {"aws:SourceAccount": OWN}}


def a_meter(*statements: Document, inline: Inline = SAAS, path: str = "/") -> Role:
    return a_role("meter", path=path, trusted=a_policy(*statements), inline=inline)


def trusting(
    sentence: str,
    expected: Expected,
    *statements: Document,
    inline: Inline = SAAS,
    organization: Observed[Organization | None] = ORGANIZATION,
) -> Case:
    snapshot = a_snapshot(
        roles=(a_meter(*statements, inline=inline),), profile=PROFILE, organization=organization
    )
    return Case(sentence, snapshot, {"meter": expected})


def service(*names: str, when: Document | None = None) -> Document:
    return trust({"Service": [f"{name}.amazonaws.com" for name in names]}, when=when)


def federated(provider: str, when: Document | None = None) -> Document:
    how = "SAML" if provider == SAML else "WebIdentity"
    return allow(f"sts:AssumeRoleWith{how}", on=None, to={"Federated": provider}, when=when)


def pods(**tests: Document) -> Document:
    return federated(EKS, when=tests)


FAILS = (
    trusting(
        "Everyone is critical",
        fails(CRITICAL, "Role meter: Statement 1 lets anybody in any AWS account in.",
              shows="Inline policy p"),
        trust("*"),
    ),
    trusting("Everyone is critical for images too", fails(CRITICAL, "anybody"), trust("*"), inline=IMAGE),
    trusting("A foreign account is high", fails(HIGH, f"account {STRANGER}"), trust(STRANGER)),
    trusting("Also with an external id", fails(HIGH, STRANGER), trust(STRANGER, when=EXTERNAL_ID)),
    trusting("An approved one needs an external id", fails(HIGH, "without an external id"), trust(PARTNER)),
    trusting(
        "A foreign organization is high",
        fails(HIGH, "which is not yours"),
        trust("*", when={"StringEquals": {"aws:PrincipalOrgID": "o-x1"}}),
    ),
    trusting("The service of selling authorizations is high", fails(HIGH, RESALE_SERVICE),
             trust({"Service": RESALE_SERVICE})),
    trusting(
        "EKS without a subject is medium",
        fails(MEDIUM, "no condition says whose"),
        pods(StringEquals={f"{ISSUER}:aud": STS}),
    ),
    trusting(
        "EKS without an audience is medium",
        fails(MEDIUM, f"without a condition on {ISSUER}:aud."),
        pods(StringEquals={f"{ISSUER}:sub": "system:serviceaccount:app:meter"}),
        inline=IMAGE,
    ),
    trusting(
        "A whole namespace is medium",
        fails(MEDIUM, "that fits system:serviceaccount:app:*."),
        pods(StringEquals={f"{ISSUER}:aud": STS}, StringLike={f"{ISSUER}:sub": "system:serviceaccount:app:*"}),
    ),
    trusting("SAML without an audience is medium", fails(MEDIUM, "SAML:aud"), federated(SAML)),
    trusting("A deleted principal is low", fails(LOW, "was deleted"), trust("AROAEXAMPLE")),
    trusting(
        "A service that runs no code of yours has to say for whom it works",
        fails(MEDIUM, "Statement 1 trusts iot.amazonaws.com, which is no compute service"),
        service("lambda", "iot"),
    ),
    trusting("A name that only looks like one is another service",
             fails(MEDIUM, "xlambda"), service("xlambda")),
    trusting(
        "MeterUsage is called from instances, tasks and pods",
        fails(MEDIUM, "lets lambda.amazonaws.com in, but MeterUsage"),
        service("ec2", "lambda"),
        inline=IMAGE,
    ),
    trusting(
        "Not by people or other roles",
        fails(MEDIUM, f"lets arn:aws:iam::{OWN}:root in, but MeterUsage"),
        trust(OWN),
        inline={"p": allow("aws-marketplace:RegisterUsage")},
    ),
    trusting(
        "Not by another issuer",
        fails(MEDIUM, f"lets {GITHUB} in, but"),
        federated(GITHUB, {"StringEquals": {f"{GITHUB_ISSUER}:aud": STS, f"{GITHUB_ISSUER}:sub": "repo:a/b:x"}}),
        inline=IMAGE,
    ),
    trusting("Not by everybody of the organization", fails(MEDIUM, "lets * in, but"),
             trust("*", when=MINE), inline=IMAGE),
    trusting(
        "The worst of several counts and all are told",
        fails(CRITICAL, "iot.amazonaws.com, which is no compute service"),
        service("iot"),
        trust("*"),
    ),
    trusting(
        "An unread organization lowers nothing where another fault is known",
        fails(HIGH, "could not be read. Role meter: Statement 1 trusts iot"),
        service("iot"),
        trust("*", when=MINE),
        organization=UNREAD,
    ),
)  # fmt: skip

PASSES = (
    *(
        trusting(f"{name} is a compute service", passes("only its workload"), service(name))
        for name in (
            "lambda", "ec2", "pods.eks", "tasks.apprunner", "apprunner", "states", "scheduler",
            "glue", "batch", "states.eu-west-1",
        )
    ),
    trusting("So it is in China", passes(), trust({"Service": "ec2.amazonaws.com.cn"})),
    trusting("Tasks may say which", passes(shows="add a condition on aws:SourceArn"), service("ecs-tasks")),
    trusting("Another service that works for this account", passes(), service("iot", when=OURS)),
    trusting("Own identities", passes(), trust(OWN, f"arn:aws:iam::{OWN}:role/app")),
    trusting("An approved partner with an external id", passes(), trust(PARTNER, when=EXTERNAL_ID)),
    trusting("An account of the organization", passes(), trust(STRANGER, when=MINE)),
    trusting("One service account of EKS", passes(), federated(EKS, ONE_POD)),
    trusting("Also for images", passes(), federated(EKS, ONE_POD), service("ec2", "ecs-tasks", "pods.eks"),
             inline=IMAGE),
    trusting(
        "Whoever meters SaaS as well is a SaaS role",
        passes(),
        service("lambda"),
        inline={"p": allow("aws-marketplace:*")},
    ),
    trusting("A trust that only denies", passes("cannot be assumed"), deny("sts:*", on=None, to="*")),
)  # fmt: skip

SCOPE = (
    Case(
        "A permission set's role passes, whatever its trust",
        a_snapshot(
            roles=(
                a_role(
                    "sso",
                    path="/aws-reserved/sso.amazonaws.com/",
                    trusted=a_malformed_policy(),
                    inline=SAAS,
                ),
            )
        ),
        {"sso": passes("AWS manages the trust")},
    ),
    Case(
        "Roles without metering, service-linked ones and our own are left out",
        a_snapshot(
            roles=(
                a_role("other", trusted=trust("*")),
                a_role("linked", path="/aws-service-role/x.amazonaws.com/", inline=SAAS),
                a_role("ours", trusted=trust("*"), inline=SAAS),
            ),
            scan_role=f"arn:aws:iam::{OWN}:role/ours",
        ),
        not_applicable("No role of this account"),
    ),
    trusting("An unread organization", not_assessed(UNREAD.action), trust("*", when=MINE), organization=UNREAD),
    Case(
        "A trust that does not parse",
        a_snapshot(roles=(a_role("meter", trusted=a_malformed_policy(), inline=SAAS),)),
        {"meter": not_assessed(AUTHORIZATION_DETAILS, "no Statement")},
    ),
    trusting(
        "Rights that were not read leave an open trust not assessed",
        not_assessed(AUTHORIZATION_DETAILS, "policy p"),
        trust("*"),
        inline={"p": GAP},
    ),
    trusting(
        "They may be those of images alone",
        not_assessed(AUTHORIZATION_DETAILS),
        service("lambda"),
        inline={"p": GAP},
    ),
    trusting(
        "They do not matter where the trust fits both",
        passes(),
        service("ec2"),
        inline={"p": GAP},
    ),
    trusting(
        "Nor where the role surely meters SaaS",
        passes(),
        service("lambda"),
        inline={**SAAS, "q": GAP},
    ),
    Case(
        "A managed policy that was not read",
        a_snapshot(
            roles=(a_role("meter", trusted=trust("*"), managed=[a_managed_policy("M")]),),
            policies=GAP,
        ),
        {"meter": not_assessed(GAP.action)},
    ),
    Case("Without the roles", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A cut list of roles may hide one",
        a_snapshot(roles=Partial((a_meter(service("ec2")),), (GAP,))),
        {"meter": passes(), f"Account {OWN}": not_assessed(GAP.action)},
    ),
)  # fmt: skip

CASES = (*FAILS, *PASSES, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_workloads_assume(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_trust_of_the_remedy_passes(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    statements = json.loads(before.values["document"])["Statement"]
    (role,) = case.snapshot.iam.roles  # type: ignore[misc]  # the table gives one
    inline = {one.name: one.document for one in role.inline}
    after = a_snapshot(
        roles=(a_meter(*statements, inline=inline),), profile=PROFILE, organization=ORGANIZATION
    )
    (outcome,) = judged(CONTROL, after).values()
    assert outcome.status is Status.PASS, outcome.reason


def test_a_service_is_tied_to_the_account_apart_from_compute_services() -> None:
    case = trusting("", passes(), service("lambda", "iot"))
    (outcome,) = judged(CONTROL, case.snapshot).values()
    filled = fill(CONTROL.remedy, outcome.values)
    compute, other = json.loads(outcome.values["document"])["Statement"]
    assert compute["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    assert "Condition" not in compute
    assert other["Principal"] == {"Service": ["iot.amazonaws.com"]}
    assert other["Condition"] == OURS
    assert "gives the role to iot.amazonaws.com, take" in "\n".join(filled.console)
    assert "aws iam update-assume-role-policy --role-name meter" in filled.cli
