"""How a scan ends that has nothing to record: with a reason that people can act on."""

from typing import NamedTuple

from django.db.models.functions import Now

from posture.models import Account, LeaseState, Scan
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
    "The scan failed three times through a fault of ours. The worker's log has the details.",
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


def not_kept(why: str) -> Reason:
    """Why a scan failed whose snapshot the store did not take."""
    return Reason(
        "snapshot_not_kept",
        f"The account was read, but its snapshot could not be kept ({why}), so nothing was "
        "recorded. Your account is not the cause. Whoever runs this installation finds the rest "
        "in the worker's log: look at the disk, or at the bucket and its permissions, then scan "
        "again.",
    )


def fail(scan: Scan, fence: int, reason: Reason) -> None:
    """End a scan that is held under `fence`, and let the account remember why; in a transaction.

    A scan that somebody else has taken over is left to them.
    """
    sentence = storable(reason.sentence)
    if scan.held(fence).update(
        state=LeaseState.FAILED,
        reason_code=reason.code,
        reason=sentence,
        finished_at=Now(),
        lease_until=None,
    ):
        Account.objects.filter(pk=scan.account_id).update(state_reason=sentence)
