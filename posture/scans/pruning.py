"""Letting go of old snapshots: scans keep their findings and score, the stored facts go.

First the rows of scans let go of their snapshot, in a transaction. A snapshot that no scan refers
to is then removed, file and row, under the lock of its row; what stops in between is found again
by its row the next time. The same removes what was kept for a scan that was never recorded.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from posture.auditing import record
from posture.models import Scan, StoredSnapshot, is_locked
from posture.models.crossing import organisations_to_prune
from posture.models.tenancy import committed, within
from posture.scans.stores import AtomicFiles, StoreError, at_the_store

log = logging.getLogger(__name__)

BATCH = 200
"""Scans that let go in one transaction."""
SPARED = timedelta(days=1)
"""How long a snapshot may wait to be recorded; no scan takes that long."""

OLD = """
    SELECT s.id, s.snapshot_id, s.account_id, s.finished_at
    FROM posture_account AS a
    CROSS JOIN LATERAL (
        SELECT k.finished_at, k.id FROM posture_scan AS k
        WHERE k.account_id = a.id AND k.snapshot_id IS NOT NULL
        ORDER BY k.finished_at DESC, k.id DESC
        OFFSET %(newest)s - 1 LIMIT 1
    ) AS edge
    JOIN posture_scan AS s ON s.account_id = a.id AND s.snapshot_id IS NOT NULL
        AND s.finished_at < %(before)s
        AND (s.finished_at, s.id) < (edge.finished_at, edge.id)
        AND s.id IS DISTINCT FROM a.last_scan_id
        AND NOT EXISTS (
            SELECT FROM posture_rejudgement AS r
            WHERE r.scan_id = s.id AND r.state IN ('queued', 'running')
        )
    WHERE a.organisation_id = %(organisation)s
"""
"""Scans whose snapshot may go: old, not of the newest, not shown now, not being judged again."""

REMOVABLE = f"""
    WITH old AS MATERIALIZED ({OLD})
    SELECT count(*), count(DISTINCT p.account_id), coalesce(sum(p.stored_bytes), 0)
    FROM posture_storedsnapshot AS p
    WHERE p.organisation_id = %(organisation)s AND (
        p.unused_since < %(unused)s
        OR p.id IN (SELECT snapshot_id FROM old) AND NOT EXISTS (
            SELECT FROM posture_scan AS s
            WHERE s.snapshot_id = p.id AND s.id NOT IN (SELECT id FROM old)
        )
    )
"""  # noqa: S608 - our own text  # nosec B608 # constants of ours

LET_GO = f"""
    WITH old AS MATERIALIZED ({OLD} ORDER BY s.finished_at, s.id LIMIT %(batch)s),
    free AS (
        UPDATE posture_scan AS s SET snapshot_id = NULL FROM old WHERE s.id = old.id
        RETURNING old.id, old.snapshot_id, old.finished_at
    )
    SELECT snapshot_id, max(finished_at), count(*) FROM free GROUP BY snapshot_id
"""  # noqa: S608 - our own text  # nosec B608 # constants of ours


@dataclass(frozen=True, slots=True)
class Removable:
    """How many snapshots of how many accounts, and the bytes that they take in the store."""

    snapshots: int = 0
    accounts: int = 0
    bytes: int = 0

    def __add__(self, other: "Removable") -> "Removable":
        return Removable(
            self.snapshots + other.snapshots,
            self.accounts + other.accounts,
            self.bytes + other.bytes,
        )


def removable(organisation: uuid.UUID, at: datetime) -> Removable:
    """Say what the rules would remove at a moment; inside `within` the organisation."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVABLE, _rules(organisation, at))
        return Removable(*map(int, cursor.fetchone()))


def removable_everywhere(at: datetime) -> Removable:
    """Say it for all organisations together."""
    found = Removable()
    for organisation in _organisations(at):
        with within(organisation):
            found += removable(organisation, at)
    return found


def prune(*, at: datetime, seconds: float) -> Removable:
    """Remove what the rules of the settings let go at a moment; return what was removed.

    Works organisation by organisation in small transactions and stops after so many seconds; the
    next call goes on. Several at once do no harm. An organisation whose files cannot be deleted
    now keeps their rows and does not hold up the others. A locked installation removes nothing:
    it is a copy, and its store may still be that of the original.
    """
    if is_locked():
        return Removable()
    end = time.monotonic() + seconds
    _tidy(at)
    removed = Removable()
    for organisation in _organisations(at):
        try:
            removed += _prune_one(organisation, at, end)
        except (DatabaseError, StoreError):
            log.exception("snapshots not pruned", extra={"organisation": str(organisation)})
    return removed


def _rules(organisation: uuid.UUID, at: datetime) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "newest": settings.SNAPSHOT_KEEP_NEWEST,
        "before": at - timedelta(days=settings.SNAPSHOT_KEEP_DAYS),
        "unused": at - SPARED,
        "batch": BATCH,
    }


def _organisations(at: datetime) -> list[uuid.UUID]:
    before = at - timedelta(days=settings.SNAPSHOT_KEEP_DAYS)
    return organisations_to_prune(before, at - SPARED)


def _tidy(at: datetime) -> None:
    try:
        with at_the_store() as store:
            if isinstance(store, AtomicFiles):
                store.tidy(at - SPARED)
    except (FileNotFoundError, StoreError):
        log.exception("files of killed workers not removed")


def _prune_one(organisation: uuid.UUID, at: datetime, end: float) -> Removable:
    while time.monotonic() < end:
        if not committed(organisation, lambda: _let_go(organisation, at)):
            break
    removed: list[StoredSnapshot] = []
    last = uuid.UUID(int=0)
    while time.monotonic() < end:
        with within(organisation):
            unused = StoredSnapshot.objects.filter(unused_since__lt=at - SPARED, pk__gt=last)
            batch = list(unused.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not batch:
            break
        last = batch[-1]
        for pk in batch:
            with within(organisation):
                removed += _remove(pk, at)
    accounts = {row.account_id for row in removed}
    return Removable(len(removed), len(accounts), sum(row.stored_bytes for row in removed))


def _let_go(organisation: uuid.UUID, at: datetime) -> int:
    """Take the snapshot from a batch of scans; return of how many."""
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, _rules(organisation, at))
        free = cursor.fetchall()
    for snapshot, finished_at, _ in free:
        if not Scan.objects.filter(snapshot=snapshot).exists():
            row = StoredSnapshot.objects.filter(pk=snapshot)
            row.update(unused_since=finished_at)
    scans: int = sum(number for _, _, number in free)
    if scans:
        record(
            organisation=organisation, by=None, action="snapshots.pruned", after={"scans": scans}
        )
    return scans


def _remove(pk: uuid.UUID, at: datetime) -> list[StoredSnapshot]:
    """Remove the file and the row of a snapshot; nothing when it is in use or in other hands.

    Whoever keeps the same content meanwhile waits for the row, and then writes the file anew.
    """
    rows = StoredSnapshot.objects.select_for_update(skip_locked=True)
    row = rows.filter(pk=pk, unused_since__lt=at - SPARED).first()
    if row is None or Scan.objects.filter(snapshot=row).exists():
        return []
    with at_the_store() as store:
        store.delete(row.path)
    StoredSnapshot.objects.filter(pk=pk).delete()
    return [row]
