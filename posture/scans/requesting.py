"""Asking for scans: by people, by programs, by schedules, and again for those that were left."""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from posture.auditing import record
from posture.enqueue import enqueue, publish
from posture.models import (
    MAX_ATTEMPTS,
    Account,
    ApiToken,
    LeaseState,
    Scan,
    Schedule,
    User,
    database_now,
    is_locked,
)
from posture.models.crossing import Located, due_schedules, fairest_scan, overdue_scans
from posture.models.leased import ACTIVE
from posture.models.tenancy import within
from posture.scans.failing import cancelled

log = logging.getLogger(__name__)

TASK = "posture.run_scan"
LOST_AND_CANCELLED = "Its worker was lost before what it had read could be kept."
WORKER_LOST = (
    "The worker was lost three times while it read this account. Start the scan again; if that "
    "happens again, the worker's log says why."
)


class NotConnectedError(Exception):
    """The account cannot be scanned in the state it is in; the message says what to do."""


class LockedError(NotConnectedError):
    """No account can be scanned: this installation is a restored copy that nobody has unlocked."""

    def __init__(self) -> None:
        super().__init__(
            "This installation is locked, so it scans nothing. Whoever runs it can unlock it with: "
            "manage.py unlock --apply"
        )


def request_scan(
    *, account: Account, by: User | ApiToken | None, trigger: str
) -> tuple[Scan, bool]:
    """Queue a scan, inside `within` the account's organisation; publish it on commit.

    Returns the scan and whether it is new: an account has one queued or running scan at most, and
    asking again gives that one. What a schedule asks for is no audit event. Raises NotConnectedError unless the account is connected, and
    LockedError while the installation is locked.
    """
    if is_locked():
        raise LockedError
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.state != Account.State.CONNECTED:
        why = locked.state_reason if locked.state_code else ""
        message = (
            f"{locked.label} is {locked.state}. {why or 'Test its connection first, then scan it.'}"
        )
        raise NotConnectedError(message)
    active = Scan.objects.filter(account=locked, state__in=ACTIVE).first()
    if active is not None:
        return active, False
    scan = Scan.objects.create(
        organisation_id=locked.organisation_id,
        account=locked,
        trigger=trigger,
        requested_by=by if isinstance(by, User) else None,
        published_at=database_now(),
    )
    enqueue(TASK, scan.pk)
    if trigger != Scan.Trigger.SCHEDULE:
        record(
            organisation=locked.organisation_id,
            by=by,
            action="scan.requested",
            target=scan,
            label=str(locked),
            after={"trigger": trigger},
        )
    return scan, True


def start_due() -> int:
    """Request the scans whose schedule has come; return how many slots were taken.

    Several callers at once take each slot once. A slot whose account is being scanned already, or
    is not connected, is used up; slots that nobody took for a while count as one. Nothing is due
    while the installation is locked.
    """
    if is_locked():
        return 0
    return sum(_guarded(_start, place) for place in due_schedules())


def wake(scan: uuid.UUID) -> None:
    """Tell a worker about a scan that waits while nobody else may have heard of it."""
    publish(TASK, scan)


def wake_next() -> bool:
    """Tell a worker about the scan whose turn it is, as room for one was made; False for none."""
    with transaction.atomic():
        place = fairest_scan(None, settings.SCANS_PER_ORGANISATION)
    return place is not None and publish(TASK, place.id)


def take_back_overdue() -> int:
    """Publish scans again that no worker has; end those that lost three workers or were cancelled.

    Overdue are running scans whose lease is over, queued ones that were published a while ago, and
    those whose next try has come.
    A locked installation leaves them as they are.
    """
    if is_locked():
        return 0
    return sum(_guarded(_take_back, place) for place in overdue_scans(settings.REPUBLISH_SECONDS))


def _guarded(work: Callable[[Located], bool], place: Located) -> bool:
    """Do it for one row, whatever is wrong with that one."""
    try:
        with within(place.organisation):
            return work(place)
    except Exception:  # a row that cannot be worked must not hold up those of other organisations
        log.exception("tick failed", extra={"row": str(place.id)})
        return False


def _start(place: Located) -> bool:
    """The account is locked first, as by everybody who writes both; what is held comes next tick."""
    free = Account.objects.select_for_update(skip_locked=True)
    account = free.filter(schedule=place.id).first()
    due = Schedule.objects.select_for_update(skip_locked=True)
    schedule = due.filter(pk=place.id, next_run__lte=Now()).first()
    if account is None or schedule is None:
        return False
    now = database_now()
    schedule.last_run = now
    schedule.next_run = schedule.run_after(now)
    schedule.save(update_fields=["last_run", "next_run"])
    try:
        request_scan(account=account, by=None, trigger=Scan.Trigger.SCHEDULE)
    except NotConnectedError:
        log.info("schedule of an account that is not connected", extra={"row": str(place.id)})
    return True


def _take_back(place: Located) -> bool:
    a_while_ago = Now() - timedelta(seconds=settings.REPUBLISH_SECONDS)
    left = Scan.objects.filter(pk=place.id, state=LeaseState.RUNNING, lease_until__lt=Now())
    ended = left.filter(cancel_requested_at__isnull=False).select_for_update().first()
    if ended is not None:
        cancelled(ended, LOST_AND_CANCELLED, fence=F("fence") + 1)
        return True
    if left.filter(attempt__gte=MAX_ATTEMPTS).update(
        state=LeaseState.FAILED,
        finished_at=Now(),
        fence=F("fence") + 1,
        lease_until=None,
        reason_code="worker_lost",
        reason=WORKER_LOST,
    ):
        return True
    unheard = Q(last_published__lt=a_while_ago)
    retried = Q(retry_at__lte=Now()) & (unheard | Q(last_published__lt=F("retry_at")))
    queued = Q(state=LeaseState.QUEUED) & (Q(retry_at__isnull=True) & unheard | retried)
    expired = Q(state=LeaseState.RUNNING, lease_until__lt=Now()) & (
        unheard | Q(last_published__lt=F("lease_until"))
    )
    waiting = Scan.objects.annotate(last_published=Coalesce("published_at", "queued_at"))
    if waiting.filter(queued | expired, pk=place.id).update(published_at=Now()):
        enqueue(TASK, place.id)
        return True
    return False
