"""Answers of STS: who am I, and becoming a role."""

import re
from typing import Any

from sandbox.aws import clock, identities, trust
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.permissions import BadPolicyError, statements_of
from sandbox.aws.refusals import ApiError

_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/([\w+=,.@/-]+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}")
LONGEST_CHAINED = 3600
MOST_POLICY_TEXT = 2048


def get_caller_identity(ask: Ask) -> Answer:
    """Who the caller is."""
    who = ask.principal
    return {"UserId": who.user_id, "Account": who.account, "Arn": who.arn}


def assume_role(ask: Ask) -> Answer:
    """A session of the role, if its trust policy, the ExternalId and the limits allow it."""
    account, name, external_id, seconds = _checked(ask.params)
    role_arn = ask.params["RoleArn"]
    role = identities.find_role(account, arn=role_arn)
    context = trust.trust_context(ask.principal, session_name=name, external_id=external_id)
    if role is None or not trust.may_assume(
        ask.principal, role.assume_role_policy_document, context
    ):
        raise ask.denied(f"on resource: {role_arn}")
    if seconds > int(role.max_session_duration or 3600):
        raise _invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if ask.principal.kind == "session" and seconds > LONGEST_CHAINED:
        raise _invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    session = ask.world.keyring.open_session(
        account=account,
        role_arn=role_arn,
        role_id=role.id,
        name=name,
        seconds=seconds,
        policies=_session_policies(account, ask.params),
    )
    role.last_used = clock.now()
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6 if session.session_policies is not None else None,
    }


def _invalid(text: str) -> ApiError:
    return ApiError("ValidationError", text)


def _constraint(value: object, member: str, rule: str) -> ApiError:
    shown = f"Value '{value}'" if value is not None else "Value null"
    return _invalid(
        f"1 validation error detected: {shown} at '{member}' failed to satisfy constraint: Member must {rule}"
    )


def _checked(params: dict[str, Any]) -> tuple[str, str, str | None, int]:
    arn = _ROLE_ARN.fullmatch(params.get("RoleArn") or "")
    if arn is None:
        raise _invalid(f"{params.get('RoleArn')} is invalid")
    name = params.get("RoleSessionName")
    if name is None:
        raise _constraint(None, "roleSessionName", "not be null")
    if not _SESSION_NAME.fullmatch(name):
        raise _constraint(
            name, "roleSessionName", r"satisfy regular expression pattern: [\w+=,.@-]*"
        )
    external_id = params.get("ExternalId")
    if external_id is not None and not _EXTERNAL_ID.fullmatch(external_id):
        raise _constraint(
            external_id, "externalId", r"satisfy regular expression pattern: [\w+=,.@:\/-]*"
        )
    seconds = params.get("DurationSeconds", 3600)
    if seconds < 900:
        raise _constraint(seconds, "durationSeconds", "have value greater than or equal to 900")
    if seconds > 43200:
        raise _constraint(seconds, "durationSeconds", "have value less than or equal to 43200")
    return arn.group(1), name, external_id, seconds


def _session_policies(account: str, params: dict[str, Any]) -> tuple[str, ...] | None:
    text = params.get("Policy")
    arns = [entry["arn"] for entry in params.get("PolicyArns") or []]
    if text is None and not arns:
        return None
    texts = []
    if text is not None:
        if len(text) > MOST_POLICY_TEXT:
            raise _constraint(
                text, "policy", f"have length less than or equal to {MOST_POLICY_TEXT}"
            )
        try:
            statements_of(text)
        except BadPolicyError as error:
            raise ApiError(
                "MalformedPolicyDocument", "This policy contains invalid Json"
            ) from error
        texts.append(text)
    for arn in arns:
        policy = identities.load_aws_policy(account, arn)
        if policy is None:
            raise ApiError("MalformedPolicyDocument", f"Policy {arn} does not exist.")
        texts.append(identities.document_of(policy))
    return tuple(texts)


ANSWERS: dict[str, Handler] = {"AssumeRole": assume_role, "GetCallerIdentity": get_caller_identity}
