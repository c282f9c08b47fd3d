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
    cas_buckets: tuple[str, ...] = ()
    """Names of buckets that Commerce Analytics delivers to, where the role does not name them."""
    cas_topics: tuple[str, ...] = ()
    """ARNs of topics that Commerce Analytics publishes to."""
    psc_buckets: tuple[str, ...] = ()
    """Names of buckets that held Product Support Connection data."""
    feed_buckets: tuple[str, ...] = ()
    """Names of buckets that receive seller data feeds."""
    approved_accounts: tuple[str, ...] = (MARKETPLACE_AMI_OWNER, CAS_ACCOUNT)
    approved_admins: tuple[str, ...] = ()
    """ARNs of users and roles that may administer the account or hold full seller access."""
    finance_principals: tuple[str, ...] = ()
    """ARNs of users and roles that may change payouts and tax settings; none named, none asked."""
    max_seller_admins: int = 3
    max_metering_principals: int = 3
    unused_days: int = 45
    key_max_age_days: int = 90
    role_unused_days: int = 90
    root_use_window_days: int = 90
    ami_max_age_days: int = 730
    ami_age_warn_days: int = 640
    log_retention_min_days: int = 365
    delivery_lag_hours: int = 24

    def approves(self, account: str, own: str) -> bool:
        """Whether a 12-digit account is the seller's own or one the seller approved."""
        return account == own or account in self.approved_accounts
