"""Rights that enrolling takes: without an end, and where they came from."""

from __future__ import annotations

import pytest

from scanner.facts.account import Account
from scanner.scope.enrolment import (
    ATTACH,
    CREATE,
    ENROLMENT,
    endless,
    left_by_enrolment,
    makers_of_roles,
)
from scanner.scope.holder import Holder
from scanner.vocabulary import seen
from tests.builders import OWN, a_group, a_role, a_snapshot, a_user
from tests.documents import Document, a_policy, allow

ACCOUNT = Account(OWN)


def holding(*statements: Document) -> Holder:
    user = a_user(inline={"p": a_policy(*statements)})
    (holder,) = seen(makers_of_roles(a_snapshot(users=(user,))))
    return holder


def test_administrators_are_left_out() -> None:
    snapshot = a_snapshot(
        roles=(
            a_role("admin", inline={"p": allow("*")}),
            a_role("maker", inline={"p": allow(CREATE)}),
            a_role("other", inline={"p": allow(ATTACH)}),
        )
    )
    assert [one.name for one in seen(makers_of_roles(snapshot))] == ["maker"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(CREATE), True),
        (allow(CREATE, on=f"arn:aws:iam::{OWN}:role/*"), True),
        (allow(CREATE, on="arn:aws:iam::*:role/*"), True),
        (allow(CREATE, on=f"arn:aws:iam::{OWN}:role/app-*"), False),
        (allow(CREATE, when={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), True),
        (allow(CREATE, when={"StringEquals": {"iam:PermissionsBoundary": "arn:x"}}), False),
        (allow(CREATE, when={"ForAllValues:StringEquals": {"iam:PolicyARN": "arn:x"}}), True),
    ],
)
def test_a_grant_without_an_end(statement: Document, *, expected: bool) -> None:
    assert bool(endless(holding(statement), CREATE, ACCOUNT)) == expected


def test_a_policy_made_for_enrolling_is_known_by_what_it_allows() -> None:
    whole = holding(allow(*ENROLMENT))
    left = left_by_enrolment(whole, endless(whole, CREATE, ACCOUNT))
    assert left is not None
    assert left.name == "p"
    mixed = holding(allow(*ENROLMENT), allow("s3:GetObject"))
    assert left_by_enrolment(mixed, endless(mixed, CREATE, ACCOUNT)) is None


def test_a_groups_policy_is_not_the_users() -> None:
    snapshot = a_snapshot(
        users=(a_user(groups=["people"]),), groups=(a_group(inline={"p": allow(*ENROLMENT)}),)
    )
    (holder,) = seen(makers_of_roles(snapshot))
    assert left_by_enrolment(holder, endless(holder, CREATE, ACCOUNT)) is None
