"""Answers of Organizations and of Account Management."""

from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.refusals import ApiError

_CONTACT_TYPES = {"BILLING", "OPERATIONS", "SECURITY"}


def describe_organization(ask: Ask) -> Answer:
    """The organisation of the account, if it is in one."""
    if ask.account.organization is None:
        raise ApiError(
            "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
        )
    return {"Organization": ask.account.organization}


def in_organization(org_id: str, management_account: str) -> Answer:
    """What DescribeOrganization tells of an organisation with all features."""
    return {
        "Id": org_id,
        "Arn": f"arn:aws:organizations::{management_account}:organization/{org_id}",
        "FeatureSet": "ALL",
        "MasterAccountArn": f"arn:aws:organizations::{management_account}:account/{org_id}/{management_account}",
        "MasterAccountId": management_account,
        "MasterAccountEmail": "aws@example.com",
        "AvailablePolicyTypes": [],
    }


def get_alternate_contact(ask: Ask) -> Answer:
    """One of the three alternate contacts, if it is set."""
    kind = _kind(ask)
    contact = ask.account.contacts.get(kind)
    if contact is None:
        raise ApiError(
            "ResourceNotFoundException",
            "No contact of the inputted alternate contact type found.",
            404,
        )
    return {"AlternateContact": {"AlternateContactType": kind} | contact}


def put_alternate_contact(ask: Ask) -> Answer:
    """Set an alternate contact."""
    members = ("Name", "Title", "EmailAddress", "PhoneNumber")
    ask.account.contacts[_kind(ask)] = {
        name: ask.params[name] for name in members if name in ask.params
    }
    return {}


def _kind(ask: Ask) -> str:
    kind: str = ask.params.get("AlternateContactType") or ""
    if kind not in _CONTACT_TYPES:
        raise ApiError(
            "ValidationException",
            f"AlternateContactType {kind} is none of {', '.join(sorted(_CONTACT_TYPES))}.",
            400,
        )
    return kind


ORGANIZATIONS: dict[str, Handler] = {"DescribeOrganization": describe_organization}
ACCOUNT: dict[str, Handler] = {
    "GetAlternateContact": get_alternate_contact,
    "PutAlternateContact": put_alternate_contact,
}
