"""IAM's account-wide answers are as AWS gives them, where moto's are not."""

import csv
import io
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.roles import trust_with_external_id
from sandbox.aws.seeds import larkfield
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of, text

GETTERS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}


@pytest.fixture
def seeded(fake_aws: FakeAws) -> Any:
    """An administrator's IAM client in Larkfield."""
    fake_aws.seed("larkfield")
    return client(fake_aws, "iam", admin_keys(fake_aws, larkfield.ACCOUNT))


@pytest.mark.parametrize(
    ("change", "counters"),
    [
        ({}, (1, 0, 1)),
        ({"mfa": ""}, (0, 0, 1)),
        ({"active_keys": 2}, (1, 2, 1)),
        ({"password": False}, (1, 0, 0)),
    ],
)
def test_the_summary_counts_what_root_has(
    fake_aws: FakeAws, change: dict[str, Any], counters: tuple[int, int, int]
) -> None:
    fake_aws.change_state(ACCOUNT, root=change)
    summary = client(fake_aws, "iam", admin_keys(fake_aws)).get_account_summary()["SummaryMap"]
    names = ("AccountMFAEnabled", "AccountAccessKeysPresent", "AccountPasswordPresent")
    assert tuple(summary[name] for name in names) == counters


def report(iam: Any) -> dict[str, dict[str, str]]:
    """The rows of the credential report by user."""
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    content = iam.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}


def test_the_report_must_be_made_before_it_can_be_read(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    assert error_of(iam.get_credential_report)[:2] == ("ReportNotPresent", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert error_of(iam.get_credential_report)[:2] == ("ReportInProgress", 404)
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert iam.get_credential_report()["ReportFormat"] == "text/csv"


def test_a_slow_report_must_be_asked_for_more_often(fake_aws: FakeAws) -> None:
    fake_aws.state(ACCOUNT).report.asks_needed = 3
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    states = [iam.generate_credential_report()["State"] for _ in range(4)]
    assert states == ["STARTED", "INPROGRESS", "INPROGRESS", "COMPLETE"]


def test_a_report_is_frozen_for_four_hours_and_then_expires(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    assert set(report(iam)) == {"<root_account>"}
    iam.create_user(UserName="late")
    assert set(report(iam)) == {"<root_account>"}
    fake_aws.state(ACCOUNT).report.made = clock.now() - timedelta(hours=4)
    assert error_of(iam.get_credential_report)[:2] == ("ReportExpired", 410)
    assert set(report(iam)) == {"<root_account>", "late"}


def test_the_report_tells_of_root_passwords_and_keys(seeded: Any) -> None:
    rows = report(seeded)
    day = "%Y-%m-%d"
    root, bot, dana = rows["<root_account>"], rows["release-bot"], rows["dana.okafor"]
    assert root["arn"] == f"arn:aws:iam::{larkfield.ACCOUNT}:root"
    assert (root["mfa_active"], root["password_enabled"], root["access_key_1_active"]) == (
        "false",
        "not_supported",
        "false",
    )
    assert (dana["password_enabled"], dana["mfa_active"]) == ("true", "false")
    assert dana["password_last_used"].startswith(clock.days_ago(3).strftime(day))
    assert bot["access_key_1_last_rotated"].startswith(clock.days_ago(400).strftime(day))
    assert (bot["access_key_2_active"], bot["password_last_used"]) == ("false", "N/A")
    assert (bot["access_key_1_last_used_region"], bot["access_key_1_last_used_service"]) == (
        "us-east-1",
        "aws-marketplace",
    )
    assert rows["maria.keller"]["mfa_active"] == "true"


def test_root_s_keys_and_certificates_show_in_the_report(fake_aws: FakeAws) -> None:
    fake_aws.change_state(
        ACCOUNT,
        root={
            "active_keys": 1,
            "active_certificates": 1,
            "key_last_used": "2026-01-02T03:04:05+00:00",
        },
    )
    row = report(client(fake_aws, "iam", admin_keys(fake_aws)))["<root_account>"]
    assert (row["access_key_1_active"], row["access_key_2_active"], row["cert_1_active"]) == (
        "true",
        "false",
        "true",
    )
    assert row["access_key_1_last_used_date"] == "2026-01-02T03:04:05+00:00"


def test_names_with_commas_keep_the_report_in_its_columns(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    iam.create_user(UserName="last,first=+@x")
    fake_aws.state(ACCOUNT).user("last,first=+@x").additional_credentials = "3 more keys"
    row = report(iam)["last,first=+@x"]
    assert (row["additional_credentials_info"], row["password_enabled"]) == ("3 more keys", "false")


@pytest.mark.parametrize("wanted", list(GETTERS))
def test_the_details_hold_what_the_filter_asks_for(seeded: Any, wanted: str) -> None:
    answer = seeded.get_account_authorization_details(Filter=[wanted])
    filled = {key for key in set(GETTERS.values()) if answer[key]}
    assert filled == {GETTERS[wanted]}


def test_only_aws_policies_in_use_come_back(seeded: Any) -> None:
    answer = seeded.get_account_authorization_details(Filter=["AWSManagedPolicy"])
    assert {policy["PolicyName"] for policy in answer["Policies"]} == {
        "AWSMarketplaceSellerProductsFullAccess", "AWSMarketplaceSellerOfferManagement", "AWSMarketplaceAmiIngestion",
    }  # fmt: skip
    assert all(
        policy["AttachmentCount"] > 0 and policy["PolicyId"] for policy in answer["Policies"]
    )


def test_the_details_of_a_user_are_complete(seeded: Any) -> None:
    boundary = f"arn:aws:iam::{larkfield.ACCOUNT}:policy/larkfield-marketplace-all"
    seeded.put_user_permissions_boundary(UserName="tom.reyes", PermissionsBoundary=boundary)
    seeded.tag_user(UserName="tom.reyes", Tags=[{"Key": "Team", "Value": "Support"}])
    users = {
        user["UserName"]: user
        for user in seeded.get_account_authorization_details()["UserDetailList"]
    }
    tom, maria = users["tom.reyes"], users["maria.keller"]
    assert tom["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert tom["Tags"] == [{"Key": "Team", "Value": "Support"}]
    assert tom["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == ["s3:GetObject"]
    assert maria["GroupList"] == ["portal-publishers", "platform-team"]
    seeded.delete_user_permissions_boundary(UserName="tom.reyes")
    users = {
        user["UserName"]: user
        for user in seeded.get_account_authorization_details()["UserDetailList"]
    }
    assert "PermissionsBoundary" not in users["tom.reyes"]


def test_the_details_of_a_role_say_when_it_was_used(seeded: Any) -> None:
    roles = {
        role["RoleName"]: role
        for role in seeded.get_account_authorization_details()["RoleDetailList"]
    }
    assert roles["LarkfieldAutomation"]["RoleLastUsed"]["Region"] == "us-east-1"
    assert roles["LarkfieldCatalogEditor"]["RoleLastUsed"] == {}
    trust = roles["MarketplaceCommerceAnalyticsRole"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"]["AWS"][1] == f"arn:aws:iam::{larkfield.FOREIGN}:root"


def test_aws_policies_are_read_like_own_ones(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    arn = "arn:aws:iam::aws:policy/AWSMarketplaceGetEntitlements"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == ["aws-marketplace:GetEntitlements"]
    assert error_of(iam.get_policy, PolicyArn=arn + "X")[:2] == ("NoSuchEntity", 404)
    assert error_of(iam.get_policy_version, PolicyArn=arn, VersionId="v999")[0] == "NoSuchEntity"


def test_aws_policies_can_be_attached_and_detached(fake_aws: FakeAws) -> None:
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    iam.create_user(UserName="seller")
    arn = "arn:aws:iam::aws:policy/AWSMarketplaceSellerFullAccess"
    iam.attach_user_policy(UserName="seller", PolicyArn=arn)
    assert [policy["Arn"] for policy in iam.get_account_authorization_details()["Policies"]] == [
        arn
    ]
    iam.detach_user_policy(UserName="seller", PolicyArn=arn)
    assert iam.get_account_authorization_details()["Policies"] == []


def test_root_s_virtual_device_is_listed_beside_those_of_users(
    seeded: Any, fake_aws: FakeAws
) -> None:
    fake_aws.state(larkfield.ACCOUNT).root.mfa = "virtual"
    seeded.create_virtual_mfa_device(VirtualMFADeviceName="spare")
    devices = seeded.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    owners = [device["User"]["Arn"].rsplit(":", 1)[1] for device in devices]
    assert owners == ["root", "user/maria.keller", "user/old.contractor"]
    assert (
        len(seeded.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"])
        == 1
    )
    assert len(seeded.list_virtual_mfa_devices()["VirtualMFADevices"]) == 4


def test_remediations_of_identities_are_seen_at_the_next_reading(
    seeded: Any, fake_aws: FakeAws
) -> None:
    seeded.delete_login_profile(UserName="old.contractor")
    seeded.delete_user_policy(UserName="support-sync", PolicyName="support-export")
    key = seeded.list_access_keys(UserName="release-bot")["AccessKeyMetadata"][0]["AccessKeyId"]
    seeded.update_access_key(UserName="release-bot", AccessKeyId=key, Status="Inactive")
    device = seeded.create_virtual_mfa_device(VirtualMFADeviceName="dana")["VirtualMFADevice"][
        "SerialNumber"
    ]
    seeded.enable_mfa_device(
        UserName="dana.okafor",
        SerialNumber=device,
        AuthenticationCode1="111111",
        AuthenticationCode2="222222",
    )
    trust = trust_with_external_id("arn:aws:iam::452565589796:root", "an-id")
    seeded.update_assume_role_policy(
        RoleName="MarketplaceCommerceAnalyticsRole", PolicyDocument=text(trust)
    )
    rows = report(seeded)
    assert rows["old.contractor"]["password_enabled"] == "false"
    assert rows["release-bot"]["access_key_1_active"] == "false"
    assert rows["dana.okafor"]["mfa_active"] == "true"
    details = seeded.get_account_authorization_details()
    users = {user["UserName"]: user for user in details["UserDetailList"]}
    roles = {role["RoleName"]: role for role in details["RoleDetailList"]}
    assert not users["support-sync"].get("UserPolicyList")
    assert roles["MarketplaceCommerceAnalyticsRole"]["AssumeRolePolicyDocument"] == trust
    # A report is four hours old at most; who cannot wait forgets it.
    seeded.delete_login_profile(UserName="tom.reyes")
    assert report(seeded)["tom.reyes"]["password_enabled"] == "true"
    fake_aws.change_state(larkfield.ACCOUNT, report={})
    assert report(seeded)["tom.reyes"]["password_enabled"] == "false"


def test_a_broken_document_comes_back_as_it_is(fake_aws: FakeAws) -> None:
    fake_aws.iam(ACCOUNT).create_user("us-east-1", "odd").put_policy("broken", '{"Statement": [')
    iam = client(fake_aws, "iam", admin_keys(fake_aws))
    document = iam.get_account_authorization_details()["UserDetailList"][0]["UserPolicyList"][0][
        "PolicyDocument"
    ]
    # boto3 hands over what it cannot decode just as it came.
    assert unquote(document) == '{"Statement": ['
