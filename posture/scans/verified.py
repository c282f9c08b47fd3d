"""Recording what was seen of one finding: one transaction, fenced, and no other finding is touched."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from posture.models import (
    Account,
    ControlResult,
    Finding,
    LeaseState,
    Scan,
    Verification,
    database_now,
)
from posture.models.plain import storable
from posture.models.tenancy import committed
from posture.scans.changes import Changes, Known, compare
from posture.scans.failing import CLOCK, NOT_CONNECTED, Reason
from posture.scans.findings import Step, write_findings
from posture.scans.recording import CLOCKS_DIFFER_BY, REACHABLE
from posture.scans.rescoring import score_now
from posture.scans.results import SHOWN_ACTIONS, SHOWN_REASONS, write_score
from posture.scans.settling import by_fingerprint
from scanner.again import Look
from scanner.control import Outcome
from scanner.score import Score, score_of
from scanner.vocabulary import Status

Seen = Verification.Seen

SCANNED = Reason(
    "scanned_meanwhile",
    "A scan of the whole account began or ended meanwhile. It looks at this finding, too, and its "
    "result counts; if that scan ends without a result, check again.",
)
GONE = "The list that held this resource was read in full, and it is no longer there."
UNSEEN = "What the control needs could not be read, so the finding stays as it was."
NO_POINTS = score_of([])
"""Points follow with the score of the whole account."""


def end(
    rows: QuerySet[Verification], reason: Reason, state: str = LeaseState.FAILED, **more: Any
) -> int:
    """End verifications with a reason that people can act on; return how many there were."""
    return rows.update(
        state=state,
        reason_code=reason.code,
        reason=storable(reason.sentence),
        finished_at=Now(),
        lease_until=None,
        **more,
    )


def record_look(*, verification: Verification, fence: int, look: Look) -> bool:
    """Record what a look says about the verification's finding; False when it is not ours any more.

    A pass, or being gone from a list that was read whole, resolves the finding; a fail brings its
    evidence up to date; what could not be seen changes nothing and is said. A scan of the whole
    account that was recorded or began to run meanwhile counts instead.
    """

    def write() -> bool:
        account = Account.objects.select_for_update().get(pk=verification.account_id)
        held = (
            verification.held(fence).select_related("requested_by").select_for_update(of=("self",))
        )
        row = held.first()
        if row is None:
            return False
        finding = Finding.objects.select_related("last_scan").get(pk=row.finding_id)
        step = Step(
            account, finding.last_scan, look.taken_at, database_now(), row.requested_by, row
        )
        refused = _refused(step)
        if refused is not None:
            state = LeaseState.CANCELLED if refused is SCANNED else LeaseState.FAILED
            end(row.held(fence), refused, state)
        else:
            _record(step, finding, row.held(fence), look)
        return True

    return committed(verification.organisation_id, write)


def _refused(step: Step) -> Reason | None:
    """Why this look must not count.

    A scan is dated by when it began to read, so one that ended after the look began may have read
    later than the look did.
    """
    account = step.account
    if account.state not in REACHABLE:
        return NOT_CONNECTED
    if step.taken_at - step.at > CLOCKS_DIFFER_BY:
        return CLOCK
    last = account.last_scan
    known = (account.scored_at, last.finished_at if last is not None else None)
    newer = any(moment is not None and step.taken_at < moment for moment in known)
    return SCANNED if newer or is_scanned(account) else None


def is_scanned(account: Account) -> bool:
    """Whether a scan of the whole account runs, whose result is to count instead of a look's."""
    return Scan.objects.filter(account=account, state=LeaseState.RUNNING).exists()


def _record(step: Step, finding: Finding, held: QuerySet[Verification], look: Look) -> None:
    named = dict(by_fingerprint(step.account, look.outcomes))
    known = _known(finding)
    changes = compare(named, known, {finding.control}, only=finding.fingerprint)
    seen = _seen(changes)
    outcome = named.get(finding.fingerprint)
    if seen != Seen.NOT_ASSESSED:
        write_findings(step, changes, known, NO_POINTS)
        _write_result(step, finding.control, seen, outcome)
        judged = score_now(step)
        _write_share(step, finding.control, judged)
        if changes.events:
            write_score(step, judged, None, step.at)
    told = _told(seen, outcome, named)
    state = LeaseState.PARTIAL if seen == Seen.NOT_ASSESSED else LeaseState.DONE
    end(held, Reason("", told), state, seen=seen, missing_action=_missing(seen, outcome, named))


def _known(finding: Finding) -> list[Known]:
    rows = Finding.objects.filter(pk=finding.pk).select_for_update()
    return [Known(*row) for row in rows.values_list(*Known.__dataclass_fields__)]


def _seen(changes: Changes) -> str:
    """What became of the one finding."""
    if changes.failing:
        return Seen.FAILING
    return next((Seen(one) for one, closed in changes.closed.items() if closed), Seen.NOT_ASSESSED)


def _told(seen: str, outcome: Outcome | None, named: Mapping[str, Outcome]) -> str:
    if outcome is not None:
        return outcome.reason
    if seen == Seen.GONE:
        return GONE
    unseen = [one.reason for one in named.values() if one.status is Status.NOT_ASSESSED]
    return " ".join(list(dict.fromkeys(unseen))[:SHOWN_REASONS]) or UNSEEN


def _missing(seen: str, outcome: Outcome | None, named: Mapping[str, Outcome]) -> str:
    """The IAM actions that were refused, when nothing was seen for want of them."""
    if seen != Seen.NOT_ASSESSED:
        return ""
    asked = [outcome] if outcome is not None else named.values()
    actions = dict.fromkeys(gap.action for one in asked for gap in one.missing if gap.action)
    return storable(", ".join(list(actions)[:SHOWN_ACTIONS]))


def _write_result(step: Step, control: str, seen: str, outcome: Outcome | None) -> None:
    """Bring the control's row up to one resource; what its last scan could not see stays unseen."""
    row = ControlResult.objects.filter(account=step.account, control=control).first()
    if row is None:
        return
    row.passing += seen == Seen.FIXED
    reasons = _open(step, control).order_by("severity_rank", "pk").values_list("reasons", flat=True)
    failing = [" ".join(one) for one in reasons[: SHOWN_REASONS * SHOWN_REASONS]]
    row.status = _status(row, failing=bool(failing))
    if failing:
        row.reason = " ".join(list(dict.fromkeys(failing))[:SHOWN_REASONS])
    elif row.status != Status.NOT_ASSESSED:
        row.reason = outcome.reason if outcome is not None else GONE
    row.save(update_fields=["passing", "status", "reason"])


def _status(row: ControlResult, *, failing: bool) -> str:
    """The first that holds, in the order in which a control's resources roll up."""
    rolled = (
        (failing, Status.FAIL),
        (row.not_assessed or row.open_ended, Status.NOT_ASSESSED),
        (row.asked, Status.MANUAL),
        (row.passing, Status.PASS),
    )
    return next((status.value for holds, status in rolled if holds), Status.NOT_APPLICABLE.value)


def _write_share(step: Step, control: str, judged: Score) -> None:
    one = next((one for one in judged.controls if one.control == control), None)
    if one is None:
        return
    stale = _open(step, control).filter(not_rechecked_since__isnull=False)
    since = stale.order_by("last_seen").values_list("last_seen", flat=True).first()
    ControlResult.objects.filter(account=step.account, control=control).update(
        failing=one.failing,
        severity=one.severity.value,
        share=one.share,
        stale_since=since if one.stale else None,
    )


def _open(step: Step, control: str) -> QuerySet[Finding]:
    rows = Finding.objects.filter(account=step.account, control=control)
    return rows.exclude(state=Finding.State.RESOLVED)
