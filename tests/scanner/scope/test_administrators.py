"""Who administers the account, and who may."""

from __future__ import annotations

import pytest

from scanner.facts.iam import ManagedPolicy
from scanner.scope.administrators import administrators, is_administrator
from scanner.scope.principals import users
from scanner.vocabulary import Partial, gaps, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
    denied,
)
from tests.documents import Document, allow, allow_all_but, deny

GAP = denied(AUTHORIZATION_DETAILS)
ADMIN = a_managed_policy("AdministratorAccess", allow("*"), aws=True)
NARROW = a_managed_policy("Narrow", allow("s3:*"))
WIDE = a_managed_policy("Wide", allow("*"))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("*"), True),
        (allow("*:*"), True),
        (allow("*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), True),
        (allow("*", on="arn:aws:s3:::bucket"), False),
        (allow_all_but("iam:*"), False),
        (deny("*"), False),
    ],
)
def test_everything_on_everything(statement: Document, expected: bool) -> None:
    (user,) = seen(users(a_snapshot(users=(a_user(inline={"p": statement}),))))
    assert is_administrator(user) is expected


@pytest.mark.parametrize(("boundary", "expected"), [(NARROW, False), (WIDE, True)])
def test_a_boundary_may_end_it(boundary: ManagedPolicy, expected: bool) -> None:
    user = a_user(managed=[ADMIN], boundary=boundary.arn)
    snapshot = a_snapshot(users=(user,), policies=(ADMIN, boundary))
    assert bool(seen(administrators(snapshot))) is expected


def test_users_roles_and_members_of_groups_are_found() -> None:
    snapshot = a_snapshot(
        users=(a_user("member", groups=["admins"]), a_user("other")),
        groups=(a_group("admins", managed=[ADMIN]),),
        roles=(a_role("root-like", managed=[ADMIN]), a_role("worker")),
        policies=(ADMIN,),
    )
    listed = administrators(snapshot)
    assert isinstance(listed, tuple)
    assert [one.name for one in listed] == ["member", "root-like"]


def test_others_may_be_by_policies_that_were_not_read() -> None:
    snapshot = a_snapshot(
        users=(a_user("hidden", managed=[ADMIN]), a_user("sure", inline={"p": allow("*")})),
        policies=GAP,
    )
    listed = administrators(snapshot)
    assert isinstance(listed, Partial)
    assert [one.name for one in listed.items] == ["sure"]
    assert [gap.detail for gap in gaps(listed)] == ["policy AdministratorAccess"]


def test_an_account_that_was_not_read_has_a_gap() -> None:
    assert gaps(administrators(a_snapshot(users=GAP))) == (GAP,)
