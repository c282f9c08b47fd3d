"""CAS-01 on everyone who may stand in the trust policy of a delivery role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.controls.cas.cas_01_only_aws_delivers import CONTROL
from scanner.facts.iam import Role
from scanner.facts.profile import CAS_ACCOUNT, MARKETPLACE_AMI_OWNER, Profile
from scanner.scope.cas import DEFAULT_NAME, WIZARD_POLICY
from scanner.vocabulary import Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    STRANGER,
    a_role,
    a_snapshot,
    denied,
)
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

CRITICAL, MEDIUM, LOW = Severity.CRITICAL, Severity.MEDIUM, Severity.LOW
CAS = f"arn:aws:iam::{CAS_ACCOUNT}:root"
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "from-aws"}}
GAP = denied(AUTHORIZATION_DETAILS)
ACCOUNT = f"Account {OWN}"


def a_delivery_role(*statements: Document, name: str = "cas") -> Role:
    return a_role(name, trusted=a_policy(*statements))


def trusting(
    sentence: str, expected: Expected, *statements: Document, profile: Profile | None = None
) -> Case:
    role = a_delivery_role(*statements)
    return Case(sentence, a_snapshot(roles=(role,), profile=profile), {"cas": expected})


FAILS = (
    trusting(
        "A stranger beside AWS is critical",
        fails(
            CRITICAL, f"Role cas lets account {STRANGER} assume it.", shows="Trust policy of role"
        ),
        trust(CAS),
        trust(f"arn:aws:iam::{STRANGER}:user/x"),
    ),
    trusting(
        "A stranger in the same statement is critical",
        fails(CRITICAL, f"account {STRANGER}"),
        trust(CAS, STRANGER),
    ),
    trusting("Everyone is critical", fails(CRITICAL, "lets everyone"), trust(CAS), trust("*")),
    trusting(
        "Everyone with an external id is critical",
        fails(CRITICAL, "lets everyone"),
        trust(CAS),
        trust("*", when=EXTERNAL_ID),
    ),
    trusting(
        "NotPrincipal is everyone",
        fails(CRITICAL, "lets everyone"),
        trust(CAS),
        {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"},
    ),
    trusting(
        "A canonical user is somebody unknown",
        fails(CRITICAL, "account 79a59d"),
        trust(CAS),
        trust({"CanonicalUser": "79a59d"}),
    ),
    trusting(
        "A Deny does not make a stranger harmless",
        fails(CRITICAL, f"account {STRANGER}"),
        trust(CAS, STRANGER),
        deny("sts:AssumeRole", on=None, to={"AWS": STRANGER}),
    ),
    trusting(
        "An account that the seller approved is still not AWS",
        fails(MEDIUM, f"account {STRANGER}"),
        trust(CAS, STRANGER),
        profile=Profile(approved_accounts=(STRANGER,)),
    ),
    trusting(
        "Marketplace's image account is approved, and not the one that delivers",
        fails(MEDIUM, f"account {MARKETPLACE_AMI_OWNER}"),
        trust(CAS, MARKETPLACE_AMI_OWNER),
    ),
    trusting(
        "An own identity is medium",
        fails(MEDIUM, "Role cas lets identities of this account assume it."),
        trust(CAS, f"arn:aws:iam::{OWN}:role/admin"),
    ),
    trusting(
        "A service is medium",
        fails(MEDIUM, "lets ec2.amazonaws.com"),
        trust(CAS),
        trust({"Service": "ec2.amazonaws.com"}),
    ),
    trusting(
        "An identity provider is medium",
        fails(MEDIUM, f"lets arn:aws:iam::{OWN}:saml-provider/idp"),
        trust(CAS),
        allow(
            "sts:AssumeRoleWithSAML",
            on=None,
            to={"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"},
        ),
    ),
    trusting(
        "A deleted principal is low",
        fails(LOW, "lets deleted principal AROAEXAMPLE"),
        trust(CAS, "AROAEXAMPLE"),
    ),
    trusting(
        "The worst of several counts and all are told",
        fails(CRITICAL, "identities of this account assume it. Role cas lets everyone"),
        trust(CAS, OWN),
        trust("*"),
    ),
    trusting(
        "sts:* is the right to assume",
        fails(CRITICAL, f"account {STRANGER}"),
        trust(CAS),
        allow("sts:*", on=None, to={"AWS": STRANGER}),
    ),
)

PASSES = (
    trusting("AWS alone passes", passes("only AWS's CAS account"), trust(CAS)),
    trusting("The bare account id is the same", passes(), trust(CAS_ACCOUNT)),
    trusting(
        "A role in AWS's account passes", passes(), trust(f"arn:aws:iam::{CAS_ACCOUNT}:role/x")
    ),
    trusting("An external id does not matter here", passes(), trust(CAS, when=EXTERNAL_ID)),
    trusting("A Deny is no trust", passes(), trust(CAS), deny("sts:AssumeRole", on=None, to="*")),
    trusting(
        "Session tags alone do not assume a role",
        passes(),
        trust(CAS),
        allow("sts:TagSession", on=None, to={"AWS": STRANGER}),
    ),
)

SCOPE = (
    Case(
        "Every delivery role is judged",
        a_snapshot(
            roles=(
                a_delivery_role(trust(CAS), name="old"),
                a_delivery_role(trust(CAS, STRANGER), name="new"),
                a_role("worker"),
            )
        ),
        {"old": passes(), "new": fails(CRITICAL, STRANGER)},
    ),
    Case(
        "The wizard's role that trusts nobody else's account was replaced",
        a_snapshot(roles=(a_role(DEFAULT_NAME),)),
        {DEFAULT_NAME: not_applicable("enrolment is incomplete or was replaced")},
    ),
    Case(
        "The wizard's policy makes a delivery role under any name",
        a_snapshot(roles=(a_role("x", inline={f"{WIZARD_POLICY}_1": allow("s3:PutObject")}),)),
        {"x": not_applicable("does not trust the CAS account", shows="looks like the portal")},
    ),
    Case(
        "The wizard's role that lets everyone in fails",
        a_snapshot(roles=(a_delivery_role(trust("*"), name=DEFAULT_NAME),)),
        {DEFAULT_NAME: fails(CRITICAL, "lets everyone")},
    ),
    Case(
        "The wizard's role that trusts a stranger instead fails",
        a_snapshot(roles=(a_delivery_role(trust(STRANGER), name=DEFAULT_NAME),)),
        {DEFAULT_NAME: fails(CRITICAL, STRANGER)},
    ),
    Case(
        "Without such a role the control is not applicable",
        a_snapshot(roles=(a_role(), a_delivery_role(trust("*")))),
        not_applicable("not enrolled"),
    ),
    Case(
        "A trust policy that does not parse may be that of a delivery role",
        a_snapshot(roles=(a_role("x", trusted=a_malformed_policy()),)),
        {"x": not_assessed(AUTHORIZATION_DETAILS, "no Statement")},
    ),
    Case(
        "A service-linked role is left out",
        a_snapshot(roles=(a_role("x", path="/aws-service-role/y/", trusted=a_malformed_policy()),)),
        not_applicable(),
    ),
    Case("Without the roles nothing is assessed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A cut list of roles may hide one",
        a_snapshot(roles=Partial((a_delivery_role(trust(CAS)),), (GAP,))),
        {"cas": passes(), ACCOUNT: not_assessed(GAP.action)},
    ),
)

CASES = (*FAILS, *PASSES, *SCOPE)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_only_aws_delivers(case: Case) -> None:
    case.holds_for(CONTROL)


@pytest.mark.parametrize("case", FAILS, ids=str)
def test_the_trust_of_the_remedy_passes(case: Case) -> None:
    (before,) = judged(CONTROL, case.snapshot).values()
    mended = a_delivery_role(*json.loads(before.values["document"])["Statement"])
    (after,) = judged(CONTROL, a_snapshot(roles=(mended,))).values()
    assert after.status is Status.PASS, after.reason


def remedied(*statements: Document, name: str = "cas") -> Any:
    role = a_delivery_role(*statements, name=name)
    (outcome,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    return json.loads(outcome.values["document"])["Statement"]


def test_the_remedy_keeps_the_external_id_that_aws_wrote() -> None:
    wrote = trust(CAS, when=EXTERNAL_ID)
    assert remedied(wrote, trust(STRANGER)) == [wrote]


def test_the_remedy_never_makes_up_a_condition() -> None:
    (statement,) = remedied(trust(STRANGER, when=EXTERNAL_ID), name=DEFAULT_NAME)
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": CAS},
        "Action": "sts:AssumeRole",
    }


def test_the_remedy_narrows_everyone_and_keeps_the_condition() -> None:
    (statement,) = remedied(trust("*", when=EXTERNAL_ID), name=DEFAULT_NAME)
    assert statement["Principal"] == {"AWS": CAS}
    assert statement["Condition"] == EXTERNAL_ID
