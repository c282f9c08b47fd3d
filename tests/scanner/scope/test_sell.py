"""Who holds seller rights, and what of it counts."""

from __future__ import annotations

from scanner.facts.profile import Profile
from scanner.policy import FINANCE_WRITE
from scanner.scope.principals import users
from scanner.scope.sell import (
    FULL_ACCESS,
    by_own_policies,
    exemption,
    full_access_holders,
    has_full_access,
    not_by,
    sellers,
    ways,
)
from scanner.vocabulary import gaps, seen
from tests.builders import a_group, a_managed_policy, a_snapshot, a_user, an_arn
from tests.documents import a_malformed_policy, allow, deny

TAX = allow("tax:PutTaxInterview")
FULL = a_managed_policy(
    "AWSMarketplaceSellerFullAccess",
    allow("aws-marketplace:StartChangeSet", "tax:PutTaxInterview"),
    aws=True,
)


def test_the_policy_is_known_by_its_arn() -> None:
    assert FULL.arn == FULL_ACCESS


def test_holders_are_counted_and_those_who_may_be_are_gaps() -> None:
    snapshot = a_snapshot(
        users=(
            a_user("holder", managed=[FULL]),
            a_user("bound", managed=[FULL], inline={"p": deny(*FINANCE_WRITE)}),
            a_user("admin", managed=[FULL], inline={"p": allow("*")}),
            a_user("maybe", inline={"q": a_malformed_policy()}),
            a_user("admin-too", inline={"p": allow("*"), "q": a_malformed_policy()}),
        ),
        policies=(FULL,),
    )
    listed = full_access_holders(snapshot)
    assert [one.name for one in seen(listed)] == ["holder"]
    assert len(gaps(listed)) == 1
    assert [has_full_access(one) for one in seen(users(snapshot))] == [True, *[False] * 4]


def test_finance_alone_makes_a_seller() -> None:
    snapshot = a_snapshot(users=(a_user("cfo", inline={"p": TAX}), a_user("dev")))
    assert [one.name for one in seen(sellers(snapshot))] == ["cfo"]


def test_administrators_and_the_approved_are_exempt() -> None:
    snapshot = a_snapshot(users=(a_user("a", inline={"p": allow("*")}), a_user("b"), a_user("c")))
    profile = Profile(approved_admins=(an_arn("user", "b"),))
    said = [exemption(one, profile) for one in seen(users(snapshot))]
    assert ["on its own" in said[0], "approved" in said[1], said[2]] == [True, True, ""]


def test_grants_are_told_by_whose_policy_brings_them() -> None:
    snapshot = a_snapshot(
        users=(a_user(managed=[FULL], groups=["g"], inline={"p": TAX}),),
        groups=(a_group("g", managed=[FULL]),),
        policies=(FULL,),
    )
    (holder,) = seen(users(snapshot))
    grants = holder.grants(FINANCE_WRITE).of(FINANCE_WRITE)
    assert len(grants) == 2
    assert len(by_own_policies(holder, grants)) == 1
    assert not_by(holder, grants, {FULL_ACCESS}) == by_own_policies(holder, grants)
    assert ways(holder, FULL_ACCESS) == "attached directly, by group g"
