"""Creates the role that a seller would create from our template, with any policy and trust a test wants."""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.aws import identities
from sandbox.aws.permissions import statements_of
from sandbox.aws.principals import SCANNER_ARN

DEFAULT_NAME = "SellerPostureScan"
_NAME = re.compile(r"[\w+=,.@-]{1,64}")
Document = str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ScanRole:
    """A scan role. Without `trust_document` it trusts `principal_arn` with exactly `external_id`."""

    account: str
    policy_document: Document
    external_id: str | None = None
    role_name: str = DEFAULT_NAME
    principal_arn: str = SCANNER_ARN
    trust_document: Document | None = None
    max_session: int = 3600


def create_scan_role(role: ScanRole) -> str:
    """Create or replace the role; returns its ARN, raises ValueError for a document or name that IAM would refuse."""
    if not re.fullmatch(r"\d{12}", role.account):
        raise ValueError(f"{role.account!r} is not an account id of 12 digits")
    if not _NAME.fullmatch(role.role_name):
        raise ValueError(f"{role.role_name!r} is not a role name")
    trust = _text(
        role.trust_document or trust_with_external_id(role.principal_arn, role.external_id)
    )
    policy = _text(role.policy_document)
    return identities.put_role(
        role.account, name=role.role_name, trust=trust, policy=policy, max_session=role.max_session
    )


def trust_with_external_id(principal_arn: str, external_id: str | None) -> dict[str, Any]:
    """A trust policy for one principal, with an ExternalId condition unless `external_id` is None."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal_arn},
        "Action": "sts:AssumeRole",
    }
    if external_id is not None:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _text(document: Document) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    statements_of(text)
    return text
