"""Who may ask for data sets, and how the call is spelled out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scanner.scope.callers import (
    CALL,
    call_by_name,
    callers,
    credentials_of,
    place_of_held,
    possible_callers,
)
from scanner.scope.principals import roles, users
from scanner.vocabulary import NotSeen, gaps, seen
from tests.builders import (
    AUTHORIZATION_DETAILS,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    denied,
)
from tests.documents import Document, a_malformed_policy, a_policy, allow, allow_all_but

ANY = "marketplacecommerceanalytics:*"


def test_administrators_are_no_callers_and_unread_policies_may_make_some() -> None:
    snapshot = a_snapshot(
        roles=(
            a_role("admin", inline={"p": allow("*")}),
            a_role("job", inline={"p": allow(CALL)}),
            a_role("other"),
            a_role("odd", inline={"p": a_malformed_policy()}),
        )
    )
    assert [one.name for one in seen(possible_callers(snapshot))] == ["job", "odd"]
    listed = callers(snapshot)
    assert [one.name for one in seen(listed)] == ["job"]
    assert [gap.action for gap in gaps(listed)] == [AUTHORIZATION_DETAILS]


def test_credentials_of_a_user() -> None:
    report = a_report(a_row(keys=[a_key()]))
    snapshot = a_snapshot(users=(a_user(),), report=report)
    (holder,) = seen(users(snapshot))
    assert len(credentials_of(holder, snapshot).active_keys()) == 1
    for unread in (a_report(), denied("iam:GetCredentialReport")):
        with pytest.raises(NotSeen):
            credentials_of(holder, a_snapshot(users=(a_user(),), report=unread))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(ANY, "s3:GetObject"), [["s3:GetObject", CALL]]),
        (allow(ANY, CALL), [[CALL]]),
        (allow("*:GenerateDataSet"), None),
        (allow_all_but("iam:*"), [["iam:*", ANY], CALL]),
    ],
)
def test_the_call_is_spelled_out(statement: Document, expected: list[object] | None) -> None:
    policy = a_policy(statement)
    text = call_by_name(policy, policy.statements)
    said = json.loads(text)["Statement"] if text else []
    found = [one.get("Action") or one["NotAction"] for one in said]
    assert found == (expected or [])


def test_the_call_is_granted_where_the_notaction_was() -> None:
    when = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    policy = a_policy({**allow_all_but("iam:*"), "Condition": when})
    _, named = json.loads(call_by_name(policy, policy.statements))["Statement"]
    assert named == {"Effect": "Allow", "Action": CALL, "Resource": "*", "Condition": when}


def test_a_single_statement_may_stand_without_a_list() -> None:
    policy = replace(a_policy(allow(ANY)), text=json.dumps({"Statement": allow(ANY)}))
    (statement,) = json.loads(call_by_name(policy, policy.statements))["Statement"]
    assert statement["Action"] == [CALL]


def test_the_place_of_a_held_policy() -> None:
    own, of_aws = a_managed_policy("own"), a_managed_policy("theirs", aws=True)
    role = a_role(inline={"p": allow(CALL)}, managed=(own, of_aws))
    (holder,) = seen(roles(a_snapshot(roles=(role,), policies=(own, of_aws))))
    inline, managed, theirs = map(place_of_held, holder.held)
    assert (inline["role"], inline["policy_name"]) == ("worker", "p")
    assert managed["policy_arn"] == own.arn
    assert theirs == {}
