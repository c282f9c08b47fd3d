"""What attestations make of manual outcomes: a yes passes, a no fails (design 2.11 and 3)."""

from collections.abc import Mapping
from dataclasses import replace

from posture.models import Answer, Attestation
from posture.scans.findings import Step
from scanner.control import Outcome
from scanner.evidence import Fact
from scanner.vocabulary import Status

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
    holds = answer.answer == Answer.YES
    when = f"{answer.at:%-d %B %Y}"
    until = f"{answer.valid_until:%-d %B %Y}"
    said = "confirmed" if holds else "denied"
    reason = f"{answer.by.name or answer.by.email} {said} on {when}: {answer.statement}"
    facts = [Fact("Answer", f"{answer.answer}, valid until {until}")]
    facts += [Fact("Note", answer.note)] if answer.note else []
    facts += [Fact("Evidence", answer.evidence_url)] if answer.evidence_url else []
    facts += [Fact("Document", answer.evidence_name)] if answer.evidence_name else []
    return replace(
        outcome,
        status=Status.PASS if holds else Status.FAIL,
        severity=outcome.ceiling,
        reasons=(reason,),
        evidence=(*facts, *outcome.evidence),
    )
