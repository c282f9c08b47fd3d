"""Human or workload, by R13."""

from __future__ import annotations

import pytest

from scanner.facts.iam import ReportRow, Role
from scanner.scope.credentials import credentials
from scanner.scope.nature import Nature, admits_workloads, nature_of_role, nature_of_user
from scanner.vocabulary import NotSeen, seen
from tests.builders import OWN, STRANGER, a_key, a_report, a_role, a_row, a_snapshot, a_user
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

SAML = allow(
    "sts:AssumeRoleWithSAML",
    on=None,
    to={"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"},
)
OIDC = allow(
    "sts:AssumeRoleWithWebIdentity",
    on=None,
    to={"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.ci.example"},
)
PUBLIC_OIDC = allow(
    "sts:AssumeRoleWithWebIdentity", on=None, to={"Federated": "cognito-identity.amazonaws.com"}
)
SERVICE = trust({"Service": "lambda.amazonaws.com"})


@pytest.mark.parametrize(
    ("row", "nature"),
    [
        (a_row(password=True), Nature.HUMAN),
        (a_row(password=True, keys=(a_key(),)), Nature.HUMAN),
        (a_row(keys=(a_key(),)), Nature.WORKLOAD),
        (a_row(keys=(a_key(active=False),)), Nature.OTHER),
        (a_row(), Nature.OTHER),
    ],
)
def test_a_user_with_a_password_is_human_and_one_with_keys_a_workload(
    row: ReportRow, nature: Nature
) -> None:
    (user,) = seen(credentials(a_snapshot(users=(a_user(),), report=a_report(row))))
    assert nature_of_user(user) is nature


def test_a_user_without_a_row_is_unknown() -> None:
    (user,) = seen(credentials(a_snapshot(users=(a_user(),))))
    with pytest.raises(NotSeen):
        nature_of_user(user)


@pytest.mark.parametrize(
    ("statements", "nature"),
    [
        ([SAML], Nature.HUMAN),
        ([OIDC], Nature.WORKLOAD),
        ([PUBLIC_OIDC], Nature.WORKLOAD),
        ([SERVICE], Nature.WORKLOAD),
        ([SERVICE, SAML], Nature.HUMAN),
        ([trust(OWN)], Nature.OTHER),
        ([trust(STRANGER)], Nature.OTHER),
        ([deny("sts:AssumeRole", on=None, to={"Service": "lambda.amazonaws.com"})], Nature.OTHER),
        ([allow("sts:TagSession", on=None, to={"Service": "lambda.amazonaws.com"})], Nature.OTHER),
    ],
)
def test_a_role_is_told_by_who_may_assume_it(statements: list[Document], nature: Nature) -> None:
    assert nature_of_role(a_role(trusted=a_policy(*statements))) is nature


@pytest.mark.parametrize(
    ("statements", "machines"),
    [
        ([SAML], False),
        ([SAML, SERVICE], True),
        ([SAML, OIDC], True),
        ([PUBLIC_OIDC], True),
        ([trust(OWN)], False),
        ([trust(OWN), SERVICE], True),
    ],
)
def test_a_role_may_be_for_machines_beside_people(
    statements: list[Document], *, machines: bool
) -> None:
    assert admits_workloads(a_role(trusted=a_policy(*statements))) is machines


def test_a_role_of_identity_center_is_human_whatever_its_trust() -> None:
    path = "/aws-reserved/sso.amazonaws.com/"
    role: Role = a_role(path=path, trusted=a_malformed_policy())
    assert nature_of_role(role) is Nature.HUMAN
    assert not admits_workloads(role)


def test_a_role_whose_trust_was_not_read_is_unknown() -> None:
    with pytest.raises(NotSeen):
        nature_of_role(a_role(trusted=a_malformed_policy()))
