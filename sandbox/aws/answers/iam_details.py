"""IAM's GetAccountAuthorizationDetails, made item by item so that large accounts stay quick."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.identities import AWS_POLICY_PREFIX, iam
from sandbox.aws.paging import cut
from sandbox.aws.state import AccountState

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_ALL_FILTERS = ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
Item = dict[str, Any]


def get_account_authorization_details(ask: Ask) -> Answer:
    """Users, groups, roles and managed policies in pages over all of them together."""
    account = ask.account
    wanted = set(ask.params.get("Filter") or _ALL_FILTERS)
    page, tail = cut(ask, _selected(account, wanted), usual=100)
    makers: dict[str, Callable[[Any], Item]] = {
        "UserDetailList": _user_maker(account),
        "GroupDetailList": _group,
        "RoleDetailList": _role_maker(account),
        "Policies": _policy_maker(account),
    }
    answer: Answer = {name: [] for name in _LISTS}
    for name, thing in page:
        answer[name].append(makers[name](thing))
    return answer | tail


def _selected(account: AccountState, wanted: set[str]) -> list[tuple[str, Any]]:
    backend = iam(account.account)
    things: list[tuple[str, Any]] = []
    if "User" in wanted:
        things += [("UserDetailList", user) for user in list(backend.users.values())]
    if "Group" in wanted:
        things += [("GroupDetailList", group) for group in list(backend.groups.values())]
    if "Role" in wanted:
        things += [("RoleDetailList", role) for role in list(backend.roles.values())]
    used = _boundary_uses(account)
    for policy in list(backend.managed_policies.values()):
        of_aws = policy.arn.startswith(AWS_POLICY_PREFIX)
        in_use = policy.attachment_count or used[policy.arn]
        if of_aws and "AWSManagedPolicy" in wanted and in_use:
            things.append(("Policies", policy))
        if not of_aws and "LocalManagedPolicy" in wanted:
            things.append(("Policies", policy))
    return things


def _boundary_uses(account: AccountState) -> dict[str, int]:
    uses: dict[str, int] = defaultdict(int)
    backend = iam(account.account)
    for facts in list(account.users.values()):
        if facts.boundary:
            uses[facts.boundary] += 1
    for role in list(backend.roles.values()):
        if role.permissions_boundary_arn:
            uses[role.permissions_boundary_arn] += 1
    return uses


def _inline(policies: dict[str, str]) -> list[Item]:
    return [
        {"PolicyName": name, "PolicyDocument": quote(text)} for name, text in list(policies.items())
    ]


def _attached(thing: Any) -> list[Item]:
    return [
        {"PolicyName": policy.name, "PolicyArn": policy.arn}
        for policy in list(thing.managed_policies.values())
    ]


def _boundary(arn: str | None) -> Item | None:
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def _user_maker(account: AccountState) -> Callable[[Any], Item]:
    backend = iam(account.account)
    groups: dict[str, list[str]] = defaultdict(list)
    for group in list(backend.groups.values()):
        for member in list(group.users):
            groups[member.name].append(group.name)

    def user_detail(user: Any) -> Item:
        facts = account.users.get(user.name)
        return {
            "Path": user.path,
            "UserName": user.name,
            "UserId": user.id,
            "Arn": user.arn,
            "CreateDate": clock.aware(user.create_date),
            "UserPolicyList": _inline(user.policies) or None,
            "GroupList": groups.get(user.name, []),
            "AttachedManagedPolicies": _attached(user),
            "PermissionsBoundary": _boundary(facts.boundary if facts else None),
            "Tags": backend.tagger.list_tags_for_resource(user.arn)["Tags"],
        }

    return user_detail


def _group(group: Any) -> Item:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": clock.aware(group.create_date),
        "GroupPolicyList": _inline(group.policies),
        "AttachedManagedPolicies": _attached(group),
    }


def _role_maker(account: AccountState) -> Callable[[Any], Item]:
    profiles: dict[str, list[Item]] = defaultdict(list)
    for profile in list(iam(account.account).instance_profiles.values()):
        for role in profile.roles:
            profiles[role.id].append(_instance_profile(profile, role))

    def role_detail(role: Any) -> Item:
        last_used: Item = {}
        if role.last_used:
            last_used = {
                "LastUsedDate": clock.aware(role.last_used),
                "Region": role.last_used_region or "us-east-1",
            }
        return _role_head(role) | {
            "InstanceProfileList": profiles.get(role.id, []),
            "RolePolicyList": _inline(role.policies),
            "AttachedManagedPolicies": _attached(role),
            "PermissionsBoundary": _boundary(role.permissions_boundary_arn),
            "Tags": list(role.tags or []),
            "RoleLastUsed": last_used,
        }

    return role_detail


def _role_head(role: Any) -> Item:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": clock.aware(role.create_date),
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
    }


def _instance_profile(profile: Any, role: Any) -> Item:
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": clock.aware(profile.create_date),
        "Roles": [_role_head(role)],
    }


def _policy_maker(account: AccountState) -> Callable[[Any], Item]:
    uses = _boundary_uses(account)

    def policy_detail(policy: Any) -> Item:
        return {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default_version_id,
            "AttachmentCount": policy.attachment_count,
            "PermissionsBoundaryUsageCount": uses[policy.arn],
            "IsAttachable": True,
            "CreateDate": clock.aware(policy.create_date),
            "UpdateDate": clock.aware(policy.update_date),
            "PolicyVersionList": [version_detail(policy, version) for version in policy.versions],
        }

    return policy_detail


def version_detail(policy: Any, version: Any) -> Item:
    """One version of a managed policy as IAM prints it, its document percent-encoded."""
    return {
        "Document": quote(version.document),
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version_id,
        "CreateDate": clock.aware(version.create_date),
    }


ANSWERS: dict[str, Handler] = {"GetAccountAuthorizationDetails": get_account_authorization_details}
