"""Looking again at one finding: asking for it, doing it in a worker, taking it back when it is lost."""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from posture.auditing import record
from posture.enqueue import enqueue
from posture.models import (
    MAX_ATTEMPTS,
    Account,
    ApiToken,
    Finding,
    LeaseState,
    Scan,
    User,
    Verification,
    database_now,
    is_locked,
)
from posture.models.crossing import Located, organisation_of_verification, overdue_verifications
from posture.models.leased import ACTIVE
from posture.models.tenancy import committed, within
from posture.profiles import profile_of
from posture.scans.answers import is_of_an_answer
from posture.scans.failing import NOT_CONNECTED, Reason
from posture.scans.heartbeat import Heartbeat
from posture.scans.requesting import LockedError
from posture.scans.running import limits, visit_of
from posture.scans.verified import SCANNED, end, is_scanned, record_look
from scanner.aws import CannotReach, Stopped, session_name
from scanner.control import Control
from scanner.controls import every_control

log = logging.getLogger(__name__)

TASK = "posture.verify_finding"
TOO_LONG = Reason(
    "too_long",
    "Reading this again took longer than two minutes. AWS was probably throttling; try again at a "
    "quieter time, or wait for the next scan.",
)
OURS = Reason(
    "internal",
    "Looking again failed three times through a fault of ours. The worker's log has the details.",
)
LOST = Reason(
    "worker_lost",
    "The worker was lost three times while it looked again. The next scan looks at this finding, too.",
)
UNDER_WAY = (
    "A scan of this account is under way. It looks at this finding, too; wait for its result."
)

ANSWERED = (
    "Somebody's answer opened this finding, because AWS refused what the control needs. Scan the "
    "account, or answer again."
)
MOST_OF_ACCOUNT = 3
"""Looks at a time: a scan reads the same more cheaply, and AWS throttles per account."""
MOST_OF_ORGANISATION = 10
"""Looks at a time, so that one organisation does not take the workers from all others."""
TOO_MANY = (
    "{active} findings of this {whose} are being checked already, and there may be {most} at a "
    "time. Wait for one to end, or scan the account: a scan looks at all of its findings."
)


class NotVerifiableError(Exception):
    """The finding cannot be looked at again now; a stable code, and words that say what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class VerificationClaim:
    """A verification that is ours as long as its fence holds, with its finding and account."""

    verification: Verification
    finding: Finding
    account: Account
    fence: int


def request_verification(
    *, finding: Finding, by: User | None, token: ApiToken | None = None
) -> tuple[Verification, bool]:
    """Queue a verification, inside `within` the finding's organisation; publish it on commit.

    Returns it and whether it is new: a finding has one queued or running verification at most, and
    asking again gives that one. Raises NotVerifiableError (finding_resolved, control_retired,
    answered_by_people, account_not_connected, scan_under_way, locked, too_many_checks).
    """
    account = Account.objects.select_for_update().get(pk=finding.account_id)
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    active = Verification.objects.filter(finding=locked, state__in=ACTIVE).first()
    if active is not None:
        return active, False
    why = why_not(finding=locked, account=account) or _too_many(account)
    if why is not None:
        raise NotVerifiableError(*why)
    made = Verification.objects.create(
        organisation_id=locked.organisation_id,
        account=account,
        finding=locked,
        requested_by=by,
        requested_by_token=token,
        published_at=database_now(),
    )
    enqueue(TASK, made.pk)
    record(
        organisation=locked.organisation_id,
        by=by or token,
        action="verification.requested",
        target=locked,
    )
    return made, True


def why_not(*, finding: Finding, account: Account) -> Reason | None:
    """Say why a finding cannot be looked at again now; None when it can."""
    control = _control(finding.control)
    if is_locked():
        return Reason("locked", str(LockedError()))
    if not finding.is_open:
        return Reason("finding_resolved", "This finding is resolved; the next scan looks again.")
    if control is None:
        return _retired(finding)
    if control.attestation is not None:
        return Reason("answered_by_people", "No API shows this. Answer the control instead.")
    if is_of_an_answer(finding):
        return Reason("answered_by_people", ANSWERED)
    if account.state != Account.State.CONNECTED:
        why = account.state_reason if account.state_code else "Test its connection first."
        message = f"{account.label} is {account.state}. {why}"
        return Reason("account_not_connected", message)
    if Scan.objects.filter(account=account, state__in=ACTIVE).exists():
        return Reason("scan_under_way", UNDER_WAY)
    return None


def _too_many(account: Account) -> Reason | None:
    """Say that enough is being checked. Two who ask for two accounts at once may go one over."""
    active = Verification.objects.filter(state__in=ACTIVE)
    for whose, rows, most in (
        ("account", active.filter(account=account), MOST_OF_ACCOUNT),
        ("organisation", active, MOST_OF_ORGANISATION),
    ):
        count = rows.count()
        if count >= most:
            told = TOO_MANY.format(active=count, whose=whose, most=most)
            return Reason("too_many_checks", told)
    return None


def claim_verification(verification_id: uuid.UUID) -> VerificationClaim | None:
    """Take a verification that is queued, or whose worker was lost; None when there is none.

    One whose account is being scanned ends instead: both would read the same.
    """
    if is_locked():
        return None
    organisation = organisation_of_verification(verification_id)
    if organisation is None:
        return None
    with within(organisation):
        row = Verification.objects.filter(pk=verification_id).first()
        if row is None or not row.claim():
            return None
        finding = Finding.objects.select_related("account").get(pk=row.finding_id)
        if is_scanned(finding.account):
            end(row.held(row.fence), SCANNED, LeaseState.CANCELLED)
            return None
        return VerificationClaim(row, finding, finding.account, row.fence)


def verify(claim: VerificationClaim) -> None:
    """Visit the account and record what was seen of one finding; the row says how it ended.

    Not inside a transaction. One that another worker has taken over is left to that one; a fault
    of ours gives it back for its next attempt.
    """
    control = _control(claim.finding.control)
    if control is None:
        _end(claim, _retired(claim.finding))
        return
    if claim.account.state != Account.State.CONNECTED:
        _end(claim, NOT_CONNECTED)
        return
    try:
        _look_and_record(claim, control)
    except Stopped:
        log.warning("verification was taken over", extra=_named(claim))
    except CannotReach as refusal:
        _end(claim, Reason(refusal.code, f"{refusal.message} {refusal.advice}"))
    except SoftTimeLimitExceeded:
        _end(claim, TOO_LONG)
    except Exception:  # a fault of ours must neither lose the row nor stop the worker
        log.exception("verification failed", extra=_named(claim))
        _give_back(claim)


def _look_and_record(claim: VerificationClaim, control: Control[Any]) -> None:
    from scanner.again import look_again  # only workers look; the web need not load it

    with Heartbeat(claim.verification, claim.fence) as heartbeat:
        look = look_again(
            visit_of(claim.account, session_name(str(claim.verification.pk))),
            control=control,
            now=timezone.now(),
            region=claim.finding.region,
            profile=profile_of(claim.account),
            limits=limits(),
            progress=heartbeat.show,
            stop=heartbeat.is_lost,
        )
        connection.close_if_unusable_or_obsolete()
        heartbeat.show_recording()
        if not record_look(verification=claim.verification, fence=claim.fence, look=look):
            log.warning("verification was recorded by another worker", extra=_named(claim))


def take_back_verifications() -> int:
    """Publish verifications again that no worker has, and fail those that lost three workers.

    A locked installation leaves them as they are.
    """
    if is_locked():
        return 0
    return sum(_guarded(place) for place in overdue_verifications(settings.REPUBLISH_SECONDS))


def _guarded(place: Located) -> bool:
    try:
        with within(place.organisation):
            return _take_back(place)
    except Exception:  # one that cannot be worked must not hold up those of other organisations
        log.exception("verification not taken back", extra={"row": str(place.id)})
        return False


def _take_back(place: Located) -> bool:
    rows = Verification.objects.filter(pk=place.id)
    left = rows.filter(state=LeaseState.RUNNING, lease_until__lt=Now())
    if end(left.filter(attempt__gte=MAX_ATTEMPTS), LOST, fence=F("fence") + 1):
        return True
    a_while_ago = Now() - timedelta(seconds=settings.REPUBLISH_SECONDS)
    unheard = Q(heard__lt=a_while_ago)
    queued = Q(state=LeaseState.QUEUED) & unheard
    expired = Q(state=LeaseState.RUNNING, lease_until__lt=Now()) & (
        unheard | Q(heard__lt=F("lease_until"))
    )
    waiting = rows.annotate(heard=Coalesce("published_at", "queued_at"))
    if waiting.filter(queued | expired).update(published_at=Now()):
        enqueue(TASK, place.id)
        return True
    return False


def _control(name: str) -> Control[Any] | None:
    return next((one for one in every_control() if one.id == name), None)


def _retired(finding: Finding) -> Reason:
    return Reason("control_retired", f"{finding.control} is not judged any more.")


def _end(claim: VerificationClaim, reason: Reason) -> None:
    row = claim.verification
    committed(row.organisation_id, lambda: end(row.held(claim.fence), reason))


def _give_back(claim: VerificationClaim) -> None:
    """End the lease now, so that the next tick publishes it again, or fail it for good."""
    connection.close_if_unusable_or_obsolete()
    row = claim.verification
    try:
        if row.attempt >= MAX_ATTEMPTS:
            _end(claim, OURS)
            return
        with within(row.organisation_id):
            row.held(claim.fence).update(lease_until=Now())
    except (DatabaseError, InterfaceError):
        log.exception("verification not given back; its lease will end", extra=_named(claim))


def _named(claim: VerificationClaim) -> dict[str, str]:
    return {"verification": str(claim.verification.pk), "fence": str(claim.fence)}
