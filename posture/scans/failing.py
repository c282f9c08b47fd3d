"""How an attempt ends that has nothing to record: tried again, failed or cancelled, with a reason."""

import random
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.functions import Now

from posture.models import MAX_ATTEMPTS, Account, LeaseState, Scan
from posture.models.plain import storable


class Reason(NamedTuple):
    """A code for programs and a sentence for people."""

    code: str
    sentence: str


TOO_LONG = Reason(
    "too_long",
    "Reading this account took longer than half an hour. AWS was probably throttling; scan again "
    "at a quieter time.",
)
OURS = Reason(
    "internal",
    "The scan failed through a fault of ours. The worker's log has the details.",
)
NOT_CONNECTED = Reason(
    "not_connected",
    "The account is not connected any more. Test its connection, then scan again.",
)
CLOCK = Reason(
    "clock",
    "The clock of our worker is more than five minutes ahead of the database's, so nothing was "
    "recorded: newer scans would have been taken for older ones. Your account is not the cause. "
    "Set the clock of the machine that runs the worker, then scan again.",
)


PASSING = frozenset({
    "throttled", "unreachable", "unwell", "credentials_expired", "snapshot_not_kept", OURS.code,
})  # fmt: skip
"""Codes of what may be over in some minutes; all others stay until somebody does something."""


def not_kept(why: str) -> Reason:
    """Why a scan failed whose snapshot the store did not take."""
    return Reason(
        "snapshot_not_kept",
        f"The account was read, but its snapshot could not be kept ({why}), so nothing was "
        "recorded. Your account is not the cause. Whoever runs this installation finds the rest "
        "in the worker's log: look at the disk, or at the bucket and its permissions, then scan "
        "again.",
    )


GROWTH = 4
"""How much longer the second pause is than the first."""


def fail(scan: Scan, fence: int, reason: Reason) -> None:
    """End an attempt of a scan that is held under `fence`, in a transaction.

    What may pass is tried again after a while, three times in all; the rest fails, and the account
    remembers why. A scan that somebody cancelled is cancelled, one that somebody else has taken
    over is left to them.
    """
    row = scan.held(fence).select_for_update().first()
    if row is None:
        return
    if row.cancel_requested_at is not None:
        cancelled(row, f"Nothing of it is kept: {reason.sentence}")
    elif reason.code in PASSING and row.attempt < MAX_ATTEMPTS:
        _end(row, reason, state=LeaseState.QUEUED, retry_at=_next_try(row.attempt))
    else:
        tried = f" It was tried {row.attempt} times." if row.attempt > 1 else ""
        told = Reason(reason.code, reason.sentence + tried)
        _end(row, told, state=LeaseState.FAILED, finished_at=Now())
        explained = Account.objects.filter(pk=scan.account_id, state_code="")
        explained.update(state_reason=storable(told.sentence))


def cancelled(row: Scan, what_is_left: str, **columns: Any) -> None:
    """End a scan that somebody cancelled, in a transaction; `columns` are what else its row keeps."""
    reason = Reason("cancelled", f"Cancelled by {row.cancelled_by}. {what_is_left}")
    _end(row, reason, state=LeaseState.CANCELLED, finished_at=Now(), **columns)


def _end(row: Scan, reason: Reason, **columns: Any) -> None:
    """The row is locked, so nobody else ends it."""
    Scan.objects.filter(pk=row.pk).update(
        reason_code=reason.code, reason=storable(reason.sentence), lease_until=None, **columns
    )


def _next_try(attempt: int) -> "ExpressionWrapper[Any]":
    """When to try again after this attempt: later each time, and not everybody at once."""
    pause = settings.RETRY_SECONDS * GROWTH ** (attempt - 1)
    jittered = timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
    return ExpressionWrapper(Now() + Value(jittered), output_field=DateTimeField())
