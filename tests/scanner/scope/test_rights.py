"""Rights as policies spell them, less what a boundary or Deny takes away."""

from __future__ import annotations

import pytest

from scanner.scope.principals import roles
from scanner.scope.rights import rights_of
from scanner.vocabulary import seen
from tests.builders import AUTHORIZATION_DETAILS, a_managed_policy, a_role, a_snapshot, denied
from tests.documents import Document, a_policy, allow, allow_all_but, deny

BUCKET = "arn:aws:s3:::larkfield/*"
PUT = ("s3:PutObject", BUCKET)


def rights(*statements: Document, within: tuple[Document, ...] = ()) -> set[tuple[str, str]]:
    boundary = a_managed_policy("limit", *within)
    role = a_role(
        inline={"p": a_policy(*statements)} if statements else {},
        boundary=boundary.arn if within else "",
    )
    (holder,) = seen(roles(a_snapshot(roles=(role,), policies=(boundary,))))
    return {(right.action, right.resource) for right in rights_of(holder)}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((), set()),
        ((allow("s3:PutObject", on=BUCKET),), {PUT}),
        (
            (allow("s3:PutObject", "sns:*", on=[BUCKET, "x"]),),
            {PUT, ("s3:PutObject", "x"), ("sns:*", BUCKET), ("sns:*", "x")},
        ),
        ((allow_all_but("iam:*"),), {("*", "*")}),
        (({"Effect": "Allow", "Action": "s3:Get*", "NotResource": BUCKET},), {("s3:Get*", "*")}),
        ((allow("s3:PutObject", on=[BUCKET, "x"]), deny("s3:*", on="x")), {PUT}),
        ((allow("s3:PutObject", on=BUCKET), deny("s3:*", on="x")), {PUT}),
        ((allow("s3:PutObject", on=BUCKET), deny("s3:*", when={"Null": {"x": "true"}})), {PUT}),
    ],
)
def test_rights_are_spelled_as_in_the_policies(
    statements: tuple[Document, ...], expected: set[tuple[str, str]]
) -> None:
    assert rights(*statements) == expected


@pytest.mark.parametrize(
    ("statement", "limit", "expected"),
    [
        (allow("s3:*"), allow("s3:PutObject", on=BUCKET), {PUT}),
        (allow("s3:PutObject", on=BUCKET), allow("s3:*"), {PUT}),
        (allow("s3:*", on=BUCKET), allow("sns:*"), set()),
        (allow("s3:*", on=BUCKET), allow("s3:PutObject", on="arn:aws:s3:::other/*"), set()),
        (allow("s3:Put*", on=BUCKET), allow("s3:*Object"), {("s3:Put*", BUCKET)}),
        (allow("s3:*", on=BUCKET), allow_all_but("iam:*"), {("s3:*", BUCKET)}),
        (allow_all_but("iam:*"), allow("s3:PutObject", on=BUCKET), {PUT}),
        (
            allow("s3:PutObject", on="arn:aws:s3:::lark*"),
            allow("s3:PutObject", on="arn:aws:s3:::*field/*"),
            {("s3:PutObject", "arn:aws:s3:::lark*")},
        ),
    ],
)
def test_a_boundary_narrows(
    statement: Document, limit: Document, expected: set[tuple[str, str]]
) -> None:
    assert rights(statement, within=(limit,)) == expected


def test_a_deny_in_the_boundary_counts() -> None:
    within = (allow("*"), deny("s3:*", on=BUCKET))
    assert rights(allow("s3:PutObject", on=BUCKET), within=within) == set()


def test_an_unread_boundary_leaves_nothing_that_is_sure() -> None:
    role = a_role(inline={"p": allow("s3:*")}, boundary="arn:aws:iam::111122223333:policy/limit")
    snapshot = a_snapshot(roles=(role,), policies=denied(AUTHORIZATION_DETAILS))
    (holder,) = seen(roles(snapshot))
    assert rights_of(holder) == ()
    assert holder.gaps
