"""The role that a seller creates for us, made of what the collectors declare (controls.md 13)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from scanner.aws import session_policy
from scanner.collect.plan import ALL_ACTIONS

__all__ = [
    "cli",
    "cloudformation",
    "policy_document",
    "session_policy",
    "terraform",
    "trust_document",
]

TEMPLATE_VERSION = 2
"""Grows whenever the policy of the role changes (tests/scanner/role/test_role.py holds it to that)."""

ROLE_NAME = "SellerPostureScan"
POLICY_NAME = "SellerPostureRead"
DESCRIPTION = f"Read-only role of the Seller Posture scanner, template {TEMPLATE_VERSION}"
MAX_SESSION = 3_600

GROUPS = {
    "IdentityAndAccount": ("iam", "organizations", "account"),
    "ReportBucketsAndTrailBuckets": ("s3",),
    "Notifications": ("sns", "sqs", "kms", "events", "cloudwatch"),
    "Images": ("ec2",),
    "Logging": ("cloudtrail", "logs"),
    "Catalog": ("aws-marketplace",),
}
"""Statements by what they are for, with the IAM prefixes that belong to each."""

NEVER = (
    "kms:Decrypt",
    "s3:GetObject",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
"""What nothing in the scanner needs; the role denies it to reassure sellers (controls.md 13.3)."""

PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]{1,576})", re.ASCII
)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


def policy_document(actions: Iterable[str] = ALL_ACTIONS) -> dict[str, Any]:
    """Give the role's permissions policy: the IAM actions by group, and what is never read.

    Raises ValueError for an action whose prefix belongs to no group.
    """
    left = set(actions)
    statements: list[dict[str, Any]] = []
    for sid, prefixes in GROUPS.items():
        group = sorted(one for one in left if one.partition(":")[0] in prefixes)
        left.difference_update(group)
        if group:
            statements.append({"Sid": sid, "Effect": "Allow", "Action": group, "Resource": "*"})
    if left:
        message = f"no statement of the scan role takes {', '.join(sorted(left))}"
        raise ValueError(message)
    statements.append(
        {"Sid": "NeverContent", "Effect": "Deny", "Action": list(NEVER), "Resource": "*"}
    )
    return {"Version": "2012-10-17", "Statement": statements}


def trust_document(external_id: str, principal_arn: str) -> dict[str, Any]:
    """Give the trust policy: our principal (ARN) and nobody else, with this external id only.

    Raises ValueError for texts that AWS would not take.
    """
    _check(PRINCIPAL, principal_arn, "principal ARN")
    _check(EXTERNAL_ID, external_id, "external id")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "SellerPostureScanner",
                "Effect": "Allow",
                "Principal": {"AWS": principal_arn},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }


def cloudformation(external_id: str, principal_arn: str, role_name: str = ROLE_NAME) -> str:
    """Give a CloudFormation template in YAML; its parameters default to the arguments.

    Deploying it takes --capabilities CAPABILITY_NAMED_IAM. Raises ValueError as trust_document.
    """
    _check(NAME, role_name, "role name")
    trust = trust_document(external_id, principal_arn)["Statement"][0]
    trust["Principal"] = {"AWS": _Plain("!Ref PrincipalArn")}
    trust["Condition"] = {"StringEquals": {"sts:ExternalId": _Plain("!Ref ExternalId")}}
    parameters = {
        "ExternalId": ("The external id of this connection", external_id),
        "PrincipalArn": ("Who may assume the role", principal_arn),
        "RoleName": ("Name of the role", role_name),
    }
    role = {
        "RoleName": _Plain("!Ref RoleName"),
        "Description": DESCRIPTION,
        "MaxSessionDuration": MAX_SESSION,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": POLICY_NAME, "PolicyDocument": policy_document()}],
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": DESCRIPTION,
        "Parameters": {
            name: {"Type": "String", "Description": text, "Default": value}
            for name, (text, value) in parameters.items()
        },
        "Resources": {"ScanRole": {"Type": "AWS::IAM::Role", "Properties": role}},
        "Outputs": {
            "RoleArn": {
                "Description": "Paste this into Seller Posture",
                "Value": _Plain("!GetAtt ScanRole.Arn"),
            }
        },
    }
    return "\n".join(_yaml(template)) + "\n"


def terraform(external_id: str, principal_arn: str, role_name: str = ROLE_NAME) -> str:
    """Give the role in Terraform's language; raises ValueError as trust_document."""
    _check(NAME, role_name, "role name")
    trust = _indented(trust_document(external_id, principal_arn))
    return f"""\
resource "aws_iam_role" "seller_posture_scan" {{
  name                 = {json.dumps(role_name)}
  description          = {json.dumps(DESCRIPTION)}
  max_session_duration = {MAX_SESSION}

  assume_role_policy = jsonencode({trust})
}}

resource "aws_iam_role_policy" "seller_posture_read" {{
  name = {json.dumps(POLICY_NAME)}
  role = aws_iam_role.seller_posture_scan.id

  policy = jsonencode({_indented(policy_document())})
}}

output "seller_posture_role_arn" {{
  value = aws_iam_role.seller_posture_scan.arn
}}
"""


def cli(external_id: str, principal_arn: str, role_name: str = ROLE_NAME) -> str:
    """Give plain AWS CLI commands that create the role; raises ValueError as trust_document."""
    _check(NAME, role_name, "role name")
    name = shlex.quote(role_name)
    return f"""\
cat > seller-posture-trust.json <<'END'
{json.dumps(trust_document(external_id, principal_arn), indent=2)}
END
cat > seller-posture-read.json <<'END'
{json.dumps(policy_document(), indent=2)}
END
aws iam create-role --role-name {name} \\
  --description {shlex.quote(DESCRIPTION)} \\
  --max-session-duration {MAX_SESSION} \\
  --assume-role-policy-document file://seller-posture-trust.json
aws iam put-role-policy --role-name {name} \\
  --policy-name {POLICY_NAME} \\
  --policy-document file://seller-posture-read.json
aws iam get-role --role-name {name} --query Role.Arn --output text
"""


class _Plain(str):
    """A value that stands in YAML as it is, such as !Ref Name."""

    __slots__ = ()


PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)


def _yaml(value: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Block YAML of nested dicts and lists; texts are JSON strings, which YAML reads alike."""
    for key, one in value.items():
        name = key if PLAIN_KEY.fullmatch(key) else json.dumps(key)
        if isinstance(one, dict):
            yield f"{indent}{name}:"
            yield from _yaml(one, indent + "  ")
        elif isinstance(one, list):
            yield f"{indent}{name}:"
            for item in one:
                yield from _yaml_item(item, indent + "  ")
        else:
            yield f"{indent}{name}: {_scalar(one)}"


def _yaml_item(item: Any, indent: str) -> Iterator[str]:
    if not isinstance(item, dict):
        yield f"{indent}- {_scalar(item)}"
        return
    first, *rest = _yaml(item, indent + "  ")
    yield f"{indent}- {first.lstrip()}"
    yield from rest


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, _Plain) else json.dumps(value)


def _indented(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2).replace("\n", "\n  ")


def _check(shape: re.Pattern[str], text: str, what: str) -> None:
    if shape.fullmatch(text) is None:
        message = f"this is not a {what} that AWS accepts"
        raise ValueError(message)
