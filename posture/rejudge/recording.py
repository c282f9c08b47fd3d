"""Recording what newer controls say of an account's last scan: one transaction, fenced."""

from django.db.models import Q
from django.db.models.functions import Now

from posture.models import (
    Account,
    Finding,
    LeaseState,
    Rejudgement,
    Verification,
    database_now,
)
from posture.models.tenancy import committed
from posture.scans.changes import Changes
from posture.scans.failing import Reason
from posture.scans.findings import Step
from posture.scans.recording import REACHABLE, be_patient
from posture.scans.results import write_score
from posture.scans.settling import settle
from scanner.report import Report

NEWER = Reason(
    "newer_scan",
    "A newer scan of this account was recorded meanwhile, so its findings and score stand.",
)
NOT_CONNECTED = Reason("not_connected", "The account is not connected any more.")


def record(*, row: Rejudgement, fence: int, report: Report) -> bool:
    """Record a rejudgement; False when it is not ours any more.

    Touches nothing when the account has a newer scan than the one that was judged, and leaves
    findings alone that something newer has spoken of. Harmless when repeated.
    """

    def write() -> bool:
        be_patient()
        account = Account.objects.select_for_update().get(pk=row.account_id)
        if row.held(fence).select_for_update().first() is None:
            return False
        if account.last_scan_id != row.scan_id:
            _finish(row, NEWER)
        elif account.state not in REACHABLE:
            _finish(row, NOT_CONNECTED)
        else:
            moment = report.snapshot.now
            step = Step(account, row.scan, moment, database_now(), rejudgement=row)
            judged, changes = settle(step, report.outcomes, newer=_spoken_of(step))
            write_score(step, judged, None, step.at)
            _finish(row, Reason("", ""), changes)
        return True

    return committed(row.organisation_id, write)


def _spoken_of(step: Step) -> set[str]:
    """Fingerprints of findings that something newer than the snapshot has seen or resolved."""
    later = Q(last_seen__gt=step.taken_at) | Q(resolved_at__gt=step.taken_at)
    rows = Finding.objects.filter(later, account=step.account).exclude(last_scan=step.scan)
    looks = Verification.objects.filter(
        account=step.account, state=LeaseState.DONE, finished_at__gt=step.taken_at
    )
    return set(rows.values_list("fingerprint", flat=True)).union(
        looks.values_list("finding__fingerprint", flat=True)
    )


def _finish(row: Rejudgement, reason: Reason, changes: Changes | None = None) -> None:
    done = changes or Changes()
    Rejudgement.objects.filter(pk=row.pk).update(
        state=LeaseState.DONE,
        reason_code=reason.code,
        reason=reason.sentence,
        finished_at=Now(),
        lease_until=None,
        counts={name: done.count(name) for name in ("opened", "resolved", "reopened")},
    )
