"""Recording a report: one transaction, fenced, and without effect when it is done twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from django.db import connection
from django.db.models import FloatField, Func, Q
from django.db.models.functions import Now

from posture.models import (
    Account,
    Finding,
    LeaseState,
    Scan,
    StoredSnapshot,
    Waiver,
    database_now,
    fingerprint,
)
from posture.models.plain import storable, storable_json
from posture.models.tenancy import committed
from posture.scans.answers import answered, answers_in_force
from posture.scans.changes import Changes, Known, compare
from posture.scans.failing import CLOCK, NOT_CONNECTED, Reason, fail
from posture.scans.findings import Step, write_findings
from posture.scans.results import hints_of, write_account, write_results
from posture.scans.storing import keep
from scanner.collect.plan import ALL_ACTIONS
from scanner.control import Outcome
from scanner.controls import every_control
from scanner.report import Report
from scanner.score import Score, score
from scanner.vocabulary import Status

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


def record(*, scan: Scan, fence: int, report: Report) -> bool:
    """Record what a scan saw, in one transaction; False when the scan is not ours any more.

    `fence` is the number under which the scan was claimed. A second call, or one from a worker
    whose lease was taken over, changes nothing. A report older than the last recorded one is kept
    but touches no finding and no score. One from the future, or of an account that was disconnected
    meanwhile, fails the scan.
    """
    snapshot = keep(report.document, scan=scan, taken_at=report.snapshot.now, engine=report.engine)

    def write() -> bool:
        _be_patient()
        account = Account.objects.select_for_update().get(pk=scan.account_id)
        if scan.held(fence).select_for_update().first() is None:
            return False
        step = Step(account, scan, report.snapshot.now, database_now())
        refused = _refused(step)
        if refused is not None:
            fail(scan, fence, refused)
        elif account.scored_at is not None and step.taken_at < account.scored_at:
            _finish(step, _saved(snapshot), report, report.score, Changes(), older=True)
        else:
            judged, changes = _record_findings(step, report)
            _finish(step, _saved(snapshot), report, judged, changes)
        return True

    return committed(scan.organisation_id, write)


def _be_patient() -> None:
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


def _record_findings(step: Step, report: Report) -> tuple[Score, Changes]:
    """Bring findings, results and the account up to what was seen; return score and changes."""
    answers = answers_in_force(step)
    named = {
        _fingerprint(step.account, one): answered(_storable(one), answers)
        for one in report.outcomes
    }
    controls = {control.id for control in every_control()}
    known = _known(step.account, named)
    judged = score(
        named.values(),
        open_before=[one.as_open() for one in known if one.is_open and one.control in controls],
        waived=waived(step),
    )
    changes = compare(named, known, controls)
    write_findings(step, changes, known, judged)
    write_results(step, named.values(), changes.left(known), judged, hints_of(report.outcomes))
    write_account(step, judged, _proven(report))
    return judged, changes


def _proven(report: Report) -> frozenset[str]:
    """The declared actions that this scan used and AWS did not refuse even once."""
    refused = {gap.action for gap in report.unobserved}
    return frozenset(report.calls.by_action).intersection(ALL_ACTIONS) - refused


def _fingerprint(account: Account, outcome: Outcome) -> str:
    return fingerprint(
        partition=account.partition,
        aws_account=account.aws_account,
        control=outcome.control,
        resource=outcome.resource,
    )


def _storable(outcome: Outcome) -> Outcome:
    """The outcome with every text in a form that PostgreSQL takes; evidence follows on writing."""
    return replace(
        outcome,
        resource=storable(outcome.resource),
        name=storable(outcome.name),
        region=storable(outcome.region),
        reasons=tuple(storable(reason) for reason in outcome.reasons),
        values=storable_json(outcome.values),
    )


def _known(account: Account, named: Mapping[str, Outcome]) -> list[Known]:
    """The account's open findings, and resolved ones that fail again; locked in one order."""
    failing = [key for key, one in named.items() if one.status is Status.FAIL]
    wanted = ~Q(state=Finding.State.RESOLVED) | Q(fingerprint__in=failing)
    rows = Finding.objects.filter(wanted, account=account).order_by("id").select_for_update()
    return [Known(*row) for row in rows.values_list(*Known.__dataclass_fields__)]


def waived(step: Step) -> set[tuple[str, str]]:
    """The (control, resource) pairs under a waiver in force; "" stands for all resources."""
    in_force = Waiver.objects.filter(
        account=step.account, starts_at__lte=step.at, ends_at__gt=step.at
    )
    return set(in_force.values_list("control", "resource"))


def _saved(snapshot: StoredSnapshot) -> StoredSnapshot:
    """The snapshot's row; the same content recorded before has one already."""
    StoredSnapshot.objects.bulk_create([snapshot], ignore_conflicts=True)
    return StoredSnapshot.objects.get(
        organisation_id=snapshot.organisation_id, sha256=snapshot.sha256
    )


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
