"""CAS-02 on conditions that ask for an external id, and those that only seem to."""

from __future__ import annotations

import pytest

from scanner.controls.cas.cas_02_trust_carries_external_id import CONTROL
from scanner.facts.profile import CAS_ACCOUNT
from scanner.remedy import fill
from scanner.vocabulary import Partial, Severity
from tests.builders import AUTHORIZATION_DETAILS, OWN, a_role, a_snapshot, denied
from tests.builders_cas import CAS, a_delivery_role
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import Document, a_malformed_policy, a_policy, deny, trust

GAP = denied(AUTHORIZATION_DETAILS)
WITH_ID = {"StringEquals": {"sts:ExternalId": "from-aws"}}


def low(says: str = "without an external id", *, shows: str = "") -> Expected:
    return fails(Severity.LOW, says, shows=shows)


def under(sentence: str, expected: Expected, *statements: Document) -> Case:
    role = a_delivery_role(trusted=a_policy(*statements))
    return Case(sentence, a_snapshot(roles=(role,)), {"cas": expected})


def asking(sentence: str, expected: Expected, when: Document) -> Case:
    return under(sentence, expected, trust(CAS, when=when))


CASES = (
    under("No condition is low", low(shows="Trust policy of role cas"), trust(CAS)),
    asking("A fixed id passes", passes("only with an external id"), WITH_ID),
    asking("Keys have no case", passes(), {"StringEquals": {"STS:externalid": ["a", "b"]}}),
    asking("An empty id is none", low(), {"StringEquals": {"sts:ExternalId": ""}}),
    asking("One empty id of two is none", low(), {"StringEquals": {"sts:ExternalId": ["a", ""]}}),
    asking("A star is no id", low(), {"StringEquals": {"sts:ExternalId": "*"}}),
    asking("A pattern that fits all is none", low(), {"StringLike": {"sts:ExternalId": "*"}}),
    asking("A pattern is no fixed id", low(), {"StringLike": {"sts:ExternalId": "from-aws-*"}}),
    asking("An id that may be absent", low(), {"StringEqualsIfExists": {"sts:ExternalId": "a"}}),
    asking("Any id but one", low(), {"StringNotEquals": {"sts:ExternalId": "a"}}),
    asking("A condition on the account", low(), {"StringEquals": {"aws:SourceAccount": OWN}}),
    under(
        "Every statement for the account has to ask",
        low("by statement 2."),
        trust(CAS, when=WITH_ID),
        trust(f"arn:aws:iam::{CAS_ACCOUNT}:role/x"),
    ),
    under(
        "A statement for everyone is one for the account too",
        low("by Open."),
        trust(CAS, when=WITH_ID),
        trust("*", sid="Open"),
    ),
    under(
        "Statements for others do not matter here",
        passes(),
        trust(CAS, when=WITH_ID),
        trust({"Service": "ec2.amazonaws.com"}),
        deny("sts:AssumeRole", on=None, to={"AWS": CAS}),
    ),
    Case(
        "Every delivery role is judged",
        a_snapshot(
            roles=(
                a_delivery_role(name="old"),
                a_delivery_role(name="new", trusted=trust(CAS, when=WITH_ID)),
                a_role("worker"),
            )
        ),
        {"old": low(), "new": passes()},
    ),
    Case(
        "Without a delivery role it is not applicable",
        a_snapshot(roles=(a_role(),)),
        not_applicable("not enrolled"),
    ),
    Case("Without the roles nothing is assessed", a_snapshot(roles=GAP), not_assessed(GAP.action)),
    Case(
        "A trust policy that does not parse may be that of a delivery role",
        a_snapshot(roles=(a_role("x", trusted=a_malformed_policy()),)),
        not_assessed(AUTHORIZATION_DETAILS, "trust of role x"),
    ),
    Case(
        "A cut list of roles may hide one",
        a_snapshot(roles=Partial((a_delivery_role(),), (GAP,))),
        {"cas": low(), f"Account {OWN}": not_assessed(GAP.action)},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_trust_carries_an_external_id(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_never_makes_up_an_id() -> None:
    outcome = judged(CONTROL, CASES[0].snapshot)["cas"]
    filled = fill(CONTROL.remedy, outcome.values)
    assert (filled.cli, filled.cloudformation, filled.terraform) == ("", "", "")
    assert "role cas" in filled.summary
