"""Recording a report: one transaction, fenced, and without effect when it is done twice."""

from datetime import timedelta

from django.db import connection
from django.db.models import FloatField, Func
from django.db.models.functions import Now

from posture.models import Account, LeaseState, Scan, StoredSnapshot, database_now
from posture.models.plain import storable
from posture.models.tenancy import committed
from posture.scans.changes import Changes
from posture.scans.failing import CLOCK, NOT_CONNECTED, Reason, cancelled, fail
from posture.scans.findings import Step
from posture.scans.results import write_account
from posture.scans.settling import settle
from posture.scans.storing import keep, use
from scanner.collect.plan import ALL_ACTIONS
from scanner.report import Report
from scanner.score import Score

STATEMENT_TIMEOUT = "120s"
SHOWN_ACTIONS = 5
CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far a worker's clock may be ahead of the database's; what NTP keeps is far below."""
SINCE_BEGIN = Func(
    template="extract(epoch FROM clock_timestamp() - transaction_timestamp())",
    output_field=FloatField(),
)
"""Seconds since this transaction began, which is when recording did."""
REACHABLE = (Account.State.CONNECTED, Account.State.PAUSED)
"""A pause stops the next scans, not the one under way."""
OLDER = Reason(
    "older_report",
    "A newer report of this account was recorded already, so findings and score stay as that one "
    "left them. If no other scan ran meanwhile, the clock of our worker is behind.",
)


class NotOursError(Exception):
    """The scan is held by another worker now, or over."""


def record(*, scan: Scan, fence: int, report: Report) -> bool:
    """Record what a scan saw, in one transaction; False when the scan is not ours any more.

    `fence` is the number under which the scan was claimed. A second call, or one from a worker
    whose lease was taken over, changes nothing. A report older than the last recorded one is kept
    but touches no finding and no score, and so is one of a scan that was cancelled. One from the
    future, or of an account that was disconnected meanwhile, fails the scan and is not kept. Raises
    StoreError, and writes nothing, when the snapshot cannot be kept.
    """
    try:
        if committed(scan.organisation_id, lambda: _begun(scan, fence, report)) is None:
            return True
        moment = report.snapshot.now
        snapshot = keep(report.document, scan=scan, taken_at=moment, engine=report.engine)
        committed(scan.organisation_id, lambda: _write(scan, fence, report, snapshot))
    except NotOursError:
        return False
    return True


def _begun(scan: Scan, fence: int, report: Report) -> Step | None:
    """Lock the account and the scan; None when the report must not count, which fails the scan.

    Raises NotOursError when the scan is not held any more.
    """
    account = Account.objects.select_for_update().get(pk=scan.account_id)
    row = scan.held(fence).select_for_update().first()
    if row is None:
        raise NotOursError
    step = Step(account, row, report.snapshot.now, database_now())
    refused = _refused(step)
    if refused is not None:
        fail(scan, fence, refused)
        return None
    return step


def _write(scan: Scan, fence: int, report: Report, snapshot: StoredSnapshot) -> None:
    be_patient()
    step = _begun(scan, fence, report)
    if step is None:
        return
    use(snapshot)
    if step.scan.cancel_requested_at is not None:
        _finish_cancelled(step.scan, snapshot, report)
    elif step.account.scored_at is not None and step.taken_at < step.account.scored_at:
        _finish(step, snapshot, report, report.score, Changes(), older=True)
    else:
        judged, changes = settle(step, report.outcomes)
        write_account(step, judged, _proven(report))
        _finish(step, snapshot, report, judged, changes)


def be_patient() -> None:
    """A large account takes longer than a page may; holds until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT])


def _refused(step: Step) -> Reason | None:
    """Why this report must not count.

    A moment in the future would be the newest until the calendar gets there, and every honest
    report until then an old one.
    """
    if step.account.state not in REACHABLE:
        return NOT_CONNECTED
    return CLOCK if step.taken_at - step.at > CLOCKS_DIFFER_BY else None


def _proven(report: Report) -> frozenset[str]:
    """The declared actions that this scan used and AWS did not refuse even once."""
    refused = {gap.action for gap in report.unobserved}
    return frozenset(report.calls.by_action).intersection(ALL_ACTIONS) - refused


def _finish(  # noqa: PLR0913 - what the row of a scan tells
    step: Step,
    snapshot: StoredSnapshot,
    report: Report,
    judged: Score,
    changes: Changes,
    *,
    older: bool = False,
) -> None:
    unread = len(report.unobserved)
    code = OLDER.code if older else "unobserved" if unread else ""
    sentences = [OLDER.sentence if older else "", _what_was_missing(report)]
    Scan.objects.filter(pk=step.scan.pk).update(
        state=LeaseState.PARTIAL if unread else LeaseState.DONE,
        reason_code=code,
        reason=" ".join(filter(None, sentences)),
        finished_at=Now(),
        lease_until=None,
        snapshot=snapshot,
        score=judged.value,
        score_low=judged.low,
        coverage=judged.coverage,
        engine=report.engine,
        recording_seconds=SINCE_BEGIN,
        counts={
            "opened": changes.count("opened"),
            "resolved": changes.count("resolved"),
            "reopened": changes.count("reopened"),
            "not_assessed": judged.total.not_assessed,
        },
    )


def _finish_cancelled(row: Scan, snapshot: StoredSnapshot, report: Report) -> None:
    """Keep the picture and say how much of one it is; it counts for nothing (decision 008)."""
    rows = row.progress.get("services", []) if isinstance(row.progress, dict) else []
    read = sum(isinstance(one, dict) and one.get("state") == "read" for one in rows)
    cancelled(
        row,
        f"{read} of {len(rows)} services were read wholly, with {report.calls.total} calls; what "
        "was read is kept with the scan, the rest is not assessed. Findings and score stay as the "
        "scan before left them.",
        snapshot=snapshot,
        coverage=report.score.coverage,
        engine=report.engine,
        counts={"not_assessed": report.score.total.not_assessed},
    )


def _what_was_missing(report: Report) -> str:
    """A sentence about what AWS would not tell; empty when all was read."""
    if not report.unobserved:
        return ""
    actions = sorted({gap.action for gap in report.unobserved if gap.action})
    more = len(actions) - SHOWN_ACTIONS
    shown = ", ".join(actions[:SHOWN_ACTIONS]) + (f" and {more} more" if more > 0 else "")
    return storable(
        f"Some facts could not be read ({shown}), so controls that need them are not assessed. "
        "Allow these actions in the scan role, then scan again."
    )
