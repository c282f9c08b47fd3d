"""Services that decide otherwise than the rest: roles and their trust, keys, what AWS owns."""

from __future__ import annotations

from scanner.policy.match import ARN_PARTS, fold
from scanner.policy.principals import Requester


def needs_resource_policy(action: str, resource: str) -> bool:
    """Say whether the resource's own policy must allow, also within one account.

    So it is for assuming a role and for calls on a KMS key: an identity policy alone does nothing
    there, and the account's root in the policy hands the choice to identity policies (IAM
    reference, Policy evaluation logic; KMS guide, Default key policy).
    """
    parts = resource.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return False
    service, kind = parts[2], parts[5].partition("/")[0]
    asked = fold(action).partition(":")[0]
    return (asked, service, kind) in (("sts", "iam", "role"), ("kms", "kms", "key"))


def always_allowed(action: str, caller: Requester) -> bool:
    """Say whether no policy is asked: anybody with credentials may call GetCallerIdentity."""
    return fold(action) == "sts:getcalleridentity" and caller.account is not None


def never_allowed(action: str, resource: str, caller: Requester) -> bool:
    """Say whether no policy helps: customers cannot change what AWS keeps in their accounts.

    That is AWS managed policies, roles of IAM Identity Center, and aliases of AWS managed keys
    (IAM guide, Managed policies; Identity Center guide, Permission sets; KMS guide, Aliases).
    Nor can the root user assume a role (STS reference, AssumeRole).
    """
    if caller.is_root and fold(action) == "sts:assumerole":
        return True
    parts = resource.split(":", ARN_PARTS - 1)
    if len(parts) < ARN_PARTS:
        return False
    asked, _, verb = fold(action).partition(":")
    if asked == "iam" and not verb.startswith(_LOOKING):
        shared = parts[4] == "aws" and parts[5].startswith("policy/")
        return parts[2] == "iam" and (shared or parts[5].startswith("role/aws-reserved/"))
    return asked == "kms" and verb.endswith("alias") and parts[5].startswith("alias/aws/")


_LOOKING = ("get", "list", "generate", "simulate")
