"""The assessment profile: what the customer told us about the account (controls.md 1.3)."""

from __future__ import annotations

from dataclasses import dataclass

MARKETPLACE_AMI_OWNER = "679593333241"
CAS_ACCOUNT = "452565589796"


@dataclass(frozen=True, slots=True)
class Profile:
    """Answers and limits; None means "not answered", days are whole days."""

    product_types: tuple[str, ...] | None = None
    """Any of saas_subscription, saas_contract, saas_contract_usage, ami, container, proserv, data, ml."""
    cas_enrolled: bool | None = None
    data_feeds: bool | None = None
    psc_ever_enrolled: bool | None = None
    queues: tuple[str, ...] = ()
    """ARNs of queues that hear product notifications but cannot be discovered."""
    images: tuple[str, ...] = ()
    """Ids of product images that the catalog does not name."""
    public_images: tuple[str, ...] = ()
    """Ids of images that are public on purpose."""
    approved_accounts: tuple[str, ...] = (MARKETPLACE_AMI_OWNER, CAS_ACCOUNT)
    approved_admins: tuple[str, ...] = ()
    max_metering_principals: int = 3
    unused_days: int = 45
    key_max_age_days: int = 90
    role_unused_days: int = 90

    def approves(self, account: str, own: str) -> bool:
        """Whether a 12-digit account is the seller's own or one the seller approved."""
        return account == own or account in self.approved_accounts
