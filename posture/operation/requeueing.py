"""Starting scans again: those that wait for a message, and accounts whose scan has failed."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models.functions import Now

from posture.auditing import record
from posture.enqueue import enqueue
from posture.models import LeaseState, Scan
from posture.models.crossing import failed_scans, organisation_of_scan
from posture.models.tenancy import within
from posture.scans import NotConnectedError, request_scan
from posture.scans.requesting import TASK

STARTED, PUBLISHED, RUNNING, ENDED, UNKNOWN = (
    "started again",
    "message sent again",
    "runs, or another scan of its account does",
    "ended well, nothing to do",
    "unknown",
)


class Requeued(NamedTuple):
    """What became of one scan; `refused` when nothing could be done although it was asked for."""

    scan: uuid.UUID
    outcome: str
    refused: bool = False


def failed_since(*, code: str, since: datetime) -> list[uuid.UUID]:
    """Return the scans of all organisations that failed with a reason code since a moment."""
    return [place.id for place in failed_scans(code, since)]


def requeue(*, scans: Iterable[uuid.UUID], apply: bool) -> list[Requeued]:
    """Bring scans back on their way; without `apply` say only what would be done.

    A queued scan, or one whose worker is gone, is published again. For a failed or cancelled one,
    whose row stays as it ended, a new scan of its account is asked for.
    """
    asked: set[uuid.UUID] = set()
    return [_requeue_one(scan, asked, apply=apply) for scan in dict.fromkeys(scans)]


def _requeue_one(scan_id: uuid.UUID, asked: set[uuid.UUID], *, apply: bool) -> Requeued:
    organisation = organisation_of_scan(scan_id)
    if organisation is None:
        return Requeued(scan_id, UNKNOWN, refused=True)
    with within(organisation):
        scan = Scan.objects.select_related("account").get(pk=scan_id)
        found = _publish(scan) if scan.is_active else _ask_anew(scan, asked)
        if not apply:
            transaction.set_rollback(True)  # whatever was enqueued goes with it
    return found


def _publish(scan: Scan) -> Requeued:
    held = Scan.objects.filter(pk=scan.pk, state=LeaseState.RUNNING, lease_until__gte=Now())
    if held.exists():
        return Requeued(scan.pk, RUNNING)
    Scan.objects.filter(pk=scan.pk).update(published_at=Now())
    enqueue(TASK, scan.pk)
    record(
        organisation=scan.organisation_id,
        by=None,
        action="scan.requeued",
        target=scan,
        label=str(scan.account),
    )
    return Requeued(scan.pk, PUBLISHED)


def _ask_anew(scan: Scan, asked: set[uuid.UUID]) -> Requeued:
    if scan.state not in {LeaseState.FAILED, LeaseState.CANCELLED}:
        return Requeued(scan.pk, ENDED)
    try:
        _, created = request_scan(account=scan.account, by=None, trigger=Scan.Trigger.MANUAL)
    except NotConnectedError as refusal:
        return Requeued(scan.pk, str(refusal), refused=True)
    if not created or scan.account_id in asked:
        return Requeued(scan.pk, RUNNING)
    asked.add(scan.account_id)
    return Requeued(scan.pk, STARTED)
