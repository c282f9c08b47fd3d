"""What roles of the asset service should read like, and the forms of a remedy that make them so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from scanner.policy import Grant, Policy
from scanner.scope.cas import ASSET_SERVICE
from scanner.scope.holder import RoleHolder
from scanner.scope.ingestion import INGESTION, beyond, shares_images

MANAGED = "arn:aws:iam::aws:policy/AWSMarketplaceAmiIngestion"
NEW_ROLE = "MarketplaceAmiIngestion"
WHOM = ("Principal", "NotPrincipal")
PLAIN_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ASSET_SERVICE},
            "Action": "sts:AssumeRole",
        }
    ],
}


def for_a_new_role() -> dict[str, str]:
    """Values that make a role for ingestion."""
    return _values() | {
        "subject": f"a role {NEW_ROLE}",
        "new_role": NEW_ROLE,
        "image_role": NEW_ROLE,
        "path": "/",
        "trust": json.dumps(PLAIN_TRUST),
    }


def for_a_role(
    role: RoleHolder, trust: Policy, *, retrust: bool, replace: bool, rebound: bool
) -> dict[str, str]:
    """Values that give a role another trust policy, other rights, or another boundary."""
    for_images = shares_images(role)
    extras = kept_rights(role) if replace else ""
    return _values() | {
        "subject": f"role {role.name}",
        "retrusted_role": role.name if retrust else "",
        "emptied_role": role.name if replace else "",
        "attached_role": role.name if for_images and (replace or rebound) else "",
        "extras_role": role.name if extras else "",
        "extras": extras,
        "boundary_role": role.name if rebound else "",
        "image_role": role.name if for_images else "",
        "other_role": "" if for_images else role.name,
        "path": role.path,
        "trust": trusting_only_assets(trust),
    }


def _values() -> dict[str, str]:
    return dict.fromkeys(VALUES, "")


VALUES = (
    "subject",
    "new_role",
    "retrusted_role",
    "emptied_role",
    "attached_role",
    "extras_role",
    "extras",
    "boundary_role",
    "image_role",
    "other_role",
    "path",
    "trust",
)


def trusting_only_assets(trust: Policy) -> str:
    """The trust policy as JSON in which only the asset service is let in; Deny statements stay."""
    document: dict[str, Any] = json.loads(trust.text)
    stated = document["Statement"]
    stated = stated if isinstance(stated, list) else [stated]
    kept = []
    for one, written in zip(trust.statements, stated, strict=True):
        if one.allows and ASSET_SERVICE not in one.services():
            continue
        rest = {name: value for name, value in written.items() if name not in WHOM}
        kept.append(rest | {"Principal": {"Service": ASSET_SERVICE}} if one.allows else written)
    return json.dumps(document | {"Statement": kept})


def kept_rights(role: RoleHolder) -> str:
    """A policy, as JSON, of what a role may keep beside the managed policy; empty if nothing.

    Conditions stay, and a statement without Resource but with NotResource is not kept.
    """
    statements = list(_kept(role))
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else ""


def _kept(role: RoleHolder) -> Iterator[dict[str, Any]]:
    managed = {one.lower() for one in INGESTION} if shares_images(role) else set()
    too_much = {(one.action, one.statement.index, one.policy.text) for one in beyond(role)}
    found = role.grants(("*",))
    for grant in found.of(found.actions):
        if (grant.action, grant.statement.index, grant.policy.text) in too_much:
            continue
        if grant.action.lower() not in managed and grant.statement.names_resources:
            yield _restated(grant)


def _restated(grant: Grant) -> dict[str, Any]:
    stated = json.loads(grant.policy.text)["Statement"]
    written = (stated if isinstance(stated, list) else [stated])[grant.statement.index]
    same = {name: written[name] for name in ("Resource", "Condition") if name in written}
    return {"Effect": "Allow", "Action": grant.action, **same}


STEPS = (
    "In IAM choose Roles, Create role, AWS service, AWS Marketplace, AWS Marketplace - AMI Assets"
    " Ingestion, and name it [[new_role]].",
    "In IAM open Roles, [[retrusted_role]], Trust relationships, and leave"
    f" {ASSET_SERVICE} as the only principal.",
    "In IAM open Roles, [[emptied_role]], Permissions, and remove every policy.",
    "In IAM open Roles, [[attached_role]], Add permissions, Attach policies, and attach"
    " AWSMarketplaceAmiIngestion.",
    "In IAM open Roles, [[extras_role]], Create inline policy, and put in the last document of the"
    " CLI form.",
    "In IAM open Roles, [[boundary_role]], Permissions boundary, and set AWSMarketplaceAmiIngestion"
    " as the boundary.",
)

CLI = f"""\
cat > assets-trust.json <<'JSON'
[[trust|json]]
JSON

aws iam create-role --role-name [[new_role]] --assume-role-policy-document file://assets-trust.json
aws iam attach-role-policy --role-name [[new_role]] --policy-arn {MANAGED}

aws iam get-role --role-name [[retrusted_role]] --query Role.AssumeRolePolicyDocument > trust-before.json
aws iam update-assume-role-policy --role-name [[retrusted_role]] --policy-document file://assets-trust.json

# Keep copies of all policies, then take them away.
for NAME in $(aws iam list-role-policies --role-name [[emptied_role]] --query 'PolicyNames[]' --output text); do
  aws iam get-role-policy --role-name [[emptied_role]] --policy-name "$NAME" > "inline-$NAME-before.json"
  aws iam delete-role-policy --role-name [[emptied_role]] --policy-name "$NAME"
done
aws iam list-attached-role-policies --role-name [[emptied_role]] > attached-before.json
for ARN in $(aws iam list-attached-role-policies --role-name [[emptied_role]] --query 'AttachedPolicies[].PolicyArn' --output text); do
  aws iam detach-role-policy --role-name [[emptied_role]] --policy-arn "$ARN"
done

aws iam attach-role-policy --role-name [[attached_role]] --policy-arn {MANAGED}

cat > other-rights.json <<'JSON'
[[extras|json]]
JSON
aws iam put-role-policy --role-name [[extras_role]] --policy-name MarketplaceAssets --policy-document file://other-rights.json

aws iam put-role-permissions-boundary --role-name [[boundary_role]] --permissions-boundary {MANAGED}
"""

CLOUDFORMATION = f"""\
Resources:
  AssetRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: [[image_role]]
      Path: [[path]]
      AssumeRolePolicyDocument:
        [[trust|json]]
      ManagedPolicyArns:
        - {MANAGED}

Resources:
  AssetRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: [[other_role]]
      Path: [[path]]
      AssumeRolePolicyDocument:
        [[trust|json]]

  OtherRights:
    Type: AWS::IAM::RolePolicy
    DependsOn: AssetRole
    Properties:
      RoleName: [[extras_role]]
      PolicyName: MarketplaceAssets
      PolicyDocument:
        [[extras|json]]
"""

TERRAFORM = f"""\
resource "aws_iam_role" "images" {{
  name               = [[image_role]]
  path               = [[path]]
  assume_role_policy = <<-POLICY
    [[trust|json]]
  POLICY
}}
resource "aws_iam_role_policy_attachment" "ingestion" {{
  role       = aws_iam_role.images.name
  policy_arn = "{MANAGED}"
}}

resource "aws_iam_role" "other_assets" {{
  name               = [[other_role]]
  path               = [[path]]
  assume_role_policy = <<-POLICY
    [[trust|json]]
  POLICY
}}

resource "aws_iam_role_policy" "other_rights" {{
  name   = "MarketplaceAssets"
  role   = [[extras_role]]
  policy = <<-POLICY
    [[extras|json]]
  POLICY
}}
"""
