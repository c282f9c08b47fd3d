"""What is left of Product Support Connection: rights, calls and files (PSC-01 to PSC-03)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.cloudtrail import TrailEvent
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.policy import PSC_CALL, Grant
from scanner.scope.holder import Holder
from scanner.scope.principals import principals
from scanner.scope.reports import Kind, ReportBucket, report_buckets
from scanner.vocabulary import (
    HOME_REGION,
    Listed,
    Observed,
    Partial,
    Unobserved,
    derived,
    gaps,
    merged,
    seen,
)

EVENT = "StartSupportDataExport"


@dataclass(frozen=True, slots=True)
class ExportCalls:
    """The account's calls of the retired export, as a resource of their own."""

    account: Account
    calls: Listed[TrailEvent]

    @property
    def key(self) -> str:
        """The account's ARN with the name of the event (design 2.11)."""
        return f"{self.account.key}#event/{EVENT}"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{EVENT} calls"

    @property
    def region(self) -> str:
        """Commerce Analytics lives in one region."""
        return HOME_REGION


def leftovers(snapshot: Snapshot) -> Listed[ExportCalls | Holder]:
    """The calls of the last 90 days, and the principals that may make one."""
    calls = ExportCalls(snapshot.account, snapshot.cloudtrail.events.get(EVENT, NOT_READ))
    first: Listed[ExportCalls | Holder] = (calls,)
    return merged(first, derived(principals(snapshot), _with_rights))


def _with_rights(holder: Holder) -> Collection[Holder]:
    return [holder] if holder.gaps or export_rights(holder) else []


def export_rights(holder: Holder) -> tuple[Grant, ...]:
    """Grants of the retired export but those of administrators, who may do everything."""
    return tuple(grant for grant in holder.grants(PSC_CALL).of(PSC_CALL) if not _is_total(grant))


def _is_total(grant: Grant) -> bool:
    """Whether the grant stands in an entry such as `*` or `*:*`, which names no service."""
    statement = grant.statement
    return statement.names_actions and any(not entry.strip("*:") for entry in statement.actions)


def contact_buckets(snapshot: Snapshot) -> Listed[ReportBucket]:
    """Buckets that took exports of buyers' contacts, or may have: those of data sets as well.

    Cut when the profile says that the service was used and nothing shows where its files went.
    """
    asked = {Kind.CAS, Kind.PSC}
    found = derived(report_buckets(snapshot), lambda one: [one] if one.kinds & asked else [])
    if seen(found) or not snapshot.profile.psc_ever_enrolled:
        return found
    told = "the profile says that Product Support Connection was used, but names no bucket of it"
    return merged(found, Partial((), (Unobserved("", "NotNamed", detail=told),)))


def may_hold_contacts(snapshot: Snapshot) -> Observed[bool]:
    """Whether the seller used the service, by the profile or by what lies in the buckets.

    True also when nobody answered; what was not read leaves it open.
    """
    if snapshot.profile.psc_ever_enrolled is not False:
        return True
    buckets = contact_buckets(snapshot)
    if any(seen(one.bucket.contacts) for one in seen(buckets)):
        return True
    missing = [*gaps(buckets), *(gap for one in seen(buckets) for gap in gaps(one.bucket.contacts))]
    return missing[0] if missing else False
