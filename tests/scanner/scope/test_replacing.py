"""A policy is replaced where it stands; one that AWS owns is detached as well."""

from __future__ import annotations

import pytest

from scanner.facts.iam import ManagedPolicy
from scanner.scope.holder import Held, Holder
from scanner.scope.principals import principals
from scanner.scope.replacing import CLI, NOTHING_REPLACED, replacing
from scanner.vocabulary import complete
from tests.builders import (
    a_group,
    a_managed_policy,
    a_role,
    a_snapshot,
    a_user,
)
from tests.documents import allow

OURS = a_managed_policy("ours", allow("sqs:*"))
THEIRS = a_managed_policy("theirs", allow("sqs:*"), aws=True)


def held_by(*, policy: ManagedPolicy | None, group: bool = False, path: str = "/") -> Holder:
    inline = {} if policy else {"own": allow("sqs:*")}
    managed = (policy,) if policy else ()
    if group:
        snapshot = a_snapshot(
            users=(a_user("anna", groups=("staff",)),),
            groups=(a_group("staff", inline=inline, managed=managed),),
            policies=managed,
        )
    else:
        role = a_role("poller", inline=inline, managed=managed, path=path)
        snapshot = a_snapshot(roles=(role,), policies=managed)
    (holder,) = complete(principals(snapshot))
    return holder


def values_of(holder: Holder) -> dict[str, str]:
    (held,) = holder.held
    assert isinstance(held, Held)
    filled = replacing(held, holder, "{}")
    assert filled.keys() == NOTHING_REPLACED.keys()
    return {name: value for name, value in filled.items() if value}


@pytest.mark.parametrize(
    ("holder", "wanted"),
    [
        (held_by(policy=None), {"role": "poller", "policy_name": "own"}),
        (held_by(policy=None, group=True), {"group": "staff", "policy_name": "own"}),
        (
            held_by(policy=OURS),
            {"managed_name": "ours", "policy_arn": OURS.arn, "policy_name": "ours"},
        ),
        (
            held_by(policy=THEIRS),
            {
                "role": "poller",
                "policy_name": "theirs-narrowed",
                "detach_role": "poller",
                "aws_policy_arn": THEIRS.arn,
            },
        ),
        (
            held_by(policy=THEIRS, group=True),
            {
                "group": "staff",
                "policy_name": "theirs-narrowed",
                "detach_group": "staff",
                "aws_policy_arn": THEIRS.arn,
            },
        ),
        (
            held_by(policy=THEIRS, path="/aws-reserved/sso.amazonaws.com/"),
            {
                "reserved_role": "poller",
                "policy_name": "theirs-narrowed",
                "aws_policy_arn": THEIRS.arn,
            },
        ),
    ],
)
def test_the_place_of_a_policy_is_filled_in(holder: Holder, wanted: dict[str, str]) -> None:
    assert values_of(holder) == {"document": "{}", **wanted}


def test_the_new_policy_stands_before_the_old_one_goes() -> None:
    assert CLI.index("put-role-policy") < CLI.index("detach-role-policy")
