"""Bringing findings and results of an account up to outcomes, whoever judged; in a transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.db.models.expressions import RawSQL

from posture.models import Account, Finding, Waiver, fingerprint
from posture.models.plain import storable, storable_json
from posture.scans.answers import answered, answers_in_force, end_overtaken
from posture.scans.changes import Changes, Known, compare
from posture.scans.findings import Gains, Step, write_findings, write_points
from posture.scans.results import Asked, hints_of, write_results
from posture.scans.unseen import Left, asked, attested, left_open, still_denied
from posture.scans.versions import of_newer_versions
from scanner.control import Control, Outcome
from scanner.controls import every_control
from scanner.score import Score, score
from scanner.vocabulary import Severity, Status, Topic


def settle(
    step: Step, outcomes: Iterable[Outcome], *, newer: Collection[str] = ()
) -> tuple[Score, Changes]:
    """Write findings, events and results of these outcomes; return the score and what changed.

    `newer` are fingerprints of findings that something newer than these outcomes has spoken of:
    they stay as that left them, and count as such. The caller writes the score.
    """
    given = list(outcomes)
    answers = answers_in_force(step)
    controls = {control.id: control for control in every_control()}
    kept = _stand_ins(step.account, newer, controls)
    judged_now = by_fingerprint(step.account, given)
    named = {key: answered(one, answers) for key, one in judged_now} | kept
    left = left_open(step.account, named.values(), answers)
    end_overtaken(step, answers, named.values())
    unread = still_denied(step.account, named.values(), left)
    named = _with_answers(step.account, named, left, attested(step.account, left, answers))
    named |= {_fingerprint(step.account, one): one for one in unread} | kept
    newer_versions = of_newer_versions(step.account, controls)
    every = [one for one in _known(step.account, named) if one.id not in newer_versions]
    known = [one for one in every if one.fingerprint not in kept]
    judged = score(
        named.values(),
        open_before=[one.as_open() for one in known if one.is_open and one.control in controls],
        waived=waived(step),
    )
    changes = compare(named, known, controls, but=kept)
    write_findings(step, changes, known, judged)
    write_points((one for one in every if one.fingerprint in kept), Gains.of(judged))
    manual = [one for one in given if one.status is Status.MANUAL]
    hints = hints_of([*manual, *(asked(step.account, one) for one in left.values())])
    others = newer_versions.values()
    write_results(step, named.values(), changes.left(known), judged, Asked(hints, left, others))
    return judged, changes


def _stand_ins(
    account: Account, fingerprints: Collection[str], controls: Mapping[str, Control[Any]]
) -> dict[str, Outcome]:
    """Outcomes that say of these findings what is stored; those of retired controls are left out.

    One that is gone stands as not applicable, so that a control with nothing else keeps its row.
    """
    rows = Finding.objects.filter(
        account=account, fingerprint__in=fingerprints, control__in=controls
    )
    ceilings = {name: control.severity for name, control in controls.items()}
    return {
        row.fingerprint: _stand_in(row, ceilings[row.control]) for row in rows.defer("evidence")
    }


def _stand_in(row: Finding, ceiling: Severity) -> Outcome:
    fixed = row.resolution == Finding.Resolution.FIXED
    over = Status.PASS if fixed else Status.NOT_APPLICABLE
    return Outcome(
        control=row.control,
        topic=Topic(row.topic),
        resource=row.resource,
        name=row.resource_name,
        region=row.region,
        status=Status.FAIL if row.is_open else over,
        severity=Severity(row.severity),
        ceiling=ceiling,
        reasons=tuple(row.reasons) if row.is_open else (),
    )


def _with_answers(
    account: Account, named: Mapping[str, Outcome], left: Left, said: Mapping[str, Outcome]
) -> dict[str, Outcome]:
    """The outcomes with what people attested in place of what AWS refused."""
    kept = {
        key: one
        for key, one in named.items()
        if one.control not in said or one.status is not Status.NOT_ASSESSED
    }
    unsaid = [one for control, mine in left.items() if control not in said for one in mine]
    of_account = [one for one in unsaid if one.resource == account.key]
    return kept | {_fingerprint(account, one): one for one in (*of_account, *said.values())}


def waived(step: Step) -> set[tuple[str, str]]:
    """The (control, resource) pairs under a waiver in force; "" stands for all resources."""
    in_force = Waiver.objects.filter(
        account=step.account, starts_at__lte=step.at, ends_at__gt=step.at
    )
    return set(in_force.values_list("control", "resource"))


def by_fingerprint(account: Account, outcomes: Iterable[Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Give each outcome, with texts that can be stored, under the fingerprint of its finding."""
    return ((_fingerprint(account, one), _storable(one)) for one in outcomes)


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
    named_here = RawSQL("SELECT unnest(%s::text[])", [failing])
    wanted = ~Q(state=Finding.State.RESOLVED) | Q(fingerprint__in=named_here)
    rows = Finding.objects.filter(wanted, account=account).order_by("id").select_for_update()
    return [Known(*row) for row in rows.values_list(*Known.__dataclass_fields__)]
