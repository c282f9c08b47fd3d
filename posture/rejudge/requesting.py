"""Asking for rejudgements, and handing them to workers a few at a time: scans come first."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from posture.auditing import record
from posture.enqueue import enqueue
from posture.models import MAX_ATTEMPTS, Account, ApiToken, LeaseState, Rejudgement, User, is_locked
from posture.models.crossing import (
    Located,
    accounts_judged_by_older,
    due_rejudgements,
    rejudgements_left_behind,
)
from posture.models.tenancy import within
from posture.scans.recording import REACHABLE
from posture.scans.versions import numbers_of
from scanner.report import ENGINE

log = logging.getLogger(__name__)

TASK = "posture.rejudge"
AT_ONCE = 2
"""Rejudgements that may be with workers at a time, over all organisations."""
WORKER_LOST = (
    "The worker was lost three times while it judged this scan again. The worker's log says why; "
    "the next scan judges the account by the same controls."
)
OVERTAKEN = "A newer version of Seller Posture is installed; it judges this account instead."


class NothingToJudgeError(Exception):
    """The account has no snapshot that could be judged again; the message says why."""


def request(*, account: Account, by: User | ApiToken | None) -> tuple[Rejudgement, bool]:
    """Queue a rejudgement of the account's last scan, inside `within` its organisation.

    Returns it and whether it is new: the same scan is judged by the same engine once, unless that
    failed. Raises NothingToJudgeError.
    """
    locked = Account.objects.select_for_update().get(pk=account.pk)
    scan = locked.last_scan
    if locked.state not in REACHABLE:
        message = f"{locked.label} is {locked.state}."
        raise NothingToJudgeError(message)
    if scan is None or scan.snapshot_id is None:
        message = f"{locked.label} has no stored snapshot of its last scan."
        raise NothingToJudgeError(message)
    ended = (LeaseState.FAILED, LeaseState.CANCELLED)
    same = Rejudgement.objects.filter(scan=scan, engine=ENGINE).exclude(state__in=ended).first()
    if same is not None:
        return same, False
    row = Rejudgement.objects.create(
        organisation_id=locked.organisation_id,
        account=locked,
        scan=scan,
        engine=ENGINE,
        engine_before=scan.engine,
    )
    record(
        organisation=locked.organisation_id,
        by=by,
        action="rejudgement.requested",
        target=locked,
        after={"engine": ENGINE},
    )
    return row, True


def hand_out() -> int:
    """Queue accounts that older controls judged last, publish what is due; return how many.

    For the tick. After an upgrade the accounts thus follow one after another, and what still waits
    for the older version ends; what waits for a newer one is left to its workers. Harmless in
    parallel: publishing twice is claimed once. A locked installation stays as it was saved.
    """
    if is_locked():
        return 0
    numbers = numbers_of(ENGINE)
    for place in rejudgements_left_behind(numbers):
        _guarded(_end_overtaken, place)
    for place in accounts_judged_by_older(numbers, ENGINE, AT_ONCE):
        _guarded(_queue, place)
    due = due_rejudgements(ENGINE, settings.REPUBLISH_SECONDS, AT_ONCE)
    return sum(_guarded(_publish, place) for place in due)


def _guarded(work: Callable[[Located], bool], place: Located) -> bool:
    try:
        with within(place.organisation):
            return work(place)
    except Exception:  # a row that cannot be worked must not hold up those of other organisations
        log.exception("rejudgement not handed out", extra={"row": str(place.id)})
        return False


def _end_overtaken(place: Located) -> bool:
    waiting = Q(state=LeaseState.QUEUED) | Q(state=LeaseState.RUNNING, lease_until__lt=Now())
    ended = Rejudgement.objects.filter(waiting, pk=place.id).update(
        state=LeaseState.CANCELLED,
        finished_at=Now(),
        lease_until=None,
        fence=F("fence") + 1,
        reason_code="newer_version",
        reason=OVERTAKEN,
    )
    return bool(ended)


def _queue(place: Located) -> bool:
    _, new = request(account=Account.objects.get(pk=place.id), by=None)
    return new


def _publish(place: Located) -> bool:
    row = Rejudgement.objects.filter(pk=place.id)
    lost = row.filter(state=LeaseState.RUNNING, lease_until__lt=Now(), attempt__gte=MAX_ATTEMPTS)
    if lost.update(
        state=LeaseState.FAILED,
        finished_at=Now(),
        fence=F("fence") + 1,
        reason_code="worker_lost",
        reason=WORKER_LOST,
    ):
        return False
    unheard = Q(published_at=None) | Q(
        published_at__lt=Now() - timedelta(seconds=settings.REPUBLISH_SECONDS)
    )
    expired = Q(state=LeaseState.RUNNING, lease_until__lt=Now())
    if row.filter(Q(state=LeaseState.QUEUED) & unheard | expired).update(published_at=Now()):
        enqueue(TASK, place.id)
        return True
    return False
