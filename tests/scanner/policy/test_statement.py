"""Statements: what they reach and cover, whom they let in."""

from __future__ import annotations

from typing import Any

import pytest

from scanner.policy import Policy, Statement, parse

OWN = "111122223333"
FOREIGN = "999988887777"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:q"


def statement(**elements: Any) -> Statement:
    """An Allow of everything, but for the elements given; None leaves one out."""
    stated = {"Effect": "Allow", "Action": "*", "Resource": "*"} | elements
    if "NotAction" in elements:
        stated["Action"] = None
    if "NotResource" in elements:
        stated["Resource"] = None
    kept = {key: value for key, value in stated.items() if value is not None}
    policy = parse({"Version": "2012-10-17", "Statement": kept}, source="sqs:GetQueueAttributes")
    assert isinstance(policy, Policy), policy
    return policy.statements[0]


def test_a_statement_is_called_by_its_sid_or_place() -> None:
    assert statement(Sid="Door").label == "Door"
    assert statement().label == "statement 1"


@pytest.mark.parametrize(
    ("stated", "reaches", "covers", "every"),
    [
        (statement(Action="sqs:SendMessage"), True, True, False),
        (statement(Action="sqs:*"), True, True, False),
        (statement(Action="*"), True, True, True),
        (statement(Action="*:*"), True, True, True),
        (statement(Action="**"), True, True, True),
        (statement(Action="*:"), False, False, False),
        (statement(Action="s3:*"), False, False, False),
        (statement(NotAction="s3:*"), True, True, False),
        (statement(NotAction="sqs:Send*"), False, False, False),
        (statement(NotAction=[]), True, True, True),
        (statement(Action=[]), False, False, False),
    ],
)
def test_actions_are_reached_and_covered(
    stated: Statement, reaches: bool, covers: bool, every: bool
) -> None:
    assert stated.applies_to_action("SQS:sendMessage") == reaches
    assert stated.reaches_action("sqs:SendMessage") == reaches
    assert stated.covers_action("sqs:SendMessage") == covers
    assert stated.covers_every_action() == every


def test_a_pattern_of_actions_is_reached_before_it_is_covered() -> None:
    some = statement(Action=["sqs:SendMessage", "sqs:Get*"])
    assert some.reaches_action("sqs:*")
    assert not some.covers_action("sqs:*")
    assert some.covers_action("sqs:GetQueue*")
    others = statement(NotAction="sqs:SendMessage")
    assert others.reaches_action("sqs:*")
    assert not others.covers_action("sqs:*")
    assert others.covers_action("sns:*")
    assert not statement(NotAction="sqs:*").reaches_action("sqs:Get*")


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        (statement(Action="SQS:sendmessage"), True),
        (statement(Action="sqs:Send*"), False),
        (statement(NotAction="sqs:SendMessage"), False),
    ],
)
def test_an_action_is_named_only_by_its_exact_name(stated: Statement, names: bool) -> None:
    assert stated.names_action("sqs:SendMessage") == names


@pytest.mark.parametrize(
    ("stated", "reaches", "covers", "everything"),
    [
        (statement(), True, True, True),
        (statement(Resource="**"), True, True, True),
        (statement(Resource=QUEUE), True, True, False),
        (statement(Resource="arn:aws:sqs:*:*:*"), True, True, False),
        (statement(Resource="arn:aws:sqs"), True, False, False),
        (statement(Resource="arn:aws:s3:::b"), False, False, False),
        (statement(Resource="arn:aws:sqs:*:*:${aws:username}"), True, False, False),
        (statement(Resource="arn:aws:s3:::${aws:username}"), False, False, False),
        (statement(Resource="arn:aws:sqs:*:*:${open"), False, False, False),
        (statement(Resource=[]), False, False, False),
        (statement(NotResource=QUEUE), False, False, True),
        (statement(NotResource="arn:aws:s3:::*"), True, True, True),
        (statement(NotResource="arn:aws:sqs:*:*:${aws:username}"), True, False, True),
        (statement(NotResource="*"), False, False, False),
        (statement(NotResource=[]), True, True, True),
        (statement(Effect="Deny"), True, True, True),
        (statement(Effect="Deny", NotResource="arn:aws:s3:::*"), True, True, False),
        (statement(Effect="Deny", NotResource=[]), True, True, True),
    ],
)
def test_resources_are_reached_and_covered(
    stated: Statement, reaches: bool, covers: bool, everything: bool
) -> None:
    assert stated.reaches(QUEUE) == reaches
    assert stated.covers(QUEUE) == covers
    assert stated.covers_everything() == everything


def test_a_pattern_of_resources_is_covered_as_a_whole() -> None:
    assert statement(Resource="arn:aws:iam::*:role/*").covers(f"arn:aws:iam::{OWN}:role/*")
    assert not statement(Resource="arn:aws:iam::*:role/app-*").covers(f"arn:aws:iam::{OWN}:role/*")
    assert statement(Resource="arn:aws:iam::*:role/app-*").reaches(f"arn:aws:iam::{OWN}:role/*")
    own = statement(Resource="arn:aws:iam::*:user/${aws:username}")
    assert not own.covers(f"arn:aws:iam::{OWN}:user/*")
    assert own.reaches(f"arn:aws:iam::{OWN}:user/x")


@pytest.mark.parametrize(
    ("elements", "admits", "names"),
    [
        ({"Principal": "*"}, True, True),
        ({"Principal": {"AWS": "*"}}, True, True),
        ({"Principal": {"AWS": [OWN, "*"]}}, True, True),
        ({"Principal": {"CanonicalUser": "*"}}, True, True),
        ({"Principal": {"Service": "*"}}, True, False),
        ({"Principal": {"AWS": "arn:aws:iam::*:root"}}, True, False),
        ({"NotPrincipal": {"AWS": OWN}}, True, False),
        ({"Principal": {"AWS": OWN}}, False, False),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, False, False),
        ({"Principal": {}}, False, False),
        ({}, False, False),
        ({"Effect": "Deny", "Principal": "*"}, False, True),
        ({"Effect": "Deny", "NotPrincipal": {"AWS": OWN}}, False, False),
    ],
)
def test_everyone_is_admitted_by_an_allow_alone(
    elements: dict[str, Any], admits: bool, names: bool
) -> None:
    stated = statement(**elements)
    assert stated.admits_everyone() == admits
    assert stated.names_everyone() == names


@pytest.mark.parametrize(
    ("elements", "foreign"),
    [
        ({"Principal": {"AWS": FOREIGN}}, (FOREIGN,)),
        ({"Principal": {"AWS": [OWN, f"arn:aws:iam::{FOREIGN}:role/r", FOREIGN]}}, (FOREIGN,)),
        ({"Principal": {"AWS": f"arn:aws:sts::{FOREIGN}:assumed-role/r/s"}}, (FOREIGN,)),
        ({"Principal": {"AWS": "452565589796"}}, ()),
        ({"Principal": {"AWS": "AROAEXAMPLE"}}, ()),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, ()),
        ({"Principal": {"Federated": "accounts.google.com"}}, ()),
        ({"Principal": {"Federated": f"arn:aws:iam::{FOREIGN}:saml-provider/p"}}, (FOREIGN,)),
        ({"Principal": {"CanonicalUser": "79a59d"}}, ("79a59d",)),
        (
            {"Principal": {"AWS": "arn:aws:iam::cloudfront:user/Identity E1"}},
            ("arn:aws:iam::cloudfront:user/Identity E1",),
        ),
        ({"Principal": "*"}, ()),
        ({"Effect": "Deny", "Principal": {"AWS": FOREIGN}}, ()),
        ({}, ()),
    ],
)
def test_foreign_is_who_is_neither_own_nor_approved(
    elements: dict[str, Any], foreign: tuple[str, ...]
) -> None:
    assert statement(**elements).foreign_accounts(OWN, {"452565589796"}) == foreign


def test_services_and_providers_are_told_apart() -> None:
    stated = statement(
        Principal={"Service": ["sns.amazonaws.com"], "Federated": "accounts.google.com"}
    )
    assert stated.services() == ("sns.amazonaws.com",)
    assert stated.providers() == ("accounts.google.com",)
    assert statement().services() == ()


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("sts:AssumeRole", True),
        ("sts:AssumeRoleWithSAML", True),
        ("sts:AssumeRoleWithWebIdentity", True),
        ("sts:*", True),
        ("*", True),
        ("sts:TagSession", False),
        ("sqs:*", False),
    ],
)
def test_a_trust_is_about_assuming(action: str, expected: bool) -> None:
    assert statement(Action=action).is_trust() == expected


def test_restrictions_say_which_condition_keeps_strangers_out() -> None:
    stated = statement(
        Principal="*",
        Condition={
            "StringEquals": {"aws:SourceAccount": OWN},
            "Bool": {"aws:SecureTransport": "true"},
        },
    )
    assert stated.is_restrictive()
    assert [one.key for one in stated.restrictions()] == ["aws:SourceAccount"]
    assert [one.operator for one in stated.conditions_on("AWS:securetransport")] == ["Bool"]
    assert not statement(Principal="*").is_restrictive()


def test_an_external_id_restricts_a_trust_alone() -> None:
    when = {"StringEquals": {"sts:ExternalId": "x1"}}
    assert statement(Action="sts:AssumeRole", Condition=when).is_restrictive()
    assert not statement(Action="sqs:*", Condition=when).is_restrictive()
