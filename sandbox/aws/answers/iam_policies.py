"""Answers of IAM about managed policies and boundaries, AWS's own policies included."""

from typing import Any

from sandbox.aws import clock, identities
from sandbox.aws.answers.iam_details import version_detail
from sandbox.aws.asking import FORWARD, Answer, Ask, Handler
from sandbox.aws.refusals import ApiError


def _policy(ask: Ask, arn: str) -> Any:
    held = identities.iam(ask.account.account).managed_policies.get(arn)
    policy = held or identities.load_aws_policy(ask.account.account, arn)
    if policy is None:
        raise ApiError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
    return policy


def get_policy(ask: Ask) -> Answer:
    """A managed policy without its document."""
    policy = _policy(ask, ask.params["PolicyArn"])
    return {
        "Policy": {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": policy.attachment_count,
            "PermissionsBoundaryUsageCount": 0,
            "IsAttachable": True,
            "Description": policy.description or None,
            "CreateDate": clock.aware(policy.create_date),
            "UpdateDate": clock.aware(policy.update_date),
            "Tags": policy.get_tags(),
        }
    }


def get_policy_version(ask: Ask) -> Answer:
    """One version of a managed policy with its document."""
    policy = _policy(ask, ask.params["PolicyArn"])
    for version in policy.versions:
        if version.version_id == ask.params["VersionId"]:
            return {"PolicyVersion": version_detail(policy, version)}
    raise ApiError(
        "NoSuchEntity",
        f"Policy {policy.arn} version {ask.params['VersionId']} does not exist or is not attachable.",
        404,
    )


def attach(ask: Ask) -> Answer | None:
    """Take an AWS managed policy into the account, then let moto attach it."""
    identities.load_aws_policy(ask.account.account, ask.params["PolicyArn"])
    return FORWARD


def put_user_permissions_boundary(ask: Ask) -> Answer:
    """Set a user's boundary."""
    _policy(ask, ask.params["PermissionsBoundary"])
    ask.account.user(_user_name(ask)).boundary = ask.params["PermissionsBoundary"]
    return {}


def delete_user_permissions_boundary(ask: Ask) -> Answer:
    """Lift a user's boundary."""
    ask.account.user(_user_name(ask)).boundary = None
    return {}


def update_login_profile(ask: Ask) -> Answer | None:
    """Note when the password changed, then let moto change it."""
    ask.account.user(_user_name(ask)).password_changed = clock.now()
    return FORWARD


def _user_name(ask: Ask) -> str:
    name: str = ask.params["UserName"]
    if name not in identities.iam(ask.account.account).users:
        raise ApiError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return name


ANSWERS: dict[str, Handler] = {
    "GetPolicy": get_policy,
    "GetPolicyVersion": get_policy_version,
    "AttachUserPolicy": attach,
    "AttachGroupPolicy": attach,
    "AttachRolePolicy": attach,
    "PutUserPermissionsBoundary": put_user_permissions_boundary,
    "DeleteUserPermissionsBoundary": delete_user_permissions_boundary,
    "CreateLoginProfile": update_login_profile,
    "UpdateLoginProfile": update_login_profile,
}
