"""Running a claimed rejudgement: read the snapshot, judge it, record; with a heartbeat."""

import logging
import uuid
from dataclasses import dataclass

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from posture.models import MAX_ATTEMPTS, LeaseState, Rejudgement
from posture.models.crossing import organisation_of_rejudgement
from posture.models.plain import storable
from posture.models.tenancy import committed, within
from posture.rejudge.recording import record
from posture.scans import BrokenSnapshotError, StoreError, stored_json
from posture.scans.failing import Reason
from posture.scans.heartbeat import Heartbeat
from scanner.facts.codec import DamagedSnapshot
from scanner.report import ENGINE, Report

log = logging.getLogger(__name__)

GONE = Reason(
    "snapshot_gone",
    "The snapshot of this scan is not kept any more. The next scan judges by the newer controls.",
)
BROKEN = Reason(
    "snapshot_broken",
    "The stored snapshot of this scan is missing or damaged, so it was not judged again. Findings "
    "and score stay as they are; the next scan judges by the newer controls.",
)
TOO_LONG = Reason("too_long", "Judging this snapshot took longer than half an hour.")
OURS = Reason(
    "internal",
    "Judging this snapshot again failed three times through a fault of ours. The worker's log has "
    "the details.",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A rejudgement that is ours as long as its fence holds."""

    row: Rejudgement
    fence: int


def claim(rejudgement: uuid.UUID) -> Claim | None:
    """Take a rejudgement that is due and meant for our engine; None when it is not to be had."""
    organisation = organisation_of_rejudgement(rejudgement)
    if organisation is None:
        return None
    with within(organisation):
        row = Rejudgement.objects.filter(pk=rejudgement, engine=ENGINE).first()
        if row is None or not row.claim():
            return None
        return Claim(row, row.fence)


def run(claim: Claim) -> None:
    """Judge and record; whatever happens, the row says so. Not inside a transaction."""
    try:
        with Heartbeat(claim.row, claim.fence) as heartbeat:
            report = _judged(claim)
            if report is None or heartbeat.is_lost():
                return
            connection.close_if_unusable_or_obsolete()  # judging took a while
            if not record(row=claim.row, fence=claim.fence, report=report):
                log.warning("rejudgement was taken over", extra=_named(claim))
    except BrokenSnapshotError:
        log.exception("stored snapshot broken", extra=_named(claim))
        _fail(claim, BROKEN)
    except DamagedSnapshot as fault:
        _fail(claim, _unreadable(fault))
    except StoreError as refusal:
        log.exception("stored snapshot not read", extra=_named(claim))
        _give_back(claim, _not_read(refusal))
    except SoftTimeLimitExceeded:
        _fail(claim, TOO_LONG)
    except Exception:  # a fault of ours must neither lose the work nor stop the worker
        log.exception("rejudgement failed", extra=_named(claim))
        _give_back(claim, OURS)


def _judged(claim: Claim) -> Report | None:
    from scanner.scan import replay  # only workers judge; the web must not wait for it at its start

    with within(claim.row.organisation_id):
        snapshot = Rejudgement.objects.select_related("scan__snapshot").get(pk=claim.row.pk)
    if snapshot.scan.snapshot is None:
        _fail(claim, GONE)
        return None
    return replay(stored_json(snapshot.scan.snapshot))


def _unreadable(fault: DamagedSnapshot) -> Reason:
    return Reason(
        "snapshot_format",
        f"The stored snapshot of this scan cannot be read by this version: {fault} Findings and "
        "score stay as they are; the next scan judges by the newer controls.",
    )


def _not_read(refusal: StoreError) -> Reason:
    return Reason(
        "snapshot_not_read",
        f"The stored snapshot of this scan could not be read ({refusal}). Whoever runs this "
        "installation finds the rest in the worker's log.",
    )


def _fail(claim: Claim, reason: Reason) -> None:
    def end() -> int:
        return claim.row.held(claim.fence).update(
            state=LeaseState.FAILED,
            reason_code=reason.code,
            reason=storable(reason.sentence),
            finished_at=Now(),
            lease_until=None,
        )

    committed(claim.row.organisation_id, end)


def _give_back(claim: Claim, at_last: Reason) -> None:
    """End the lease now, so that the next tick publishes it again; at last, fail it."""
    connection.close_if_unusable_or_obsolete()
    try:
        if claim.row.attempt >= MAX_ATTEMPTS:
            _fail(claim, at_last)
            return
        with within(claim.row.organisation_id):
            claim.row.held(claim.fence).update(lease_until=Now())
    except (DatabaseError, InterfaceError):
        log.exception("rejudgement not given back; its lease will end", extra=_named(claim))


def _named(claim: Claim) -> dict[str, str]:
    return {"rejudgement": str(claim.row.pk), "fence": str(claim.fence)}
