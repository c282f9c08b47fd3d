"""Who can grant itself anything, and what is accepted."""

from __future__ import annotations

import json

import pytest

from scanner.facts.account import Account
from scanner.scope.escalation import boundary_document, escalations, is_wide, may_enrol
from scanner.scope.principals import users
from scanner.vocabulary import seen
from tests.builders import OWN, a_managed_policy, a_snapshot, a_user
from tests.documents import Document, a_policy, allow

ACCOUNT = Account(OWN)


@pytest.mark.parametrize(
    ("resource", "action", "expected"),
    [
        ("*", "iam:PutUserPolicy", True),
        (f"arn:aws:iam::{OWN}:*", "iam:PutUserPolicy", True),
        (f"arn:aws:iam::{OWN}:user/*", "iam:PutUserPolicy", True),
        ("arn:aws:iam::*:role/*", "iam:PutRolePolicy", True),
        (f"arn:aws:iam::{OWN}:policy/?*", "iam:CreatePolicyVersion", True),
        (f"arn:aws:iam::{OWN}:user/${{aws:username}}", "iam:PutUserPolicy", True),
        (f"arn:aws:iam::{OWN}:user/${{aws:username}}", "iam:CreateAccessKey", False),
        (f"arn:aws:iam::{OWN}:user/team/*", "iam:PutUserPolicy", False),
        (f"arn:aws:iam::{OWN}:user/eve", "iam:PutUserPolicy", False),
        ("arn:aws:iam::999988887777:user/*", "iam:PutUserPolicy", False),
    ],
)
def test_wide_is_all_of_a_kind(resource: str, action: str, expected: bool) -> None:
    (statement,) = a_policy(allow(action, on=resource)).statements
    assert is_wide(statement, action, ACCOUNT) is expected


def found(*statements: Document, boundary: str = "") -> tuple[list[str], bool]:
    limit = a_managed_policy("Limit", document=a_policy(allow("*")))
    user = a_user(inline={"p": a_policy(*statements)}, boundary=boundary and limit.arn)
    (holder,) = seen(users(a_snapshot(users=(user,), policies=(limit,))))
    grants = escalations(holder, ACCOUNT)
    return [one.action for one in grants], may_enrol(holder, grants, ACCOUNT)


ENROLLING = (
    allow("iam:CreateRole", "iam:AttachRolePolicy"),
    allow("aws-marketplace-management:viewReports"),
)


def test_what_an_enrolment_leaves_is_judged_elsewhere() -> None:
    assert found(*ENROLLING) == (["iam:AttachRolePolicy"], True)
    assert found(*ENROLLING, boundary="Limit") == (["iam:AttachRolePolicy"], True)
    assert found(ENROLLING[0]) == (["iam:AttachRolePolicy"], False)
    assert found(*ENROLLING, allow("iam:PutRolePolicy"))[1] is False


def test_the_boundary_lets_through_all_but_identity_writes() -> None:
    boundary = a_managed_policy(
        "b", document=a_policy(*json.loads(boundary_document())["Statement"])
    )
    user = a_user(inline={"p": allow("iam:*", "s3:*")}, boundary=boundary.arn)
    (holder,) = seen(users(a_snapshot(users=(user,), policies=(boundary,))))
    assert escalations(holder, ACCOUNT) == ()
    assert holder.grants({"iam:ListRoles", "s3:GetObject"}).actions == {
        "iam:ListRoles",
        "s3:GetObject",
    }
