"""Metering rights are taken from one holder alone, and what it holds beside them stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.scope.holder import Holder
from scanner.scope.metering_rewrites import NOTHING, metering_only, taken
from scanner.scope.principals import principals
from scanner.vocabulary import seen
from tests.builders import (
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
)
from tests.documents import Document, a_policy, allow, allow_all_but, deny

BATCH = "aws-marketplace:BatchMeterUsage"
START = "aws-marketplace:StartChangeSet"
WILD = allow("aws-marketplace:*")
NONE: frozenset[str] = frozenset()


def holder_of(snapshot: Snapshot) -> Holder:
    (one,) = seen(principals(snapshot))
    return one


def lost(snapshot: Snapshot) -> dict[str, str]:
    """What is said, other than empty texts, where a holder loses its metering."""
    holder = holder_of(snapshot)
    values = taken(holder, holder.grants(METER).of(METER), METER, snapshot, refusal="no")
    assert values.keys() == NOTHING.keys()
    return {name: value for name, value in values.items() if value}


def kept(snapshot: Snapshot, actions: frozenset[str] = NONE) -> dict[str, Any]:
    """The same where it keeps metering by name and loses `actions`, the document parsed."""
    holder = holder_of(snapshot)
    wild = tuple(one for one in holder.grants(METER).of(METER) if one.by_wildcard)
    beside = holder.grants(actions).of(actions)
    values = metering_only(holder, wild, beside, actions, snapshot)
    assert values.keys() == NOTHING.keys()
    found: dict[str, Any] = {name: value for name, value in values.items() if value}
    return found | {"document": json.loads(values["document"])["Statement"]}


def with_role(*statements: Document) -> Snapshot:
    return a_snapshot(roles=(a_role("meter", inline={"p": a_policy(*statements)}),))


def test_an_inline_policy_of_metering_alone_is_deleted() -> None:
    assert lost(with_role(allow(BATCH))) == {"delete_policy": "p", "delete_role": "meter"}


def test_another_is_written_anew() -> None:
    found = lost(with_role(allow(BATCH, "s3:GetObject"), deny("s3:DeleteObject")))
    document = json.loads(found.pop("document"))
    assert found == {"role": "meter", "policy_name": "p"}
    assert document["Statement"] == [allow("s3:GetObject"), deny("s3:DeleteObject")]


def test_a_policy_that_others_share_is_overruled_for_one_alone() -> None:
    shared = a_managed_policy("Team", allow(BATCH, "s3:GetObject"), attachments=2)
    found = lost(a_snapshot(roles=(a_role("meter", managed=[shared]),), policies=(shared,)))
    (refused,) = json.loads(found.pop("document"))["Statement"]
    assert found == {"role": "meter", "policy_name": "no"}
    assert refused == {"Effect": "Deny", "Action": [BATCH], "Resource": "*"}


def test_what_was_refused_before_stays_refused() -> None:
    shared = a_managed_policy("Team", allow(BATCH, "s3:GetObject"), attachments=2)
    stopped = {"no": deny(START), "other": deny("s3:DeleteObject")}
    role = a_role("meter", managed=[shared], inline=stopped)
    found = lost(a_snapshot(roles=(role,), policies=(shared,)))
    (refused,) = json.loads(found["document"])["Statement"]
    assert refused["Action"] == [BATCH, START]


def test_a_shared_policy_of_metering_alone_is_detached() -> None:
    shared = a_managed_policy("Team", allow(BATCH), attachments=2)
    found = lost(a_snapshot(roles=(a_role("meter", managed=[shared]),), policies=(shared,)))
    assert found == {"detach_arn": shared.arn, "detach_name": "Team", "from_role": "meter"}


@pytest.mark.parametrize("more", [False, True])
def test_a_group_is_left_if_it_brings_nothing_else(more: bool) -> None:  # a row
    other = {"q": allow("s3:*")} if more else {}
    group = a_group("staff", inline={"p": allow(BATCH), **other})
    found = lost(a_snapshot(users=(a_user("eve", groups=["staff"]),), groups=(group,)))
    assert ("leave_group" in found) is not more
    assert ("document" in found) is more
    assert found.get("group", "") == ""


def test_a_permission_set_is_named_for_what_it_is() -> None:
    path = "/aws-reserved/sso.amazonaws.com/"
    role = a_role("sso", path=path, inline={"p": allow(BATCH)})
    assert lost(a_snapshot(roles=(role,))) == {"delete_policy": "p", "delete_reserved": "sso"}


def test_a_wildcard_becomes_names_and_what_is_taken_goes() -> None:
    found = kept(with_role(allow("aws-marketplace:*", "s3:*")), frozenset({START}))
    *rest, named = found["document"]
    assert named == {"Effect": "Allow", "Action": sorted(METER), "Resource": "*"}
    entries = {entry for one in rest for entry in one["Action"]}
    assert entries == {"s3:*"}


def test_a_notaction_keeps_all_but_the_sellers_services() -> None:
    wide, named = kept(with_role(allow_all_but("iam:*")))["document"]
    assert wide["NotAction"] == ["iam:*", "aws-marketplace:*", "aws-marketplace-management:*"]
    assert named["Action"] == sorted(METER)


def test_what_another_policy_brings_is_refused_in_the_same_document() -> None:
    role = a_role("meter", inline={"p": WILD, "q": allow(START)})
    found = kept(a_snapshot(roles=(role,)), frozenset({START}))
    assert found["document"][-1] == {"Effect": "Deny", "Action": [START], "Resource": "*"}


def test_of_two_wildcards_its_own_goes_first_and_the_other_is_told() -> None:
    power = a_managed_policy("Power", allow_all_but("iam:*"), aws=True)
    role = a_role("meter", inline={"p": WILD}, managed=[power])
    found = kept(a_snapshot(roles=(role,), policies=(power,)))
    assert (found["role"], found["policy_name"], found["more"]) == ("meter", "p", "Policy Power")


def test_a_policy_of_aws_is_replaced_for_one_alone() -> None:
    power = a_managed_policy("Power", allow_all_but("iam:*"), aws=True)
    found = kept(a_snapshot(roles=(a_role("meter", managed=[power]),), policies=(power,)))
    assert (found["role"], found["policy_name"]) == ("meter", "Power-narrowed")
    assert (found["from_role"], found["detach_arn"]) == ("meter", power.arn)
