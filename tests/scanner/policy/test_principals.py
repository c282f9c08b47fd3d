"""Principals: who is meant by a spelling, and who a caller is (R11)."""

from __future__ import annotations

import pytest

from scanner.policy.principals import (
    EVERYONE,
    Kind,
    Principal,
    account_of,
    is_account,
    principal,
    requester,
)

ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("AWS", "*", EVERYONE),
        ("CanonicalUser", "*", EVERYONE),
        ("AWS", ACCOUNT, Principal("AWS", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)),
        (
            "AWS",
            f"arn:aws:iam::{ACCOUNT}:user/a",
            Principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/a", ACCOUNT),
        ),
        ("AWS", "AROAEXAMPLE", Principal("AWS", "AROAEXAMPLE")),
        ("Service", "sns.amazonaws.com", Principal("Service", "sns.amazonaws.com")),
        ("Service", "*", Principal("Service", "*")),
        (
            "Federated",
            f"arn:aws:iam::{ACCOUNT}:saml-provider/p",
            Principal("Federated", f"arn:aws:iam::{ACCOUNT}:saml-provider/p", ACCOUNT),
        ),
        ("Service", ACCOUNT, Principal("Service", ACCOUNT)),
    ],
)
def test_a_value_is_read_by_its_kind(kind: Kind, value: str, expected: Principal) -> None:
    assert principal(kind, value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ACCOUNT, True),
        ("11112222333", False),
        ("1111222233334", False),
        ("11112222333x", False),
        ("".join(chr(0xFF10 + int(digit)) for digit in ACCOUNT), False),
    ],
)
def test_an_account_is_twelve_ascii_digits(text: str, expected: bool) -> None:
    assert is_account(text) == expected


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (f"arn:aws-cn:iam::{ACCOUNT}:root", ACCOUNT),
        ("arn:aws:s3:::b", None),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", None),
        ("arn:aws:iam::*:root", None),
        (f"arn:aws:iam::{ACCOUNT}", None),
        (f"xrn:aws:iam::{ACCOUNT}:root", None),
        ("sns.amazonaws.com", None),
    ],
)
def test_the_account_of_an_arn_is_its_fifth_part(arn: str, expected: str | None) -> None:
    assert account_of(arn) == expected


@pytest.mark.parametrize(
    ("named", "root", "deleted", "unbounded"),
    [
        (EVERYONE, False, False, True),
        (principal("AWS", ACCOUNT), True, False, False),
        (principal("AWS", f"arn:aws-us-gov:iam::{ACCOUNT}:root"), True, False, False),
        (principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/root"), False, False, False),
        (principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/*"), False, False, False),
        (principal("AWS", "arn:aws:iam::*:root"), False, False, True),
        (principal("AWS", "arn:aws:iam::11112222333?:root"), False, False, True),
        (principal("AWS", "AIDAEXAMPLE"), False, True, False),
        (principal("AWS", "AROAEXAMPLE"), False, True, False),
        (principal("AWS", "ANPAEXAMPLE"), False, True, False),
        (principal("AWS", "AKIAEXAMPLE"), False, False, False),
        (principal("Service", "AIDA.amazonaws.com"), False, False, False),
        (principal("Service", "*"), False, False, True),
        (principal("Federated", "*"), False, False, True),
    ],
)
def test_a_principal_says_what_it_is(
    named: Principal, root: bool, deleted: bool, unbounded: bool
) -> None:
    assert (named.is_root, named.is_deleted, named.is_unbounded) == (root, deleted, unbounded)


@pytest.mark.parametrize(
    ("value", "account", "root", "session", "linked"),
    [
        (ACCOUNT, ACCOUNT, True, False, False),
        (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, True, False, False),
        (f"arn:aws:iam::{ACCOUNT}:user/a", ACCOUNT, False, False, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", ACCOUNT, False, True, False),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/u", ACCOUNT, False, True, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s", ACCOUNT, False, True, True),
        (f"arn:aws:sts::{ACCOUNT}:self", ACCOUNT, False, False, False),
        (f"arn:aws:sts::{ACCOUNT}:other/r/s", ACCOUNT, False, False, False),
        (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/R", ACCOUNT, False, False, True),
        (f"arn:aws:iam::{ACCOUNT}:saml-provider/p", None, False, False, False),
        (f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example", None, False, False, False),
        ("sns.amazonaws.com", None, False, False, False),
        ("*", None, False, False, False),
        ("", None, False, False, False),
    ],
)
def test_a_caller_is_known_by_its_name(
    value: str, account: str | None, root: bool, session: bool, linked: bool
) -> None:
    caller = requester(value)
    assert caller.account == account
    assert caller.is_root == root
    assert caller.is_session == session
    assert caller.is_service_linked == linked


def test_an_anonymous_caller_is_named_only_by_everyone() -> None:
    nobody = requester("*")
    assert nobody.named_by(EVERYONE) == "direct"
    assert nobody.named_by(Principal("Service", "*")) == "no"
    assert nobody.named_by(Principal("AWS", "")) == "no"


def test_a_federated_user_is_named_by_its_user_and_no_role() -> None:
    caller = requester(f"arn:aws:sts::{ACCOUNT}:federated-user/a")
    assert caller.is_federated_user
    assert caller.named_by(principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/team/a")) == "role"
    assert caller.named_by(principal("AWS", f"arn:aws:iam::{ACCOUNT}:role/a")) == "no"
    assert caller.named_by(principal("AWS", f"arn:aws:sqs::{ACCOUNT}:user/a")) == "no"
