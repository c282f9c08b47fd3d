"""Answering what a scan left to people: the answer, its finding, the results and the score, in one transaction."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from posture.auditing import record
from posture.models import (
    MOST_BYTES,
    Account,
    Answer,
    Attestation,
    AttestationEnd,
    ControlResult,
    Finding,
    User,
    database_now,
    fingerprint,
)
from posture.models.crossing import Located, expired_attestations
from posture.models.plain import storable
from posture.models.tenancy import within
from posture.scans.answers import as_said
from posture.scans.changes import Known, compare
from posture.scans.findings import Step, write_findings
from posture.scans.rescoring import rescore
from scanner.control import Control, Outcome
from scanner.controls import every_control
from scanner.evidence import Fact
from scanner.score import score_of
from scanner.vocabulary import Status, Unobserved

log = logging.getLogger(__name__)

LONGEST = timedelta(days=731)
NO_POINTS = score_of([])
"""Points follow with the score of the whole account."""


class NotAttestableError(Exception):
    """The control cannot be answered for this account now; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person answers: yes or no, a note, an address or a document (name and bytes)."""

    answer: str
    valid_until: datetime
    note: str = ""
    evidence_url: str = ""
    evidence_name: str = ""
    evidence: bytes | None = None


def attest(*, account: Account, control_id: str, said: Said, by: User) -> Attestation:
    """Answer a manual control, or one that a refused call left open, inside `within`.

    The former answer is replaced. A "no" opens a finding, a "yes" resolves it, and the score is
    computed anew. Raises NotAttestableError when the control is not for people to answer, or was
    not reached by a scan of the account yet; ValueError for an answer that cannot hold.
    """
    control = _control(control_id)
    step = _step(account, by)
    _check(said, step.at)
    result = ControlResult.objects.filter(account=step.account, control=control.id).first()
    if control.attestation is None and (result is None or not result.asked):
        raise NotAttestableError(_decided(control.id))
    if result is None or not result.asked:
        message = f"The last scan of {step.account.label} has nothing to confirm for {control.id}."
        raise NotAttestableError(message)
    _end(_in_force(step.account, control.id), AttestationEnd.REPLACED, step)
    made = Attestation.objects.create(
        organisation_id=step.account.organisation_id,
        account=step.account,
        control=control.id,
        resource=step.account.key,
        answer=said.answer,
        statement=_statement(control),
        note=storable(said.note),
        evidence_url=said.evidence_url,
        evidence_name=storable(said.evidence_name),
        evidence=said.evidence,
        by=by,
        at=step.at,
        valid_until=said.valid_until,
    )
    _apply(
        step,
        control,
        as_said(_asked(step.account, control, result), made),
    )
    record(
        organisation=made.organisation_id,
        by=by,
        action="attestation.answered",
        target=made,
        label=_label(made, step),
        after={
            "answer": made.answer,
            "valid_until": made.valid_until,
            "evidence_url": made.evidence_url,
            "document": made.evidence_name,
        },
    )
    return made


def _label(answer: Attestation, step: Step) -> str:
    return f"{answer.control} of {step.account}"


def withdraw(*, attestation: Attestation, by: User) -> bool:
    """End an answer before its time, so that the control is asked again; False if it had ended."""
    return _unanswer(_step(attestation.account, by), attestation, AttestationEnd.WITHDRAWN)


def end_expired_attestations() -> int:
    """End the answers whose last day is over; return how many. Harmless in parallel."""
    return sum(_expire(place) for place in expired_attestations())


def _expire(place: Located) -> bool:
    try:
        with within(place.organisation):
            due = Attestation.objects.filter(
                pk=place.id, ended_at__isnull=True, valid_until__lte=Now()
            )
            row = due.select_related("account").first()
            return row is not None and _unanswer(
                _step(row.account, None), row, AttestationEnd.EXPIRED
            )
    except Exception:  # one that cannot be ended must not hold up those of other organisations
        log.exception("attestation not ended", extra={"row": str(place.id)})
        return False


def _unanswer(step: Step, attestation: Attestation, end: str) -> bool:
    """Take an answer back: the outcome is what the scan left, and a finding of a "no" stays open.

    Where the last scan did not leave it to people, the answer did not count and nothing changes.
    """
    if not _end([attestation], end, step):
        return False
    control = {one.id: one for one in every_control()}.get(attestation.control)
    result = ControlResult.objects.filter(
        account=step.account, control=attestation.control, asked=True
    ).first()
    if control is not None and result is not None:
        _apply(step, control, _asked(step.account, control, result))
    record(
        organisation=attestation.organisation_id,
        by=step.by,
        action=f"attestation.{end}",
        target=attestation,
        label=_label(attestation, step),
        before={"answer": attestation.answer, "valid_until": attestation.valid_until},
    )
    return True


def _control(control_id: str) -> Control[Any]:
    found = next((one for one in every_control() if one.id == control_id), None)
    if found is None:
        raise NotAttestableError(_decided(control_id))
    return found


def _decided(control_id: str) -> str:
    return f"{control_id} is decided by what AWS shows, not by an answer."


def _statement(control: Control[Any]) -> str:
    """What is confirmed: of a control that a call was refused to, that its requirement holds."""
    return control.attestation.statement if control.attestation else f"{control.title}."


def _step(account: Account, by: User | None) -> Step:
    """Lock the account; recording does the same, so answers and scans come one after another."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.last_scan is None:
        message = f"{locked.label} was not scanned yet. Scan it, then answer."
        raise NotAttestableError(message)
    now = database_now()
    return Step(locked, locked.last_scan, now, now, by)


def _check(said: Said, now: datetime) -> None:
    if said.answer not in Answer.values:
        raise ValueError("an answer is yes or no")
    if not now < said.valid_until <= now + LONGEST:
        raise ValueError("an answer holds until a day in the next two years")
    if said.evidence is not None and len(said.evidence) > MOST_BYTES:
        raise ValueError("a document has two megabytes at most")


def _in_force(account: Account, control: str) -> list[Attestation]:
    rows = Attestation.objects.filter(account=account, control=control, ended_at__isnull=True)
    return list(rows.defer("evidence"))


def _end(rows: Iterable[Attestation], end: str, step: Step) -> int:
    ids = [row.pk for row in rows]
    return Attestation.objects.filter(pk__in=ids, ended_at__isnull=True).update(
        ended_at=step.at, end=end, ended_by=step.by
    )


def _asked(account: Account, control: Control[Any], result: ControlResult) -> Outcome:
    """The outcome of a scan before anybody answers, with the hints as they were stored."""
    facts = tuple(
        Fact(piece["label"], piece["value"], piece["read_by"])
        for piece in result.evidence
        if result.is_refused
    )
    actions = result.missing_action.split(", ") if facts else []
    return Outcome(
        control=control.id,
        topic=control.topic,
        resource=account.key,
        name=f"Account {account.aws_account}",
        region="",
        status=Status.NOT_ASSESSED if result.is_refused else Status.MANUAL,
        severity=control.severity,
        ceiling=control.severity,
        reasons=tuple(fact.value for fact in facts)
        or (f"No API shows this. To confirm: {_statement(control)}",),
        evidence=facts,
        missing=tuple(Unobserved(action, "AccessDenied") for action in actions),
    )


def _apply(step: Step, control: Control[Any], outcome: Outcome) -> None:
    """Bring finding, result and score up to the answer."""
    mark = fingerprint(
        partition=step.account.partition,
        aws_account=step.account.aws_account,
        control=control.id,
        resource=outcome.resource,
    )
    rows = Finding.objects.filter(account=step.account, fingerprint=mark).select_for_update()
    known = [Known(*row) for row in rows.values_list(*Known.__dataclass_fields__)]
    known = [one for one in known if one.is_open or outcome.status is Status.FAIL]
    changes = compare({mark: outcome}, known, {control.id})
    write_findings(step, changes, known, NO_POINTS)
    row = ControlResult.objects.filter(account=step.account, control=control.id)
    row.update(status=outcome.status.value, reason=outcome.reason)
    row.filter(missing_action="").update(passing=int(outcome.status is Status.PASS))
    one = next(one for one in rescore(step).controls if one.control == control.id)
    left = [finding.last_seen for finding in changes.left(known)]
    row.update(
        failing=one.failing,
        severity=one.severity.value,
        share=one.share,
        stale_since=min(left) if one.stale and left else None,
    )
