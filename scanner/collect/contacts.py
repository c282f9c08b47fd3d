"""Whether the account names a contact for security."""

from __future__ import annotations

from scanner.aws import Aws
from scanner.facts.organizations import ContactsFacts
from scanner.vocabulary import Unobserved

ACTIONS = ("account:GetAlternateContact",)

NOT_SET = ("ResourceNotFoundException",)


def collect(aws: Aws) -> ContactsFacts:
    """Ask for the contact for security; who it is, is not kept."""
    answer = aws.find(
        "account",
        "GetAlternateContact",
        region=aws.home,
        absent=NOT_SET,
        must=("AlternateContact",),
        AlternateContactType="SECURITY",
    )
    return ContactsFacts(answer if isinstance(answer, Unobserved) else answer is not None)
