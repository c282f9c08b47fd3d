"""What remedies change in IAM shows in the answers that a scan reads."""

from typing import Any

import pytest

from sandbox.aws.client import FakeAws
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, allow, client, error_of, text

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TRUST = text(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def permit(action: str) -> dict[str, Any]:
    """A policy that allows an action, with the version that moto asks for."""
    return {"Version": "2012-10-17", **allow(action)}


@pytest.fixture
def iam(fake_aws: FakeAws) -> Any:
    """An administrator's IAM client of an account with a user and a role."""
    made = client(fake_aws, "iam", admin_keys(fake_aws))
    made.create_user(UserName="ana")
    made.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    return made


def the(iam: Any, key: str) -> dict[str, Any]:
    """The only user, group, role or policy of the account."""
    (one,) = iam.get_account_authorization_details()[key]
    return dict(one)


def test_a_password_policy_is_set_read_and_taken_away(iam: Any) -> None:
    assert error_of(iam.get_account_password_policy)[0] == "NoSuchEntity"
    iam.update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=24)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["PasswordReusePrevention"]) == (14, 24)
    iam.update_account_password_policy(MinimumPasswordLength=9)
    assert "PasswordReusePrevention" not in iam.get_account_password_policy()["PasswordPolicy"]
    iam.delete_account_password_policy()
    assert error_of(iam.get_account_password_policy)[0] == "NoSuchEntity"


def test_keys_are_switched_off_and_deleted(iam: Any) -> None:
    key = iam.create_access_key(UserName="ana")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="ana", AccessKeyId=key, Status="Inactive")
    assert [one["Status"] for one in iam.list_access_keys(UserName="ana")["AccessKeyMetadata"]] == [
        "Inactive"
    ]
    iam.delete_access_key(UserName="ana", AccessKeyId=key)
    assert iam.list_access_keys(UserName="ana")["AccessKeyMetadata"] == []


def test_devices_are_listed_while_somebody_uses_them(iam: Any) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]

    def assigned() -> list[str]:
        listed = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
        return [one["User"]["Arn"] for one in listed]

    assert assigned() == []
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    iam.enable_mfa_device(UserName="ana", SerialNumber=device["SerialNumber"], **codes)
    assert assigned() == [f"arn:aws:iam::{ACCOUNT}:user/ana"]
    iam.deactivate_mfa_device(UserName="ana", SerialNumber=device["SerialNumber"])
    assert assigned() == []


def test_a_role_shows_its_boundary_trust_profiles_and_policies(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="limit", PolicyDocument=text(permit("s3:*")))
    arn = policy["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
    iam.create_instance_profile(InstanceProfileName="worker")
    iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
    iam.put_role_policy(
        RoleName="worker", PolicyName="inline", PolicyDocument=text(permit("sqs:ReceiveMessage"))
    )
    iam.attach_role_policy(RoleName="worker", PolicyArn=READ_ONLY)
    trust = TRUST.replace("ec2.amazonaws.com", "lambda.amazonaws.com")
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust)
    role = the(iam, "RoleDetailList")
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert [one["Arn"] for one in role["InstanceProfileList"]] == [
        f"arn:aws:iam::{ACCOUNT}:instance-profile/worker"
    ]
    assert [one["PolicyName"] for one in role["RolePolicyList"]] == ["inline"]
    assert [one["PolicyArn"] for one in role["AttachedManagedPolicies"]] == [READ_ONLY]
    principal = role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert principal == {"Service": "lambda.amazonaws.com"}
    iam.delete_role_permissions_boundary(RoleName="worker")
    iam.detach_role_policy(RoleName="worker", PolicyArn=READ_ONLY)
    iam.delete_role_policy(RoleName="worker", PolicyName="inline")
    role = the(iam, "RoleDetailList")
    assert "PermissionsBoundary" not in role
    assert (role["RolePolicyList"], role["AttachedManagedPolicies"]) == ([], [])


def test_groups_and_their_members_change(iam: Any) -> None:
    iam.create_group(GroupName="people")
    iam.put_group_policy(
        GroupName="people", PolicyName="inline", PolicyDocument=text(permit("s3:*"))
    )
    iam.attach_group_policy(GroupName="people", PolicyArn=READ_ONLY)
    iam.add_user_to_group(GroupName="people", UserName="ana")
    assert the(iam, "UserDetailList")["GroupList"] == ["people"]
    group = the(iam, "GroupDetailList")
    assert [one["PolicyName"] for one in group["GroupPolicyList"]] == ["inline"]
    iam.remove_user_from_group(GroupName="people", UserName="ana")
    iam.detach_group_policy(GroupName="people", PolicyArn=READ_ONLY)
    iam.delete_group_policy(GroupName="people", PolicyName="inline")
    assert the(iam, "UserDetailList")["GroupList"] == []
    group = the(iam, "GroupDetailList")
    assert (group["GroupPolicyList"], group["AttachedManagedPolicies"]) == ([], [])


def test_users_lose_policies_passwords_and_gain_boundaries(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=text(permit("s3:*")))["Policy"][
        "Arn"
    ]
    iam.put_user_policy(UserName="ana", PolicyName="inline", PolicyDocument=text(permit("s3:*")))
    iam.attach_user_policy(UserName="ana", PolicyArn=READ_ONLY)
    iam.put_user_permissions_boundary(UserName="ana", PermissionsBoundary=arn)
    user = the(iam, "UserDetailList")
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    iam.detach_user_policy(UserName="ana", PolicyArn=READ_ONLY)
    iam.delete_user_policy(UserName="ana", PolicyName="inline")
    user = the(iam, "UserDetailList")
    assert (user.get("UserPolicyList", []), user["AttachedManagedPolicies"]) == ([], [])
    iam.create_login_profile(UserName="ana", Password="long-enough-for-a-test")
    iam.delete_login_profile(UserName="ana")
    assert error_of(iam.get_login_profile, UserName="ana")[0] == "NoSuchEntity"


def test_a_new_version_of_a_policy_becomes_the_default(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="own", PolicyDocument=text(permit("s3:*")))["Policy"]["Arn"]
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=text(permit("sqs:ReceiveMessage")), SetAsDefault=True
    )
    policy = the(iam, "Policies")
    (default,) = (one for one in policy["PolicyVersionList"] if one["IsDefaultVersion"])
    assert (policy["DefaultVersionId"], default["VersionId"]) == ("v2", "v2")
    assert default["Document"] == permit("sqs:ReceiveMessage")
