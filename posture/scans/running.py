"""Running a claimed scan: outside of any transaction, with a heartbeat, in the worker's child."""

import logging
import uuid
from dataclasses import dataclass
from importlib import import_module

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models.functions import Now

from posture.ceilings import shared_ceiling
from posture.models import Account, Organisation, Scan, is_locked
from posture.models.crossing import fairest_scan
from posture.models.tenancy import committed, within
from posture.profiles import profile_of
from posture.scans.failing import NOT_CONNECTED, OURS, TOO_LONG, Reason, fail, not_kept
from posture.scans.heartbeat import Heartbeat
from posture.scans.recording import record
from posture.scans.stores import StoreError
from posture.sealing import CannotOpenError
from scanner.aws import CannotReach, Limits, Role, Stopped, Visit, preload, session_name
from scanner.collect.plan import ALL_ACTIONS
from scanner.controls import every_control

log = logging.getLogger(__name__)

BOTOCORE_NAMES = {"aws-marketplace": "marketplace-catalog"}
"""Where botocore calls a service otherwise than IAM does."""


NOT_OPENED = "The account's ExternalId could not be opened, so AWS was not asked."
ASK_DOCTOR = (
    "Your account is not the cause. Whoever runs this installation finds the key that is missing "
    "with: manage.py doctor"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A scan that is ours as long as its fence holds, and the account it visits."""

    scan: Scan
    account: Account
    fence: int


def prepare() -> None:
    """Load what every scan needs, before a worker forks: its children then share the memory."""
    import_module("scanner.scan")

    every_control()
    prefixes = {action.partition(":")[0] for action in ALL_ACTIONS}
    preload({"sts"} | {BOTOCORE_NAMES.get(prefix, prefix) for prefix in prefixes})


def claim(named: uuid.UUID) -> Claim | None:
    """Take the scan whose turn it is, woken up by a message that named one; None to do nothing.

    The broker hands out messages in the order in which they were sent, so a fair order comes from
    here: it need not be the named scan. A message whose scan is not due (taken, over, unknown, to
    be tried later) is dropped. Nothing is taken while every organisation with work has all the
    scans running that it may, or while the installation is locked.
    """
    if is_locked():
        return None
    with transaction.atomic():
        place = fairest_scan(named, settings.SCANS_PER_ORGANISATION)
        if place is None:
            return None
        with within(place.organisation):
            scan = Scan(pk=place.id)
            if not scan.claim():
                return None
            Organisation.objects.filter(pk=place.organisation).update(scan_turn=Now())
            return Claim(scan, Account.objects.get(pk=scan.account_id), scan.fence)


def run(claim: Claim) -> None:
    """Visit the account and record what was seen; whatever happens, the scan's row says so.

    Not inside a transaction. A scan that another worker has taken over in the meantime is left to
    that one. One that somebody cancels ends between two calls to AWS, and keeps what it has read.
    """
    if claim.account.state != Account.State.CONNECTED:
        _fail(claim, NOT_CONNECTED)
        return
    try:
        _visit_and_record(claim)
    except Stopped:
        log.warning("scan was taken over", extra=named(claim))
    except CannotReach as refusal:
        _fail(claim, Reason(refusal.code, f"{refusal.message} {refusal.advice}"))
    except SoftTimeLimitExceeded:
        _fail(claim, TOO_LONG)
    except StoreError as refusal:
        log.exception("snapshot not kept", extra=named(claim))
        _fail_if_possible(claim, not_kept(str(refusal)))
    except Exception:  # a fault of ours must neither lose the scan nor stop the worker
        log.exception("scan failed", extra=named(claim))
        _fail_if_possible(claim)


def _visit_and_record(claim: Claim) -> None:
    from scanner.scan import scan  # only workers scan; the web must not wait for it at its start

    with Heartbeat(claim.scan, claim.fence) as heartbeat:
        report = scan(
            visit_of(claim.account, session_name(str(claim.scan.pk))),
            profile=profile_of(claim.account),
            limits=limits(),
            progress=heartbeat.show,
            stop=heartbeat.is_lost,
            enough=heartbeat.is_cancelled,
        )
        connection.close_if_unusable_or_obsolete()  # minutes have passed since we last used it
        heartbeat.show_recording()
        if not record(scan=claim.scan, fence=claim.fence, report=report):
            log.warning("scan was recorded by another worker", extra=named(claim))


def limits() -> Limits:
    """Return how hard a scan may ask AWS: its own calls in flight, and the ceilings of all."""
    return Limits(in_flight=settings.SCAN_CONCURRENCY, ceiling=shared_ceiling())


def visit_of(account: Account, session: str) -> Visit:
    """Return the way into an account, by role and external id; CannotReach when that is sealed for good."""
    try:
        role = Role(account.role_arn, account.external_id, session)
    except CannotOpenError as error:
        log.error("external id not opened", exc_info=error)
        raise CannotReach("secret_unreadable", NOT_OPENED, ASK_DOCTOR) from None
    return Visit(role=role, account=account.aws_account)


def _fail(claim: Claim, reason: Reason) -> None:
    committed(claim.scan.organisation_id, lambda: fail(claim.scan, claim.fence, reason))


def _fail_if_possible(claim: Claim, reason: Reason = OURS) -> None:
    """The fault may have been the database's, and last."""
    connection.close_if_unusable_or_obsolete()
    try:
        _fail(claim, reason)
    except (DatabaseError, InterfaceError):
        log.exception("end of the scan not written; its lease will end", extra=named(claim))


def named(claim: Claim) -> dict[str, str]:
    """Return by which ids a line of a log belongs to this attempt."""
    return {
        "scan": str(claim.scan.pk),
        "organisation": str(claim.scan.organisation_id),
        "attempt": str(claim.scan.attempt),
        "fence": str(claim.fence),
    }
