"""PSC-03 on who may open the support page."""

from __future__ import annotations

import json

import pytest

from scanner.controls.psc.psc_03_lookup_is_limited import CONTROL
from scanner.facts.iam import Role
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_group,
    a_key,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import (
    Case,
    Expected,
    fails,
    judged,
    not_applicable,
    not_assessed,
    passes,
    text_of,
)
from tests.documents import Document, a_malformed_policy, a_policy, allow, deny, trust

GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
ACCOUNT = f"Account {OWN}"
LOOKUP = allow("aws-marketplace-management:viewSupport")
FULL = allow("aws-marketplace-management:*", "aws-marketplace:*")
PORTAL = allow("aws-marketplace:ListEntities")
SAML = allow(
    "sts:AssumeRoleWithSAML", on=None, to={"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}
)
OIDC = allow(
    "sts:AssumeRoleWithWebIdentity",
    on=None,
    to={"Federated": f"arn:aws:iam::{OWN}:oidc-provider/token.ci.example"},
)
SERVICE = trust({"Service": "lambda.amazonaws.com"})
ADMIN = a_role("admin", inline={"p": allow("*")})


def low(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


WORKLOAD = low("Role worker is a workload and may look up any customer.", shows="Inline policy p")
ALL = low("as may all 3 that use the portal", shows="May look up customers")


def a_person(name: str, *statements: Document) -> Role:
    inline = {f"p{n}": one for n, one in enumerate(statements or (LOOKUP,))}
    return a_role(name, trusted=SAML, inline=inline)


def trusting(sentence: str, expected: Expected, *statements: Document) -> Case:
    """One role that may look up customers, and who may assume it."""
    role = a_role(inline={"p": LOOKUP}, trusted=a_policy(*statements))
    return Case(
        sentence, a_snapshot(roles=(role, SELLER)), {"worker": expected, "seller": passes()}
    )


ALICE, BOB, CAROL = map(a_person, ("alice", "bob", "carol"))
SELLER = a_person("seller", PORTAL)

CASES = (
    Case(
        "A person among others passes",
        a_snapshot(roles=(ALICE, SELLER)),
        {"alice": passes("one of some"), "seller": passes("cannot look up customers")},
    ),
    Case("Two who all may are few", a_snapshot(roles=(ALICE, BOB)), {"alice": passes(), "bob": passes()}),
    Case(
        "Three who all may are everybody",
        a_snapshot(roles=(ALICE, BOB, CAROL)),
        dict.fromkeys(("alice", "bob", "carol"), ALL),
    ),
    Case(
        "One who may not makes it a choice",
        a_snapshot(roles=(ALICE, BOB, CAROL, SELLER)),
        {**dict.fromkeys(("alice", "bob", "carol"), passes()), "seller": passes()},
    ),
    Case(
        "Administrators are not counted",
        a_snapshot(roles=(ALICE, BOB, ADMIN)),
        {"alice": passes(), "bob": passes()},
    ),
    Case(
        "A workload has nobody to support",
        a_snapshot(roles=(a_role(inline={"p": LOOKUP}), SELLER)),
        {"worker": WORKLOAD, "seller": passes()},
    ),
    Case(
        "So it is with full seller access",
        a_snapshot(roles=(a_role(inline={"p": FULL}),)),
        {"worker": WORKLOAD},
    ),
    Case(
        "A user with keys and no password is a workload",
        a_snapshot(
            users=(a_user(inline={"p": LOOKUP}),), report=a_report(a_row(keys=[a_key()]))
        ),
        {"deploy": low("User deploy is a workload")},
    ),
    Case(
        "A user with a password is a person",
        a_snapshot(
            users=(a_user(groups=["people"]),),
            groups=(a_group(inline={"p": LOOKUP}),),
            report=a_report(a_row(password=True, keys=[a_key()])),
        ),
        {"deploy": passes()},
    ),
    trusting("A role of a service alone is a workload", WORKLOAD, SERVICE),
    trusting("One of people and a service is one too", WORKLOAD, SAML, SERVICE),
    trusting("So is one of people and a pipeline", WORKLOAD, SAML, OIDC),
    trusting("And one of an account and a service", WORKLOAD, trust(OWN), SERVICE),
    trusting("One of people alone is not", passes("one of some"), SAML),
    trusting("Nor is one of an account alone", passes("one of some"), trust(OWN)),
    Case(
        "A Deny takes it away",
        a_snapshot(roles=(a_person("alice", FULL, deny("aws-marketplace-management:view*")),)),
        {"alice": passes("cannot look up customers")},
    ),
    Case(
        "Without portal principals it is not applicable",
        a_snapshot(roles=(ADMIN, a_role("other"))),
        not_applicable("Nobody but administrators"),
    ),
    Case("Without principals nothing is assessed", a_snapshot(users=GAP), not_assessed(GAP.action)),
    Case(
        "Without the report a user may be a workload",
        a_snapshot(users=(a_user(inline={"p": LOOKUP}),), roles=(SELLER,), report=REPORT),
        {"deploy": not_assessed(REPORT.action), "seller": passes()},
    ),
    Case(
        "A trust that was not read may be a service's",
        a_snapshot(roles=(a_role(inline={"p": LOOKUP}, trusted=GAP), SELLER)),
        {"worker": not_assessed(GAP.action), "seller": passes()},
    ),
    Case(
        "A malformed policy may let somebody else look up too",
        a_snapshot(roles=(ALICE, BOB, a_role("x", inline={"p": a_malformed_policy()}))),
        dict.fromkeys(("alice", "bob", "x"), not_assessed(GAP.action)),
    ),
    Case(
        "A workload fails whoever else may",
        a_snapshot(roles=Partial((a_role(inline={"p": LOOKUP}),), (GAP,))),
        {"worker": WORKLOAD, ACCOUNT: not_assessed(GAP.action)},
    ),
    Case(
        "A cut list may hide one who may not",
        a_snapshot(roles=Partial((ALICE, BOB, CAROL), (GAP,))),
        dict.fromkeys(("alice", "bob", "carol", ACCOUNT), not_assessed(GAP.action)),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_lookup_is_limited(case: Case) -> None:
    case.holds_for(CONTROL)


def test_each_of_many_names_a_few_of_the_others() -> None:
    everybody = tuple(a_person(f"seller{number:03}") for number in range(200))
    for outcome in judged(CONTROL, a_snapshot(roles=everybody)).values():
        assert "as may all 200 that use the portal" in outcome.reason
        names, _own = (text_of(one) for one in outcome.evidence)
        assert names == (
            "May look up customers: seller000, seller001, seller002, seller003, seller004"
            " and 195 more"
        )


def test_the_remedy_refuses_the_page_to_one() -> None:
    outcome = judged(CONTROL, CASES[2].snapshot)["alice"]
    filled = fill(CONTROL.remedy, outcome.values)
    assert "put-role-policy --role-name alice --policy-name deny-support-lookup" in filled.cli
    (refusal,) = json.loads(outcome.values["document"])["Statement"]
    assert refusal == {
        "Sid": "NoLookup",
        "Effect": "Deny",
        "Action": "aws-marketplace-management:viewSupport",
        "Resource": "*",
    }
    mended = a_person("alice", LOOKUP, PORTAL, refusal)
    after = judged(CONTROL, a_snapshot(roles=(mended, BOB, CAROL)))
    assert {one.status for one in after.values()} == {"pass"}
