"""Whether a statement lets a service act for this account's own resources only (confused deputy).

An AWS service that a policy names acts for any customer unless a condition says for whom: R9's
`aws:SourceAccount`, `aws:SourceArn`, `AWS:SourceOwner` and `aws:SourceOrgID`. Conditions on the
caller itself (`aws:PrincipalOrgID` and the like) say nothing about a service's customer.
"""

from __future__ import annotations

from collections.abc import Collection

from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Statement
from scanner.vocabulary import Observed, Unobserved

SOURCE_ACCOUNTS = ("aws:SourceAccount", "aws:SourceOwner")
SOURCE_ARN = "aws:SourceArn"
SOURCE_ORGANIZATION = "aws:SourceOrgID"


def pinned(
    statement: Statement, service: str, snapshot: Snapshot, *, also: Collection[str] = ()
) -> Observed[bool]:
    """Say whether an Allow, as far as it is about a service, is tied to this account or its own.

    `service` is a service principal such as `reports.marketplace.amazonaws.com`; an Allow that
    does not name it, nor everybody, is about somebody else and counts as tied. `also` are further
    source ARNs or 12-digit accounts that are as good as the own ones (a trail of the organisation,
    Marketplace's topics). Unobserved when that hangs on an organisation that was not read.
    """
    if service not in statement.services() and not statement.admits_everyone():
        return True
    answers = [_pins(one, snapshot, also) for one in statement.restrictions()]
    if any(one is True for one in answers):
        return True
    return next((one for one in answers if isinstance(one, Unobserved)), False)


def is_pinned(statement: Statement, service: str, snapshot: Snapshot) -> bool:
    """The same; False as well when it is not known."""
    return pinned(statement, service, snapshot) is True


def _pins(condition: Condition, snapshot: Snapshot, also: Collection[str]) -> Observed[bool]:
    """Whether every value of a restricting condition is ours; what names nobody pins nothing."""
    own = snapshot.account.id
    if condition.is_about(SOURCE_ARN):
        return all(arn.split(":")[4] == own or arn in also for arn in condition.values)
    if any(condition.is_about(key) for key in SOURCE_ACCOUNTS):
        return all(account == own or account in also for account in condition.values)
    if condition.is_about(SOURCE_ORGANIZATION):
        return _is_own_organization(condition, snapshot)
    return False


def _is_own_organization(condition: Condition, snapshot: Snapshot) -> Observed[bool]:
    organization = snapshot.organizations.organization
    if isinstance(organization, Unobserved):
        return organization
    return organization is not None and set(condition.values) == {organization.id}
