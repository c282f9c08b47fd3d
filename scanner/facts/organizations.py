"""Facts about the account's organisation and its alternate contacts."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.vocabulary import Observed


@dataclass(frozen=True, slots=True)
class Organization:
    """The AWS organisation that the account is in."""

    id: str
    arn: str
    management_account: str


@dataclass(frozen=True, slots=True)
class OrganizationsFacts:
    """All that was read of Organizations; None for an account that stands alone."""

    organization: Observed[Organization | None]


@dataclass(frozen=True, slots=True)
class ContactsFacts:
    """Whether the alternate contact for security is set; its name and address are not kept."""

    security: Observed[bool]
