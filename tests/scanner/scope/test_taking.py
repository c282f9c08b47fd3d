"""What brings a right decides how it is taken away."""

from __future__ import annotations

import json

import pytest

from scanner.facts.snapshot import Snapshot
from scanner.scope.principals import principals
from scanner.scope.taking import NOTHING, removed, rewritten, sources, taken_away
from scanner.vocabulary import seen
from tests.builders import a_group, a_managed_policy, a_role, a_snapshot, a_user
from tests.documents import allow

TAX = frozenset({"tax:PutTaxInterview"})
GRANT = allow(*TAX)
OWN = a_managed_policy("Own", allow("s3:*", *TAX))
EMPTYING = a_managed_policy("Emptying", GRANT)
THEIRS = a_managed_policy("Theirs", GRANT, aws=True)
PATH = "/aws-reserved/sso.amazonaws.com/"
POLICIES = (OWN, EMPTYING, THEIRS)


def values(snapshot: Snapshot, wrong: dict[str, str] | None = None) -> dict[str, str]:
    """Values that are not empty, the document left out."""
    (holder,) = seen(principals(snapshot))
    found = holder.grants(TAX).of(TAX)
    said = taken_away(holder, found, TAX, refusal="no-tax", wrong=wrong or {})
    assert said.keys() == NOTHING.keys()
    return {name: value for name, value in said.items() if value and name != "document"}


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (
            a_snapshot(users=(a_user(managed=[OWN]),), policies=POLICIES),
            {"policy_name": "Own", "managed_name": "Own", "policy_arn": OWN.arn},
        ),
        (
            a_snapshot(
                users=(a_user(groups=["g"]),), groups=(a_group("g", inline={"p": allow("tax:*")}),)
            ),
            {"policy_name": "p", "group": "g"},
        ),
        (
            a_snapshot(roles=(a_role(inline={"p": GRANT}),)),
            {"policy_name": "p", "delete_role": "worker"},
        ),
        (
            a_snapshot(users=(a_user(managed=[EMPTYING]),), policies=POLICIES),
            {"detach_arn": EMPTYING.arn, "detach_name": "Emptying", "from_user": "deploy"},
        ),
        (
            a_snapshot(users=(a_user(managed=[THEIRS]),), policies=POLICIES),
            {"policy_name": "no-tax", "user": "deploy"},
        ),
        (
            a_snapshot(roles=(a_role(managed=[OWN], inline={"p": GRANT}),), policies=POLICIES),
            {"policy_name": "no-tax", "role": "worker"},
        ),
        (
            a_snapshot(roles=(a_role("sso", path=PATH, inline={"p": GRANT}),)),
            {"policy_name": "p", "detach_name": "p", "from_reserved": "sso"},
        ),
    ],
)
def test_what_to_do_where(snapshot: Snapshot, expected: dict[str, str]) -> None:
    assert values(snapshot) == expected


@pytest.mark.parametrize(
    ("snapshot", "place"),
    [
        (a_snapshot(users=(a_user(managed=[THEIRS]),), policies=POLICIES), {"from_user": "deploy"}),
        (a_snapshot(roles=(a_role(managed=[THEIRS]),), policies=POLICIES), {"from_role": "worker"}),
        (
            a_snapshot(roles=(a_role("sso", path=PATH, managed=[THEIRS]),), policies=POLICIES),
            {"from_reserved": "sso"},
        ),
        (
            a_snapshot(
                users=(a_user(groups=["g"]),),
                groups=(a_group("g", managed=[THEIRS]),),
                policies=POLICIES,
            ),
            {"from_group": "g"},
        ),
    ],
)
def test_what_is_wrong_as_a_whole_is_detached(snapshot: Snapshot, place: dict[str, str]) -> None:
    expected = {"detach_arn": THEIRS.arn, "detach_name": "Theirs", "replacement": "x", **place}
    assert values(snapshot, {THEIRS.arn: "x"}) == expected


def test_a_policy_that_comes_in_two_ways_has_two_sources() -> None:
    snapshot = a_snapshot(
        users=(a_user(managed=[OWN], groups=["g"]),),
        groups=(a_group("g", managed=[OWN]),),
        policies=POLICIES,
    )
    (holder,) = seen(principals(snapshot))
    found = sources(holder, holder.grants(TAX).of(TAX))
    assert [one.title for one in found] == ["Policy Own", "Policy Own of group g"]


def test_only_the_policy_that_is_asked_for_is_written_anew() -> None:
    snapshot = a_snapshot(users=(a_user(inline={"a": allow("s3:*", *TAX), "b": GRANT}),))
    (holder,) = seen(principals(snapshot))
    found = holder.grants(TAX).of(TAX)
    first, second = sources(holder, found)
    assert json.loads(rewritten(holder, first, found, TAX)["document"])["Statement"] == [
        allow("s3:*")
    ]
    assert removed(holder, second)["delete_user"] == "deploy"
