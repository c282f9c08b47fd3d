"""Tasks: an id comes in, a verb is called; a forged message can start nothing but due work."""

import logging
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from celery.signals import worker_init

from posture import scans
from posture.logging import bound_for_threads
from posture.models import note_tick

log = logging.getLogger(__name__)


@worker_init.connect
def prepare(**_: object) -> None:
    """Load the scanner once per worker, before its children are forked."""
    scans.prepare()


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
    """Run a scan that is due; anything else, and any other text, is dropped."""
    try:
        known = uuid.UUID(scan_id)
    except (ValueError, TypeError, AttributeError):
        log.warning("not a scan id")
        return
    claim = scans.claim(known)
    if claim is not None:
        with leaving_on_quit(), bound_for_threads(**scans.named(claim)):
            scans.run(claim)
            log.info("scan left")


@shared_task(name="posture.tick")
def tick() -> None:
    """Start what is due, take back what was left, end what expired; harmless when repeated."""
    scans.start_due()
    scans.take_back_overdue()
    scans.end_expired_attestations()
    note_tick()
