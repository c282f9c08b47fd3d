"""Decides who may assume a role: its trust policy, the caller's own rights, the ExternalId."""

from sandbox.aws.conditions import Context, as_list, conditions_hold
from sandbox.aws.identities import iam
from sandbox.aws.permissions import BadPolicyError, refusal, statements_of
from sandbox.aws.principals import Principal

ASSUME_ROLE = "sts:AssumeRole"


def trust_context(caller: Principal, *, session_name: str, external_id: str | None) -> Context:
    """The condition keys that an AssumeRole request carries; an ExternalId that was not sent is absent."""
    context = {
        "aws:PrincipalArn": role_arn_of(caller) or caller.arn,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": "AssumedRole" if caller.kind == "session" else "User",
        "aws:SourceIp": "127.0.0.1",
        "sts:RoleSessionName": session_name,
    }
    if external_id is not None:
        context["sts:ExternalId"] = external_id
    return context


def may_assume(caller: Principal, trust_document: str, context: Context) -> bool:
    """Whether the role's trust policy lets the caller in and the caller's own policies let it ask."""
    if refusal(caller.grants(), ASSUME_ROLE, context) is not None:
        return False
    try:
        statements = statements_of(trust_document)
    except BadPolicyError:
        return False
    trusted = False
    for statement in statements:
        actions = [str(action).lower() for action in as_list(statement.get("Action"))]
        if not {"sts:assumerole", "sts:*", "*"} & set(actions):
            continue
        if not _names_caller(statement, caller):
            continue
        holds = conditions_hold(statement.get("Condition"), context)
        if statement.get("Effect") == "Deny" and holds is not False:
            return False
        if statement.get("Effect") == "Allow" and holds:
            trusted = True
    return trusted


def role_arn_of(caller: Principal) -> str:
    """The ARN of the role behind a session; empty for others and for a role that is gone."""
    role = iam(caller.account).roles.get(caller.role_id)
    return str(role.arn) if role else ""


def _names_caller(statement: dict[str, object], caller: Principal) -> bool:
    if "NotPrincipal" in statement:
        return not _is_among(statement["NotPrincipal"], caller)
    return _is_among(statement.get("Principal"), caller)


def _is_among(principal: object, caller: Principal) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    names = {str(name) for name in as_list(principal.get("AWS"))}
    own = {
        "*",
        caller.account,
        f"arn:aws:iam::{caller.account}:root",
        caller.arn,
        role_arn_of(caller),
    }
    return bool(names & (own - {""}))
