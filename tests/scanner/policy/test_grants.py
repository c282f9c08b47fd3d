"""Grants: what policies leave to a principal after Denies and the boundary (R2-R7)."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.policy import (
    ESCALATE,
    METER,
    PORTAL_CORE,
    PORTAL_WRITE,
    Granted,
    Policy,
    administers,
    allows,
    by_wildcard,
    granted,
    parse,
)

QUEUE = "arn:aws:sqs:us-east-1:111122223333:orders"
METERING = "aws-marketplace:BatchMeterUsage"
ENTITY = "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/SaaSProduct/p"
MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
IF = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}


def allow(what: str | list[str], on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": what, "Resource": on, **more}


def deny(what: str | list[str], on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return allow(what, on, **more) | {"Effect": "Deny"}


def policy(*statements: dict[str, Any]) -> Policy:
    found = parse(
        {"Version": "2012-10-17", "Statement": list(statements)}, source="iam:GetPolicyVersion"
    )
    assert isinstance(found, Policy), found
    return found


def rights(
    *statements: dict[str, Any],
    boundary: dict[str, Any] | None = None,
    action: str = "sqs:SendMessage",
    resource: str = "*",
) -> Granted:
    limit = policy(boundary) if boundary else None
    return granted([policy(*statements)], {action}, boundary=limit, resource=resource)


def test_allows_gives_the_statements_that_grant() -> None:
    found = policy(
        allow("sqs:*", Sid="Star"),
        allow("sqs:SendMessage", QUEUE, Sid="One"),
        allow("s3:*"),
        deny("sqs:*"),
    )
    assert [one.sid for one in allows(found, "sqs:SendMessage")] == ["Star", "One"]
    other = "arn:aws:sqs:us-east-1:111122223333:other"
    assert [one.sid for one in allows(found, "sqs:SendMessage", resource=other)] == ["Star"]


@pytest.mark.parametrize(
    ("statement", "granting"),
    [
        (allow(METERING), True),
        (allow("aws-marketplace:*Meter*"), True),
        (allow(METERING, "**"), True),
        (allow(METERING, ENTITY), False),
        (allow(METERING, "arn:aws:aws-marketplace:*:*:*"), False),
        ({"Effect": "Allow", "Action": METERING, "NotResource": ENTITY}, True),
        ({"Effect": "Allow", "Action": METERING, "NotResource": "*"}, False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "aws-marketplace:*", "Resource": "*"}, False),
    ],
)
def test_an_action_without_resources_is_granted_on_a_star_alone(
    statement: dict[str, Any], granting: bool
) -> None:
    assert bool(allows(policy(statement), METERING)) == granting
    assert (METERING in granted([policy(statement)], METER)) == granting


def test_an_action_with_resources_is_granted_on_any() -> None:
    start = "aws-marketplace:StartChangeSet"
    assert start in granted([policy(allow(start, ENTITY))], PORTAL_WRITE)
    assert start not in granted([policy(allow(start, []))], PORTAL_WRITE)


def test_grants_are_listed_with_statement_policy_and_flags() -> None:
    first = policy(allow("sqs:*", Sid="Star"))
    second = policy(allow("SQS:sendmessage", Condition=IF, Sid="If"))
    found = granted([first, second], {"sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject"})
    star, sure = found.grants["sqs:SendMessage"]
    assert (star.statement.sid, star.policy, star.conditional) == ("Star", first, False)
    assert (sure.statement.sid, sure.policy, sure.conditional) == ("If", second, True)
    assert (star.by_wildcard, sure.by_wildcard) == (True, False)
    assert found.actions == {"sqs:SendMessage", "sqs:ReceiveMessage"}
    assert found.conditional == frozenset()
    assert "s3:GetObject" not in found
    assert found.any_of(["s3:GetObject", "sqs:SendMessage"]) == {"sqs:SendMessage"}
    assert found.all_of(["sqs:SendMessage"])
    assert not found.all_of(["sqs:SendMessage", "s3:GetObject"])
    assert [one.action for one in found.of(["sqs:SendMessage", "x:Y"])] == ["sqs:SendMessage"] * 2
    assert found
    assert not granted([], {"sqs:SendMessage"})


def test_a_grant_by_conditions_alone_counts_and_is_marked() -> None:
    found = rights(allow("sqs:*", Condition=IF))
    assert found.conditional == {"sqs:SendMessage"}


@pytest.mark.parametrize(
    ("statements", "left"),
    [
        ([allow("sqs:*"), deny("sqs:*")], False),
        ([allow("sqs:*"), deny("sqs:SendMessage")], False),
        ([allow("sqs:*"), deny("sqs:Receive*")], True),
        ([allow("sqs:*"), deny("sqs:*", QUEUE)], True),
        ([allow("sqs:*", QUEUE), deny("sqs:*", QUEUE)], False),
        ([allow("sqs:*", QUEUE), deny("sqs:*", "arn:aws:sqs:*:*:ord*")], False),
        ([allow("sqs:*", QUEUE), deny("sqs:*", "arn:aws:sqs:*:*:returns")], True),
        ([allow("sqs:*", [QUEUE, "arn:aws:sqs:*:*:x"]), deny("sqs:*", QUEUE)], True),
        (
            [
                allow("sqs:*", [QUEUE, "arn:aws:sqs:*:*:x"]),
                deny("sqs:*", QUEUE),
                deny("sqs:*", "arn:aws:sqs:*:*:?"),
            ],
            False,
        ),
        ([allow("sqs:*"), deny("sqs:*", Condition=IF)], True),
        ([allow("sqs:*"), deny("sqs:*", Condition={})], False),
        ([allow("sqs:*"), {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}], False),
        ([allow("sqs:*"), {"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}], True),
        ([allow("sqs:*"), {"Effect": "Deny", "Action": "*", "NotResource": QUEUE}], True),
        (
            [
                allow("sqs:*", QUEUE),
                {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::*"},
            ],
            False,
        ),
        (
            [{"Effect": "Allow", "Action": "sqs:*", "NotResource": QUEUE}, deny("*", QUEUE)],
            True,
        ),
        ([{"Effect": "Allow", "Action": "sqs:*", "NotResource": QUEUE}, deny("*")], False),
        (
            [
                allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}"),
                deny("*", "arn:aws:sqs:*:*:${aws:username}"),
            ],
            False,
        ),
        (
            [
                allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}"),
                deny("*", "arn:aws:sqs:*:*:${aws:userid}"),
            ],
            True,
        ),
        ([allow("sqs:*", "arn:aws:sqs:*:*:*"), deny("*", "arn:aws:sqs:*:*:${aws:userid}")], True),
        ([allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}"), deny("*", "arn:aws:sqs:*")], False),
    ],
)
def test_a_deny_removes_only_what_it_surely_covers(
    statements: list[dict[str, Any]], left: bool
) -> None:
    assert ("sqs:SendMessage" in rights(*statements)) == left


def test_a_deny_of_one_queue_removes_the_right_to_it() -> None:
    statements = (allow("sqs:*"), deny("sqs:*", QUEUE))
    assert not rights(*statements, resource=QUEUE)
    assert rights(*statements, resource="arn:aws:sqs:us-east-1:111122223333:other")
    assert rights(*statements, resource="arn:aws:sqs:*:*:*")


def test_a_deny_of_another_policy_removes_too() -> None:
    assert not granted([policy(allow("sqs:*")), policy(deny("sqs:*"))], {"sqs:SendMessage"})


def test_a_deny_of_named_resources_does_not_remove_an_action_without_resources() -> None:
    assert rights(allow("*"), deny("*", ENTITY), action=METERING)
    assert not rights(allow("*"), deny("*"), action=METERING)


def test_a_conditional_deny_is_shown() -> None:
    found = rights(allow("sqs:*"), deny("sqs:Send*", Condition=IF, Sid="Maybe"))
    assert [one.sid for one in found.denied_if["sqs:SendMessage"]] == ["Maybe"]
    assert rights(allow("sqs:*")).denied_if == {}


@pytest.mark.parametrize(
    ("statement", "gated"),
    [
        ({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": MFA}, True),
        (deny("sqs:*", Condition={"BoolIfExists": {"AWS:multifactorauthpresent": False}}), True),
        (deny("sqs:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), False),
        (deny("sqs:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), False),
        (deny("sqs:*", Condition={"BoolIfExists": {"aws:SecureTransport": "false"}}), False),
        (deny("sqs:*", Condition=MFA | IF), False),
        (deny("sqs:*", QUEUE, Condition=MFA), False),
        (deny("s3:*", Condition=MFA), False),
    ],
)
def test_deny_without_mfa_gates(statement: dict[str, Any], gated: bool) -> None:
    found = rights(allow("sqs:*"), statement)
    assert (found.mfa_gated == {"sqs:SendMessage"}) == gated
    assert "sqs:SendMessage" in found


def test_deny_without_mfa_gates_the_queue_it_covers() -> None:
    found = rights(allow("sqs:*"), deny("sqs:*", QUEUE, Condition=MFA), resource=QUEUE)
    assert found.mfa_gated == {"sqs:SendMessage"}


@pytest.mark.parametrize(
    ("boundary", "left", "conditional"),
    [
        (allow("*"), True, False),
        (allow("sqs:Send*"), True, False),
        (allow("s3:*"), False, False),
        (allow("sqs:*", "arn:aws:s3:::*"), False, False),
        (allow("sqs:*", "arn:aws:sqs:*:*:o*"), True, False),
        (allow("sqs:*", "arn:aws:sqs:*:*:${aws:username}"), True, False),
        (allow("sqs:*", Condition=IF), True, True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True, False),
        ({"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}, False, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": QUEUE}, False, False),
    ],
)
def test_a_boundary_keeps_what_it_may_let_through(
    boundary: dict[str, Any], left: bool, conditional: bool
) -> None:
    found = rights(allow("sqs:*", QUEUE), boundary=boundary)
    assert ("sqs:SendMessage" in found) == left
    assert bool(found.conditional) == conditional


def test_a_boundary_grants_nothing_and_its_deny_removes() -> None:
    assert not granted([], {"sqs:SendMessage"}, boundary=policy(allow("*")))
    both = policy(allow("*"), deny("sqs:*"))
    assert not granted([policy(allow("*"))], {"sqs:SendMessage"}, boundary=both)


def test_a_boundary_lets_through_what_a_deny_has_left() -> None:
    other = "arn:aws:sqs:us-east-1:111122223333:other"
    statements = (allow("sqs:*", [QUEUE, other]), deny("sqs:*", QUEUE))
    assert not rights(*statements, boundary=allow("sqs:*", QUEUE))
    assert rights(*statements, boundary=allow("sqs:*", other))


def test_a_boundary_must_cover_everything_for_an_action_without_resources() -> None:
    assert not rights(allow("*"), boundary=allow("*", ENTITY), action=METERING)
    assert rights(allow("*"), boundary=allow("*"), action=METERING)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (allow("aws-marketplace-management:viewReports"), {"aws-marketplace-management:viewReports"}),
        (allow("aws-marketplace-management:BrandNew"), {"aws-marketplace-management:BrandNew"}),
        (allow("aws-marketplace-management:Bra*"), {"aws-marketplace-management:Bra*"}),
        (allow("aws-marketplace-management:BrandNew", ENTITY), set()),
        (allow(["sqs:*", "AWS-Marketplace-Management:BrandNew"]), {
            "AWS-Marketplace-Management:BrandNew"
        }),
    ],
)  # fmt: skip
def test_an_unknown_portal_action_is_reported_as_spelled(
    statement: dict[str, Any], names: set[str]
) -> None:
    assert granted([policy(statement)], PORTAL_CORE).actions == names


def test_known_portal_actions_stand_for_their_service() -> None:
    found = granted([policy(allow("aws-marketplace-management:*"))], PORTAL_CORE)
    assert all(name.startswith("aws-marketplace-management:") for name in found.actions)
    assert "aws-marketplace-management:*" not in found
    assert len(found.actions) > 10


def test_not_action_that_names_all_known_portal_actions_leaves_the_unknown() -> None:
    known = [name for name in PORTAL_CORE if not name.endswith("*")]
    left = {"Effect": "Allow", "NotAction": known, "Resource": "*"}
    assert granted([policy(left)], PORTAL_CORE).actions == {"aws-marketplace-management:*"}
    nothing = {**left, "NotAction": [*known, "aws-marketplace-management:*"]}
    assert not granted([policy(nothing)], PORTAL_CORE)


def test_denies_and_boundaries_hold_for_unknown_portal_actions() -> None:
    new = allow("aws-marketplace-management:BrandNew")
    service = "aws-marketplace-management:*"
    assert not granted([policy(new, deny(service))], PORTAL_CORE)
    assert granted([policy(new, deny("aws-marketplace-management:view*"))], PORTAL_CORE)
    assert not granted([policy(new)], PORTAL_CORE, boundary=policy(allow("sqs:*")))
    assert granted([policy(new)], PORTAL_CORE, boundary=policy(allow(service)))


def test_lists_without_end_are_not_compared_and_remove_nothing() -> None:
    queues = [f"arn:aws:sqs:*:*:*{number}*" for number in range(200)]
    many = policy(allow("sqs:*", queues))
    short = policy(deny("sqs:*", queues[:100]), deny("sqs:*", queues[100:]))
    assert not granted([many, short], {"sqs:SendMessage"})
    endless = policy(deny("sqs:*", queues))
    assert granted([many, endless], {"sqs:SendMessage"})
    assert not granted([many, policy(deny("sqs:*"))], {"sqs:SendMessage"})
    none = policy(allow("sqs:*", [f"arn:aws:s3:::{name}" for name in queues]))
    assert granted([many], {"sqs:SendMessage"}, boundary=none)


def test_a_policy_remembers_what_it_was_asked() -> None:
    shared = policy(allow("iam:*"))
    first = granted([shared], ESCALATE)
    remembered = dict(shared.matched)
    assert granted([shared], ESCALATE) == first
    assert shared.matched == remembered
    assert ESCALATE in remembered


def test_by_wildcard_is_anything_but_the_exact_name() -> None:
    exact, star = policy(allow("sqs:SendMessage"), allow("sqs:Send*")).statements
    assert not by_wildcard(exact, "SQS:sendmessage")
    assert by_wildcard(star, "sqs:SendMessage")


@pytest.mark.parametrize(
    ("statements", "administrator"),
    [
        ([allow("*")], True),
        ([allow("*:*", "**")], True),
        ([{"Effect": "Allow", "NotAction": [], "NotResource": []}], True),
        ([allow("*", Condition=IF)], True),
        ([allow("*"), deny("iam:*")], True),
        ([allow("*"), deny("*", Condition=MFA)], True),
        ([allow("*"), deny("*")], False),
        ([allow("*", "arn:aws:*")], False),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "*", "NotResource": QUEUE}], False),
        ([allow("sqs:*")], False),
        ([], False),
    ],
)
def test_an_administrator_may_do_everything_everywhere(
    statements: list[dict[str, Any]], administrator: bool
) -> None:
    assert bool(administers([policy(*statements)])) == administrator


@pytest.mark.parametrize(
    ("boundary", "administrator", "conditional"),
    [
        (policy(allow("*")), True, False),
        (policy(allow("*", Condition=IF)), True, True),
        (policy(allow("sqs:*")), False, False),
        (policy(allow("*"), deny("*")), False, False),
    ],
)
def test_a_boundary_must_be_as_wide_as_an_administrator(
    boundary: Policy, administrator: bool, conditional: bool
) -> None:
    found = administers([policy(allow("*"))], boundary=boundary)
    assert bool(found) == administrator
    assert [one.conditional for one in found] == [conditional] * len(found)


def test_a_conditional_administrator_is_marked() -> None:
    (found,) = administers([policy(allow("*", Condition=IF))])
    assert (found.action, found.conditional) == ("*", True)
