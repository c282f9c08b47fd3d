"""Reads and changes IAM through moto's backend, without a request."""

import json
from typing import Any

from moto.backends import get_backend

AWS_POLICY_PREFIX = "arn:aws:iam::aws:policy/"


def iam(account: str) -> Any:
    """moto's IAM backend of an account."""
    return get_backend("iam")[account]["aws"]


def role_policies(account: str, role_id: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """The policy texts of a role and those of its boundary, None without one; a deleted role has no policies."""
    role = iam(account).roles.get(role_id)
    if role is None:
        return (), None
    attached = [document_of(policy) for policy in list(role.managed_policies.values())]
    identity = (*role.policies.values(), *attached)
    if not role.permissions_boundary_arn:
        return identity, None
    boundary = iam(account).managed_policies.get(role.permissions_boundary_arn)
    return identity, (document_of(boundary),) if boundary else ()


def find_role(account: str, *, arn: str = "", name: str = "") -> Any | None:
    """moto's role with this ARN or this name, or None."""
    for role in list(iam(account).roles.values()):
        if role.arn == arn or role.name == name:
            return role
    return None


def document_of(policy: Any) -> str:
    """The text of a managed policy's default version."""
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return ""


def load_aws_policy(account: str, arn: str) -> Any | None:
    """The AWS managed policy with this ARN, taken into the account from moto's collection; None if there is none."""
    backend = iam(account)
    held = backend.managed_policies.get(arn)
    if held is not None or not arn.startswith(AWS_POLICY_PREFIX):
        return held
    found = _aws_policies().get(arn.rsplit("/", 1)[-1])
    if found is None:
        return None
    from moto.iam.models import AWSManagedPolicy

    name, data = found
    policy = AWSManagedPolicy.from_data(name, account, "us-east-1", data)
    if policy.arn != arn:
        return None
    backend.managed_policies[arn] = policy
    return policy


_collection: dict[str, tuple[str, dict[str, Any]]] = {}


def _aws_policies() -> dict[str, tuple[str, dict[str, Any]]]:
    # moto's own switch loads all of them into every account, which makes listings slow.
    if not _collection:
        from moto.iam.aws_managed_policies import aws_managed_policies_data

        parsed = json.loads(aws_managed_policies_data)
        _collection.update({name: (name, data) for name, data in parsed.items()})
    return _collection


def put_role(  # noqa: PLR0913 - keyword-only, each names one fact
    account: str, *, name: str, trust: str, policy: str, path: str = "/", max_session: int = 3600
) -> str:
    """Create the role, or replace it with all its policies; returns its ARN."""
    backend = iam(account)
    role = find_role(account, name=name)
    if role is not None:
        role.assume_role_policy_document = trust
        role.policies.clear()
        for attached in list(role.managed_policies.values()):
            attached.detach_from(role)
        role.permissions_boundary_arn = None
        role.max_session_duration = str(max_session)
    else:
        role = backend.create_role(
            role_name=name,
            assume_role_policy_document=trust,
            path=path,
            permissions_boundary=None,
            description="",
            tags=[],
            max_session_duration=str(max_session),
        )
    role.put_policy("scan", policy)
    return str(role.arn)
