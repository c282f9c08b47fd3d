"""Tasks: an id comes in, a verb is called; a forged message can start nothing but due work."""

import logging
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from celery.signals import task_prerun, worker_init

from posture import auditing, connections, rejudge, scans
from posture.entrance import mail
from posture.logging import bound_for_threads
from posture.models import database_now, note_tick
from posture.models.audit import Door
from posture.models.plain import storable

log = logging.getLogger(__name__)


@worker_init.connect
def prepare(**_: object) -> None:
    """Load the scanner once per worker, before its children are forked."""
    scans.prepare()


@task_prerun.connect
def come_from_a_task(task_id: str, **_: object) -> None:
    """Say in the audit log that what follows was no person's click; a message may hold any id."""
    auditing.come_from(request_id=storable(str(task_id))[:64], door=Door.TASK)


@contextmanager
def leaving_on_quit() -> Iterator[None]:
    """Within the block, SIGQUIT makes this child give its scan back and end within a second.

    That is the signal with which a stopping worker ends its children (REMAP_SIGTERM=SIGQUIT).
    Celery's own handler, set after any signal of Celery's could replace it, raises SystemExit,
    which then waits for every call to AWS that hangs.
    """
    before = signal.signal(signal.SIGQUIT, lambda _number, _frame: scans.leave_running_scan())
    try:
        yield
    finally:
        signal.signal(signal.SIGQUIT, before)


@shared_task(name="posture.run_scan")
def run_scan(scan_id: str) -> None:
    """Run the scan whose turn it is if the named one is due; anything else is dropped."""
    try:
        known = uuid.UUID(scan_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not a scan id")
        return
    claim = scans.claim(known)
    if claim is None:
        return
    if claim.scan.pk != known:
        scans.wake(known)  # its message is used up, and it waits no less than before
    with leaving_on_quit(), bound_for_threads(**scans.named(claim)):
        scans.run(claim)
        log.info("scan left")
    scans.wake_next()


@shared_task(name="posture.verify_finding", soft_time_limit=120, time_limit=150)
def verify_finding(verification_id: str) -> None:
    """Look again at a finding that somebody asked for; anything else is dropped."""
    try:
        known = uuid.UUID(verification_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not a verification id")
        return
    claim = scans.claim_verification(known)
    if claim is not None:
        with leaving_on_quit():
            scans.verify(claim)


@shared_task(name="posture.recheck_connection", soft_time_limit=120, time_limit=150)
def recheck_connection(account_id: str) -> None:
    """Look whether a role still refuses strangers if that is due; anything else is dropped."""
    try:
        known = uuid.UUID(account_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not an account id")
        return
    connections.recheck(known)


PRUNING_SECONDS = 600
"""What is left then waits for the next day; other work must not."""


@shared_task(name="posture.prune_snapshots")
def prune_snapshots() -> None:
    """Remove the snapshots that retention lets go; harmless when repeated."""
    scans.prune(at=database_now(), seconds=PRUNING_SECONDS)


@shared_task(name="posture.rejudge")
def rejudge_scan(rejudgement_id: str) -> None:
    """Judge a scan again, if that is due; anything else, and any other text, is dropped."""
    try:
        known = uuid.UUID(rejudgement_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not a rejudgement id")
        return
    claim = rejudge.claim(known)
    if claim is not None:
        with leaving_on_quit():
            rejudge.run(claim)


@shared_task(name="posture.send_notice", soft_time_limit=60, time_limit=90)
def send_notice(notice_id: str) -> None:
    """Mail a person what was written for them, if it waits; anything else is dropped."""
    try:
        known = uuid.UUID(notice_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not a notice id")
        return
    mail.send(known)


@shared_task(name="posture.tick")
def tick() -> None:
    """Start what is due, take back what was left, end what expired; harmless when repeated."""
    scans.start_due()
    scans.take_back_overdue()
    scans.take_back_verifications()
    scans.end_expired_attestations()
    rejudge.hand_out()
    mail.send_waiting()
    connections.hand_out_rechecks()
    note_tick()
