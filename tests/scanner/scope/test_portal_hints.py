"""Names for people who attest: who is federated, what else runs here, what nobody uses."""

from __future__ import annotations

import pytest

from scanner.evidence import Fact
from scanner.facts.iam import Role
from scanner.scope.portal_hints import (
    federated_roles,
    foreign_workloads,
    names_fact,
    stale_access,
)
from scanner.vocabulary import NotSeen, Partial, Unobserved, gaps, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_key,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.documents import Document, a_malformed_policy, allow, trust

GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
PORTAL = {"p": allow("aws-marketplace:ListEntities")}
SAML: Document = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}


def portal_role(name: str, *, last_used: float = 0) -> Role:
    return a_role(name, trusted=trust(SAML), inline=PORTAL, last_used=days_ago(last_used))


def test_federated_roles_are_those_of_people_that_reach_the_portal() -> None:
    roles = (portal_role("people"), a_role("app", inline=PORTAL), a_role("x", trusted=trust(SAML)))
    assert federated_roles(a_snapshot(roles=roles)) == ("people",)


def test_a_role_whose_trust_was_not_read_is_a_gap_among_names() -> None:
    broken = a_role("broken", trusted=a_malformed_policy(), inline=PORTAL)
    found = federated_roles(a_snapshot(roles=(broken, portal_role("people"))))
    assert seen(found) == ("people",)
    assert [one.error for one in gaps(found)] == ["MalformedPolicy"]


def test_a_refused_list_stays_refused() -> None:
    assert federated_roles(a_snapshot(roles=GAP)) is GAP
    assert foreign_workloads(a_snapshot(roles=GAP)) is GAP


def test_a_workload_whose_rights_were_not_read_may_be_of_marketplace() -> None:
    roles = (a_role("website"), a_role("unknown", inline={"p": a_malformed_policy()}))
    assert foreign_workloads(a_snapshot(roles=roles)) == ("website",)


def test_stale_access_is_of_users_and_portal_roles() -> None:
    snapshot = a_snapshot(
        users=(a_user("anna"), a_user("bob")),
        roles=(portal_role("seller", last_used=91), portal_role("busy")),
        report=a_report(
            a_row("anna", keys=(a_key(rotated=days_ago(100)),)), a_row("bob", keys=(a_key(),))
        ),
    )
    assert stale_access(snapshot) == ("user anna", "role seller")


def test_stale_access_tells_what_it_could_not_see() -> None:
    snapshot = a_snapshot(
        users=(a_user("anna"),), report=REPORT, roles=(portal_role("old", last_used=99),)
    )
    found = stale_access(snapshot)
    assert (seen(found), gaps(found)) == (("role old",), (REPORT,))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ["none"]),
        (("b", "a"), ["a, b"]),
        (tuple("gfedcba"), ["a, b, c, d, e and 2 more"]),
        (Partial(("a",), (GAP,)), ["a", GAP.sentence()]),
    ],
)
def test_some_names_of_many_are_shown(names: tuple[str, ...], said: list[str]) -> None:
    facts = names_fact("Names", names, AUTHORIZATION_DETAILS)
    assert [one.value for one in facts] == said
    assert facts[0] == Fact("Names", said[0], AUTHORIZATION_DETAILS)


def test_no_list_is_no_names() -> None:
    with pytest.raises(NotSeen):
        names_fact("Names", Unobserved("iam:X", "AccessDenied"), "")
