"""Running a claimed scan: outside of any transaction, with a heartbeat, in the worker's child."""

import logging
import uuid
from dataclasses import dataclass
from importlib import import_module

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from posture.models import MAX_ATTEMPTS, Account, Scan, is_locked
from posture.models.crossing import organisation_of_scan
from posture.models.tenancy import committed, within
from posture.profiles import profile_of
from posture.scans.failing import NOT_CONNECTED, OURS, TOO_LONG, Reason, fail
from posture.scans.heartbeat import Heartbeat
from posture.scans.recording import record
from scanner.aws import CannotReach, Limits, Role, Stopped, Visit, preload, session_name
from scanner.collect.plan import ALL_ACTIONS
from scanner.controls import every_control

log = logging.getLogger(__name__)

BOTOCORE_NAMES = {"aws-marketplace": "marketplace-catalog"}
"""Where botocore calls a service otherwise than IAM does."""


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


def claim(scan_id: uuid.UUID) -> Claim | None:
    """Take a scan that is queued, or whose worker was lost; None when it is not to be had.

    While the installation is locked none is: the tick publishes them again once it is not.
    """
    if is_locked():
        return None
    organisation = organisation_of_scan(scan_id)
    if organisation is None:
        return None
    with within(organisation):
        scan = Scan.objects.filter(pk=scan_id).first()
        if scan is None or not scan.claim():
            return None
        return Claim(scan, Account.objects.get(pk=scan.account_id), scan.fence)


def run(claim: Claim) -> None:
    """Visit the account and record what was seen; whatever happens, the scan's row says so.

    Not inside a transaction. A scan that another worker has taken over in the meantime is left to
    that one. An error of ours gives the scan back for its next attempt.
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
    except Exception:  # a fault of ours must neither lose the scan nor stop the worker
        log.exception("scan failed", extra=named(claim))
        _give_back(claim)


def _visit_and_record(claim: Claim) -> None:
    from scanner.scan import scan  # only workers scan; the web must not wait for it at its start

    with Heartbeat(claim.scan, claim.fence) as heartbeat:
        report = scan(
            visit_of(claim.account, session_name(str(claim.scan.pk))),
            profile=profile_of(claim.account),
            limits=Limits(in_flight=settings.SCAN_CONCURRENCY),
            progress=heartbeat.show,
            stop=heartbeat.is_lost,
        )
        connection.close_if_unusable_or_obsolete()  # minutes have passed since we last used it
        heartbeat.show_recording()
        if not record(scan=claim.scan, fence=claim.fence, report=report):
            log.warning("scan was recorded by another worker", extra=named(claim))


def visit_of(account: Account, session: str) -> Visit:
    """Return the way into an account: its role, under the external id of its connection."""
    role = Role(account.role_arn, account.external_id, session)
    return Visit(role=role, account=account.aws_account)


def _fail(claim: Claim, reason: Reason) -> None:
    committed(claim.scan.organisation_id, lambda: fail(claim.scan, claim.fence, reason))


def _give_back(claim: Claim) -> None:
    """End the lease now, so that the next tick publishes the scan again, or fail it for good."""
    connection.close_if_unusable_or_obsolete()
    try:
        if claim.scan.attempt >= MAX_ATTEMPTS:
            _fail(claim, OURS)
            return
        with within(claim.scan.organisation_id):
            claim.scan.held(claim.fence).update(lease_until=Now())
    except (DatabaseError, InterfaceError):
        log.exception("scan not given back; its lease will end", extra=named(claim))


def named(claim: Claim) -> dict[str, str]:
    """Return by which ids a line of a log belongs to this attempt."""
    return {
        "scan": str(claim.scan.pk),
        "organisation": str(claim.scan.organisation_id),
        "attempt": str(claim.scan.attempt),
        "fence": str(claim.fence),
    }
