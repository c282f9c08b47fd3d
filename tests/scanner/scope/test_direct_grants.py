"""Which rights are a user's own, and how the policies behind them are found and moved."""

from __future__ import annotations

import json
import re

from scanner.facts.snapshot import Snapshot
from scanner.policy import parse
from scanner.scope.ammp import SELLER
from scanner.scope.direct_grants import direct_grants, moving_to_group, policies_behind
from scanner.scope.holder import Holder
from scanner.scope.principals import users
from scanner.vocabulary import seen
from tests.builders import a_group, a_managed_policy, a_snapshot, a_user
from tests.documents import allow, deny

LIST = allow("aws-marketplace:ListEntities")
POLICY = a_managed_policy("Seller", allow("aws-marketplace:StartChangeSet"))


def holder(snapshot: Snapshot) -> Holder:
    (one,) = seen(users(snapshot))
    return one


def test_rights_of_groups_are_not_the_users_own() -> None:
    user = holder(
        a_snapshot(
            users=(a_user(inline={"p": LIST}, groups=["people"]),),
            groups=(a_group(inline={"g": allow("aws-marketplace:StartChangeSet")}),),
        )
    )
    assert {one.action for one in direct_grants(user, SELLER)} == {"aws-marketplace:ListEntities"}


def test_what_any_policy_denies_is_not_granted() -> None:
    user = holder(a_snapshot(users=(a_user(inline={"p": LIST, "d": deny("*")}),)))
    assert direct_grants(user, SELLER) == ()


def test_a_policy_of_the_group_does_not_move_though_its_text_is_the_same() -> None:
    user = holder(
        a_snapshot(
            users=(a_user(inline={"own": LIST}, groups=["people"]),),
            groups=(a_group(inline={"theirs": LIST}),),
        )
    )
    policies = policies_behind(user, direct_grants(user, SELLER))
    assert [one.name for one in policies] == ["own"]


def test_policies_are_found_by_arn_and_by_name() -> None:
    user = holder(
        a_snapshot(
            users=(a_user("anna", inline={"p": LIST, "q": allow("*")}, managed=[POLICY]),),
            policies=(POLICY,),
        )
    )
    values = moving_to_group(user, policies_behind(user, direct_grants(user, SELLER)))
    assert values["user"] == "anna"
    assert values["policies"] == "Seller, p, q"
    assert values["managed"] == f"AttachedPolicies[?PolicyArn=='{POLICY.arn}'].PolicyArn"
    assert values["inline"] == "PolicyNames[?@=='p'||@=='q']"
    assert json.loads(values["document"])["Statement"] == [
        LIST,
        allow("*"),
    ]
    assert re.fullmatch("portal-Seller-[0-9a-f]{8}", values["group"])
    assert values["new_policy"] == f"arn:aws:iam::{user.arn.split(':')[4]}:policy/{values['group']}"


def test_a_query_for_no_policies_is_empty_and_a_hostile_name_stays_a_text() -> None:
    user = holder(a_snapshot(users=(a_user(inline={"x'||'a'=='a\\": LIST}),)))
    values = moving_to_group(user, policies_behind(user, direct_grants(user, SELLER)))
    assert values["managed"] == ""
    assert values["inline"] == r"PolicyNames[?@=='x\'||\'a\'==\'a\\']"


def test_inline_policies_become_one_whose_statement_ids_differ() -> None:
    reading = allow("aws-marketplace:ListEntities", on="${x}", sid="one")
    inline = {
        name: parse({"Version": version, "Statement": reading}, source="iam")
        for name, version in (("a", "2008-10-17"), ("b", "2012-10-17"))
    }
    user = holder(a_snapshot(users=(a_user(inline=inline),)))
    values = moving_to_group(user, policies_behind(user, direct_grants(user, SELLER)))
    first, second = json.loads(values["document"])["Statement"]
    assert (first["Sid"], first["Resource"]) == ("one", "${$}{x}")
    assert second["Resource"] == "${x}"
    assert "Sid" not in second
