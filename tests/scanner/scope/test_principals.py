"""What applies to a user or role: own policies, groups, boundary, and what was not read."""

from __future__ import annotations

import pytest

from scanner.evidence import Fact
from scanner.facts.iam import ManagedPolicy, Role, User
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER, PORTAL_WRITE
from scanner.scope.holder import MOST_EXCERPTS, Holder
from scanner.scope.principals import holding, principals, roles, users
from scanner.vocabulary import Listed, NotSeen, Partial, Unobserved, gaps, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.cases import text_of
from tests.documents import a_malformed_policy, allow, allow_all_but, deny, deny_all_but

SELL = "aws-marketplace:StartChangeSet"
TAG = "aws-marketplace:TagResource"
ACTIONS = frozenset({SELL, TAG})
BOUNDARY = "arn:aws:iam::111122223333:policy/Boundary"
GAP = denied(AUTHORIZATION_DETAILS)
SELLER = a_managed_policy("Seller", allow(SELL))
TAGGER = a_managed_policy("Tagger", allow(TAG))


def the_user(user: User, snapshot_policies: Listed[ManagedPolicy] = ()) -> Holder:
    (holder,) = seen(users(a_snapshot(users=(user,), policies=snapshot_policies)))
    return holder


def the_role(role: Role) -> Holder:
    (holder,) = seen(roles(a_snapshot(roles=(role,))))
    return holder


def test_a_user_has_own_attached_and_group_policies() -> None:
    snapshot = a_snapshot(
        users=(a_user(groups=["a", "b"], inline={"own": allow("s3:*")}, managed=[SELLER]),),
        groups=(
            a_group("a", managed=[TAGGER]),
            a_group("b", inline={"in": allow("ec2:*")}),
            a_group("others", inline={"no": allow("*")}),
        ),
        policies=(SELLER, TAGGER),
    )
    (holder,) = seen(users(snapshot))
    assert [(held.name, held.via) for held in holder.held] == [
        ("own", ""),
        ("Seller", ""),
        ("Tagger", "a"),
        ("in", "b"),
    ]
    assert holder.grants(ACTIONS).actions == ACTIONS
    assert holder.gaps == ()
    assert (holder.kind, holder.key, holder.region) == ("user", holder.arn, "")


def test_groups_have_no_part_in_roles() -> None:
    holder = the_role(a_role(inline={"p": allow(SELL)}))
    assert (holder.kind, holder.grants(ACTIONS).actions) == ("role", frozenset({SELL}))


def test_the_version_of_the_list_counts_for_every_holder_of_a_policy() -> None:
    snapshot = a_snapshot(users=(a_user("a", managed=[SELLER]), a_user("b")), policies=(SELLER,))
    held = {one.name: one.grants(ACTIONS).actions for one in seen(users(snapshot))}
    assert held == {"a": {SELL}, "b": frozenset()}


def test_a_policy_that_comes_twice_is_weighed_once() -> None:
    snapshot = a_snapshot(
        users=(a_user(groups=["a", "b"]),),
        groups=(a_group("a", managed=[SELLER]), a_group("b", managed=[SELLER])),
        policies=(SELLER,),
    )
    (holder,) = seen(users(snapshot))
    assert len(holder.grants(ACTIONS).grants[SELL]) == 1


@pytest.mark.parametrize(
    ("boundary", "granted"),
    [
        (allow("*"), {SELL}),
        (allow(SELL), {SELL}),
        (allow("s3:*"), set()),
        (allow_all_but("aws-marketplace:*"), set()),
        (deny("*"), set()),
    ],
)
def test_a_boundary_cuts_and_never_grants(boundary: dict[str, object], granted: set[str]) -> None:
    user = a_user(inline={"p": allow(SELL)}, boundary=BOUNDARY)
    holder = the_user(user, (a_managed_policy("Boundary", boundary, allow(TAG)),))
    assert holder.grants(ACTIONS).actions == granted


@pytest.mark.parametrize("policies", [GAP, (), Partial((), (GAP,))], ids=["no", "gone", "cut"])
def test_a_boundary_that_was_not_read_proves_nothing(policies: Listed[ManagedPolicy]) -> None:
    holder = the_user(a_user(inline={"p": allow("*")}, boundary=BOUNDARY), policies)
    assert not holder.grants(ACTIONS)
    assert holder.administration == ()
    assert holder.may_grant(ACTIONS)
    with pytest.raises(NotSeen, match="boundary arn:aws:iam::111122223333:policy/Boundary"):
        holder.grants_or_raises(ACTIONS)


def test_a_boundary_that_does_not_parse_proves_nothing() -> None:
    broken = a_managed_policy("Boundary", document=a_malformed_policy())
    holder = the_user(a_user(inline={"p": allow("*")}, boundary=BOUNDARY), (broken,))
    assert not holder.grants(ACTIONS)
    assert [gap.error for gap in holder.gaps] == ["MalformedPolicy"]


@pytest.mark.parametrize(
    ("snapshot", "detail"),
    [
        (a_snapshot(users=(a_user(inline={"p": a_malformed_policy()}),)), "policy p: the document"),
        (a_snapshot(users=(a_user(inline={"p": GAP}),)), "policy p"),
        (a_snapshot(users=(a_user(managed=[SELLER]),)), "policy Seller: its document"),
        (a_snapshot(users=(a_user(managed=[SELLER]),), policies=GAP), "policy Seller"),
        (a_snapshot(users=(a_user(groups=["people"]),)), "group people"),
        (
            a_snapshot(
                users=(a_user(groups=["people"]),),
                groups=(a_group(inline={"g": a_malformed_policy()}),),
            ),
            "policy g: the document",
        ),
    ],
    ids=["malformed", "refused", "not returned", "list refused", "no group", "in a group"],
)
def test_a_policy_that_was_not_read_is_a_gap_of_its_holder(snapshot: Snapshot, detail: str) -> None:
    (holder,) = seen(users(snapshot))
    assert [gap.detail.startswith(detail) for gap in holder.gaps] == [True]
    assert holder.may_grant(METER)
    with pytest.raises(NotSeen, match=AUTHORIZATION_DETAILS):
        holder.grants_or_raises(METER)


def test_without_the_groups_every_member_has_a_gap() -> None:
    snapshot = a_snapshot(users=(a_user("in", groups=["people"]), a_user("out")), groups=GAP)
    assert {one.name: one.gaps for one in seen(users(snapshot))} == {"in": (GAP,), "out": ()}


def test_what_is_known_proves_a_grant_despite_a_gap() -> None:
    holder = the_user(a_user(inline={"p": allow(SELL), "q": a_malformed_policy()}))
    assert holder.grants_or_raises(ACTIONS).actions == {SELL}


SCAN_ROLE = "arn:aws:iam::111122223333:role/seller-posture"


@pytest.mark.parametrize(
    ("role", "judged"),
    [
        (a_role("worker"), True),
        (a_role("sso", path="/aws-reserved/sso.amazonaws.com/eu-west-1/"), True),
        (a_role("mine", path="/seller-posture/"), True),
        (a_role("linked", path="/aws-service-role/sqs.amazonaws.com/"), False),
        (a_role("seller-posture"), False),
    ],
    ids=lambda one: getattr(one, "name", None),
)
def test_service_linked_roles_and_our_own_are_left_out(role: Role, judged: bool) -> None:
    snapshot = a_snapshot(roles=(role,), scan_role=SCAN_ROLE)
    assert bool(seen(principals(snapshot))) is judged


def test_roles_of_identity_center_are_known_as_such() -> None:
    sso = the_role(a_role(path="/aws-reserved/sso.amazonaws.com/eu-west-1/"))
    assert sso.is_identity_center
    assert not the_role(a_role()).is_identity_center


@pytest.mark.parametrize(
    ("statement", "administers"),
    [(allow("*"), True), (allow("*:*"), True), (allow("*", on="arn:aws:s3:::b"), False)],
)
def test_administrators_are_recognised(statement: dict[str, object], administers: bool) -> None:
    assert bool(the_user(a_user(inline={"p": statement})).administration) is administers


INSISTS = deny_all_but("iam:*", when={"BoolIfExists": {"aws:MultiFactorAuthPresent": ["false"]}})


@pytest.mark.parametrize(
    ("inline", "gated"),
    [
        ({"p": allow(SELL), "mfa": INSISTS}, True),
        ({"mfa": INSISTS}, True),
        ({"p": allow(SELL)}, False),
        ({}, False),
        ({"p": allow("*"), "mfa": deny(SELL, when=INSISTS["Condition"])}, False),
        ({"p": allow(SELL), "mfa": deny(SELL, when=INSISTS["Condition"])}, True),
    ],
)
def test_rights_behind_mfa_are_known_as_such(
    inline: dict[str, dict[str, object]], gated: bool
) -> None:
    assert the_user(a_user(inline=inline)).is_mfa_gated(PORTAL_WRITE) is gated


def test_the_gaps_of_users_and_roles_are_those_of_all_principals() -> None:
    snapshot = a_snapshot(users=GAP, roles=Partial((a_role(),), (denied("iam:ListRoles"),)))
    listed = principals(snapshot)
    assert [one.name for one in seen(listed)] == ["worker"]
    assert gaps(listed) == (GAP, denied("iam:ListRoles"))
    assert isinstance(users(snapshot), Unobserved)


def test_holding_keeps_those_who_may_and_the_gaps_of_the_list() -> None:
    people = (
        a_user("yes", inline={"p": allow(SELL)}),
        a_user("no", inline={"p": allow("s3:*")}),
        a_user("maybe", inline={"p": a_malformed_policy()}),
    )
    listed = holding(users(a_snapshot(users=Partial(people, (GAP,)))), ACTIONS)
    assert [one.name for one in seen(listed)] == ["yes", "maybe"]
    assert gaps(listed) == (GAP,)


def test_excerpts_show_each_policy_once_with_all_its_offending_statements() -> None:
    inline = {"p": allow("s3:*")}
    wide = a_managed_policy("Wide", allow(SELL), allow("ec2:*"), allow(TAG))
    user = a_user(inline=inline, managed=[wide], groups=["people"])
    group = a_group(inline={"more": allow("aws-marketplace:*")})
    snapshot = a_snapshot(users=(user,), groups=(group,), policies=(wide,))
    (holder,) = seen(users(snapshot))
    pieces = holder.excerpts(holder.grants(ACTIONS), note="Too much.")
    assert [text_of(piece).split("\n")[0] for piece in pieces] == [
        "Policy Wide",
        "Inline policy more of group people",
    ]
    assert [len(getattr(piece, "faults", ())) for piece in pieces] == [2, 1]


def test_no_more_than_a_few_excerpts_are_shown_and_the_rest_is_counted() -> None:
    inline = {f"p{n}": allow(SELL, sid=f"S{n}") for n in range(MOST_EXCERPTS + 4)}
    holder = the_user(a_user(inline=inline))
    pieces = holder.excerpts(holder.grants(ACTIONS))
    assert len(pieces) == MOST_EXCERPTS + 1
    assert text_of(pieces[-1]) == "More policies that grant it: 4"


UNLESS = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}


@pytest.mark.parametrize(
    ("inline", "remarks"),
    [
        ({"p": allow(SELL)}, []),
        ({"p": allow(SELL, when=UNLESS)}, ["Conditions: every grant has some"]),
        ({"p": allow(SELL, when=UNLESS), "q": allow(SELL)}, []),
        (
            {"p": allow(SELL), "q": deny(SELL, when=UNLESS, sid="Abroad")},
            ["Deny with conditions, not counted: Abroad"],
        ),
    ],
)
def test_conditions_are_told(inline: dict[str, dict[str, object]], remarks: list[str]) -> None:
    holder = the_user(a_user(inline=inline))
    pieces = holder.excerpts(holder.grants(ACTIONS))
    told = [text_of(piece) for piece in pieces if isinstance(piece, Fact)]
    assert [one.startswith(start) for one, start in zip(told, remarks, strict=True)] == [
        True for _ in remarks
    ]


def test_principals_are_joined_once_per_snapshot() -> None:
    snapshot = a_snapshot(users=(a_user(),))
    assert seen(users(snapshot))[0] is seen(users(snapshot))[0]
    assert seen(users(snapshot))[0] is not seen(users(a_snapshot(users=(a_user(),))))[0]
