"""Cancelling a scan: at once while it waits, between two calls to AWS while it runs."""

from django.db.models.functions import Now

from posture.auditing import record
from posture.models import ApiToken, LeaseState, Scan, User
from posture.scans.failing import cancelled

NOT_BEGUN = "It had not begun, so nothing was read."


class ScanOverError(Exception):
    """The scan has ended already; the message says how."""


def cancel_scan(*, scan: Scan, by: User | None, token: ApiToken | None = None) -> Scan:
    """Ask for the end of a scan, inside `within` its organisation; return the scan as it is then.

    A queued one is cancelled at once. A running one is told: its worker stops within seconds and
    keeps what was read, or the tick ends it when its worker is lost. Asking again changes nothing.
    Raises ScanOverError when it is over.
    """
    row = Scan.objects.select_for_update().get(pk=scan.pk)
    if not row.is_active:
        message = f"This scan is {row.state} already, so there is nothing to cancel."
        raise ScanOverError(message)
    if row.cancel_requested_at is None:
        asked = Scan.objects.filter(pk=row.pk)
        asked.update(
            cancel_requested_at=Now(), cancel_requested_by=by, cancel_requested_by_token=token
        )
        row.refresh_from_db()
        if row.state == LeaseState.QUEUED:
            cancelled(row, NOT_BEGUN)
            row.refresh_from_db()
        record(
            organisation=row.organisation_id,
            by=by or token,
            action="scan.cancelled",
            target=row,
            label=str(row.account),
        )
    return row
