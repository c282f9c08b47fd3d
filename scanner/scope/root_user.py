"""What the account shows of its root user: credentials, last uses, recent calls (AMMP-03, AMMP-04)."""

from __future__ import annotations

from datetime import datetime

from scanner.evidence import Fact
from scanner.facts.cloudtrail import ROOT, TrailEvent
from scanner.facts.iam import AccountSummary, ReportRow
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.vocabulary import Listed, NotSeen, Unobserved, derived, known

SUMMARY = "iam:GetAccountSummary"
REPORT = "iam:GetCredentialReport"
NO_ROW = Unobserved(REPORT, "NoRootRow", detail="the report does not list the root user")
CALLER = "Root"
"""How CloudTrail calls it; an IAM user may be named root too."""


def root_row(snapshot: Snapshot) -> ReportRow:
    """The root user's row of the credential report; raises NotSeen when there is none."""
    row = known(snapshot.iam.report).root
    if row is None:
        raise NotSeen(NO_ROW)
    return row


def credentials_of_root(summary: AccountSummary, snapshot: Snapshot) -> tuple[Fact, ...]:
    """What the root user can sign in or sign requests with; nothing when it has neither.

    AWS may leave the password's counter out, which is not zero: then the report tells, where "not
    supported" is a yes. Raises NotSeen when it does not.
    """
    facts = []
    if summary.access_keys_present:
        facts.append(
            Fact("Access keys of the root user", str(summary.access_keys_present), SUMMARY)
        )
    password, told_by = summary.password_present, SUMMARY
    if password is None and not facts:
        password, told_by = root_row(snapshot).password_enabled is not False, REPORT
    if password:
        facts.append(Fact("Password of the root user", "set", told_by))
    return tuple(facts)


def uses_of_root(row: ReportRow) -> tuple[tuple[str, datetime | None], ...]:
    """The root user's credentials and when each was last used; None for never."""
    keys = ((f"access key {n}", key.last_used) for n, key in enumerate(row.keys, 1))
    return (("password", row.password_last_used), *keys)


def calls_by_root(snapshot: Snapshot, since: datetime) -> Listed[TrailEvent]:
    """Calls of the root user from a moment on, newest first; what AWS refused is no use."""

    def chosen(event: TrailEvent) -> list[TrailEvent]:
        is_use = event.caller_type == CALLER and not event.error and event.time >= since
        return [event] if is_use else []

    return derived(snapshot.cloudtrail.events.get(ROOT, NOT_READ), chosen)
