"""The password policy, MFA devices, and keys that the credential report hides."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect.iam_account import hidden_keys, password_policy, summary, virtual_devices
from scanner.facts.iam import ROOT_ROW, AccessKey, PasswordPolicy, User, VirtualDevice
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, Partial, Unobserved, gaps
from tests.builders import NOW, OWN, a_report, a_row, a_user
from tests.fakes import DENIED, FakeAws

PASSWORDS, DEVICES = "iam:GetAccountPasswordPolicy", "iam:ListVirtualMFADevices"
KEYS = "iam:ListAccessKeys"
GONE = Trouble("NoSuchEntity", Kind.OTHER)
ROOT = f"arn:aws:iam::{OWN}:root"
KEY: Answer = {"AccessKeyId": "AKIA1", "Status": "Active", "CreateDate": NOW}


@pytest.mark.parametrize(
    ("said", "policy"),
    [
        ({"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}, PasswordPolicy(14, 24)),
        ({"MinimumPasswordLength": 6}, PasswordPolicy(6, None)),
    ],
)
def test_the_password_policy_says_how_long_and_how_many_are_remembered(
    said: Answer, policy: PasswordPolicy
) -> None:
    assert password_policy(FakeAws({PASSWORDS: {"PasswordPolicy": said}})) == policy


def test_an_account_without_a_policy_of_its_own_has_none() -> None:
    assert password_policy(FakeAws({PASSWORDS: GONE})) is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (DENIED, "AccessDenied"),
        ({}, "BadAnswer"),
        ({"PasswordPolicy": {}}, "BadAnswer"),
        ({"PasswordPolicy": None}, "BadAnswer"),
        ({"PasswordPolicy": {"MinimumPasswordLength": "long"}}, "BadAnswer"),
    ],
)
def test_a_password_policy_that_cannot_be_read_is_unobserved(
    reply: Answer | Trouble, error: str
) -> None:
    policy = password_policy(FakeAws({PASSWORDS: reply}))
    assert isinstance(policy, Unobserved)
    assert (policy.action, policy.error) == (PASSWORDS, error)


@pytest.mark.parametrize("reply", [DENIED, {"SummaryMap": {"AccountMFAEnabled": "x"}}])
def test_counters_that_cannot_be_read_are_unobserved(reply: Answer | Trouble) -> None:
    assert isinstance(summary(FakeAws({"iam:GetAccountSummary": reply})), Unobserved)


def test_assigned_devices_of_all_pages_are_read_with_their_users() -> None:
    first = {"SerialNumber": "arn:mfa/root", "User": {"Arn": ROOT}}
    second = {"SerialNumber": "arn:mfa/ana", "User": {"Arn": "arn:user/ana"}}
    pages = [
        {"VirtualMFADevices": [first], "IsTruncated": True, "Marker": "m"},
        {"VirtualMFADevices": [first, second], "IsTruncated": False},
    ]
    aws = FakeAws({DEVICES: pages})
    assert virtual_devices(aws) == (
        VirtualDevice("arn:mfa/root", ROOT),
        VirtualDevice("arn:mfa/ana", "arn:user/ana"),
    )
    assert [params.get("Marker") for _, _, params in aws.asked] == [None, "m"]
    assert {params["AssignmentStatus"] for _, _, params in aws.asked} == {"Assigned"}


def test_a_device_of_nobody_is_a_gap() -> None:
    devices = virtual_devices(FakeAws({DEVICES: {"VirtualMFADevices": [{"SerialNumber": "s"}]}}))
    assert isinstance(devices, Partial)
    assert [gap.error for gap in devices.why] == ["BadAnswer"]


def keys_of(
    reply: Answer | Trouble, *, hidden: str = "1 more", users: Listed[User] | None = None
) -> tuple[FakeAws, Mapping[str, Listed[AccessKey]]]:
    root = a_row(ROOT_ROW, more="1 more")
    report = a_report(a_row("ana", more=hidden), a_row("bo"), root=root)
    aws = FakeAws({KEYS: reply})
    listed = (a_user("ana"), a_user("bo")) if users is None else users
    return aws, hidden_keys(aws, report, listed)


def test_keys_are_listed_only_of_users_whom_the_report_cuts() -> None:
    second = {"AccessKeyId": "AKIA2", "Status": "Inactive"}
    aws, keys = keys_of({"AccessKeyMetadata": [KEY, second]})
    assert keys == {"ana": (AccessKey("AKIA1", True, NOW), AccessKey("AKIA2", False, None))}
    assert [params["UserName"] for _, _, params in aws.asked] == ["ana"]


@pytest.mark.parametrize("text", ["", " ", "N/A", "not_supported"])
def test_a_report_that_hides_nothing_costs_no_call(text: str) -> None:
    aws, keys = keys_of(DENIED, hidden=text)
    assert (keys, aws.asked) == ({}, [])


def test_a_user_that_is_gone_is_left_out() -> None:
    assert keys_of(GONE)[1] == {}
    aws, keys = keys_of(DENIED, users=(a_user("bo"),))
    assert (keys, aws.asked) == ({}, [])


def test_users_nobody_could_list_are_asked_for() -> None:
    assert set(keys_of({"AccessKeyMetadata": []}, users=NOT_READ)[1]) == {"ana"}


def test_refused_keys_are_unobserved_and_an_odd_one_is_a_gap() -> None:
    refused = keys_of(DENIED)[1]["ana"]
    assert [(gap.action, gap.error) for gap in gaps(refused)] == [(KEYS, "AccessDenied")]
    odd = keys_of({"AccessKeyMetadata": [KEY, KEY | {"Status": "Odd"}]})[1]["ana"]
    assert isinstance(odd, Partial)
    assert len(odd.items) == 1


def test_without_a_report_nothing_is_asked() -> None:
    assert hidden_keys(FakeAws({}), NOT_READ, ()) == {}
