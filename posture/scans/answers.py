"""What attestations make of an outcome: a yes passes, a no fails (design 2.7, 2.11 and 3)."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from posture.models import Answer, Attestation, AttestationEnd, Finding
from posture.scans.findings import Step
from scanner.control import Outcome
from scanner.controls import every_control
from scanner.evidence import Fact
from scanner.vocabulary import Status

ANSWER = "Answer"
"""How the first piece of evidence of an answered outcome is called."""

Answers = Mapping[tuple[str, str], Attestation]
"""Attestations in force by control id and resource key."""


def answers_in_force(step: Step) -> Answers:
    """Return the answers that hold at the moment of a step."""
    rows = Attestation.objects.filter(
        account=step.account, ended_at__isnull=True, valid_until__gt=step.at
    )
    return {(one.control, one.resource): one for one in rows.select_related("by").defer("evidence")}


def answered(outcome: Outcome, answers: Answers) -> Outcome:
    """Return the outcome as a person answered it; one that an API decided stays what it is."""
    answer = answers.get((outcome.control, outcome.resource))
    if answer is None or outcome.status is not Status.MANUAL:
        return outcome
    return as_said(outcome, answer)


def as_said(outcome: Outcome, answer: Attestation) -> Outcome:
    """Return the outcome that an answer makes; it says so where nobody could look."""
    holds = answer.answer == Answer.YES
    when = f"{answer.at:%-d %B %Y}"
    until = f"{answer.valid_until:%-d %B %Y}"
    said = "confirmed" if holds else "denied"
    reason = f"{answer.by.name or answer.by.email} {said} on {when}: {answer.statement}"
    refused = outcome.missing_action
    if outcome.status is Status.NOT_ASSESSED:
        reason += f" This is attested, not seen: {refused or 'a call'} was refused."
    facts = [Fact(ANSWER, f"{answer.answer}, valid until {until}")]
    facts += [Fact("Note", answer.note)] if answer.note else []
    facts += [Fact("Evidence", answer.evidence_url)] if answer.evidence_url else []
    facts += [Fact("Document", answer.evidence_name)] if answer.evidence_name else []
    return replace(
        outcome,
        status=Status.PASS if holds else Status.FAIL,
        severity=outcome.ceiling,
        reasons=(reason,),
        evidence=(*facts, *outcome.evidence),
        missing=(),
    )


def is_of_an_answer(finding: Finding) -> bool:
    """Whether somebody's no opened the finding, also when that no has ended since."""
    first = next(iter(finding.evidence or ()), None)
    return isinstance(first, dict) and first.get("label") == ANSWER


def end_overtaken(step: Step, answers: Answers, outcomes: Collection[Outcome]) -> None:
    """End the answers to controls that are not for people, where this scan could read the fact.

    It could not where anything of a control was left unread, for whatever reason, unless something
    else of it fails. An answer ends as replaced, by nobody: what was seen stands in its place.
    """
    unread = {one.control for one in outcomes if one.status is Status.NOT_ASSESSED}
    failed = {one.control for one in outcomes if one.status is Status.FAIL}
    seen = {one.control for one in outcomes} - unread | failed
    by_api = {control.id for control in every_control() if control.attestation is None}
    over = [one.pk for one in answers.values() if one.control in seen & by_api]
    Attestation.objects.filter(pk__in=over, ended_at__isnull=True).update(
        ended_at=step.at, end=AttestationEnd.REPLACED
    )
