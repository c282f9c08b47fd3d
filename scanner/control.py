"""A control, its verdicts, and the runner that owns "not applicable" and "not assessed".

Authors of controls judge one resource at a time and say what they saw; absence and accident are
the runner's: a list that was read and is empty is not applicable, a fact that was refused or a
control that crashed is not assessed (design 2.7, models.md 5.5).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from scanner.evidence import Piece
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import Listed, NotSeen, Severity, Status, Topic, Unobserved, gaps, seen

log = logging.getLogger(__name__)


class Resource(Protocol):
    """What a control judges: anything with a key (ARN, or design 2.11), a name and a region."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def region(self) -> str: ...


NO_VALUES: Mapping[str, str] = {}
"""One for all verdicts without a remedy to fill."""

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


@dataclass(slots=True)
class Verdict:
    """What a control says about one resource, with every reason and the evidence for it.

    Nobody changes one; it is not frozen because making a frozen one takes five times as long.
    `severity` is set on a fail only; None there means the control's ceiling. `values` fill the
    remedy's placeholders and belong to fails.
    """

    status: Status
    reasons: tuple[str, ...]
    evidence: tuple[Piece, ...] = ()
    severity: Severity | None = None
    values: Mapping[str, str] = field(default_factory=lambda: NO_VALUES)
    missing: tuple[Unobserved, ...] = ()


def passed(reason: str, *evidence: Piece) -> Verdict:
    """The requirement holds; info remarks are evidence on a pass."""
    return Verdict(Status.PASS, (reason,), evidence)


def failed(
    reason: str,
    *evidence: Piece,
    severity: Severity | None = None,
    values: Mapping[str, str] | None = None,
) -> Verdict:
    """The requirement does not hold; `severity` lowers a sub-case below the control's ceiling."""
    return Verdict(Status.FAIL, (reason,), evidence, severity, values or NO_VALUES)


def manual(reason: str, *evidence: Piece) -> Verdict:
    """No API can decide; a named person has to attest."""
    return Verdict(Status.MANUAL, (reason,), evidence)


def not_applicable(why: str, *evidence: Piece) -> Verdict:
    """The requirement is not about this account or resource, proven by a successful read."""
    return Verdict(Status.NOT_APPLICABLE, (why,), evidence)


def not_assessed(why: str, *missing: Unobserved, evidence: Iterable[Piece] = ()) -> Verdict:
    """What was seen is not enough to judge."""
    return Verdict(Status.NOT_ASSESSED, (why,), tuple(evidence), missing=missing)


def all_faults(faults: Sequence[Verdict], otherwise: Verdict) -> Verdict:
    """One verdict per resource with all its reasons: the worst severity, or `otherwise` if none."""
    if not faults:
        return otherwise
    known_ranks = [fault for fault in faults if fault.severity is not None]
    at_ceiling = len(known_ranks) < len(faults)
    severities = [fault.severity for fault in known_ranks if fault.severity is not None]
    return Verdict(
        Status.FAIL,
        tuple(dict.fromkeys(reason for fault in faults for reason in fault.reasons)),
        tuple(dict.fromkeys(piece for fault in faults for piece in fault.evidence)),
        None if at_ceiling else min(severities, key=lambda one: one.rank),
        {name: value for fault in reversed(faults) for name, value in fault.values.items()},
    )


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a requirement comes from: a page title, and its address when it has a public one."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a named person confirms where no API decides, one sentence, and for how many days."""

    statement: str
    valid_days: int = 365


CONTROL_FILE = re.compile(r"^(?P<id>(?:m_)?[a-z]+_\d+)_[a-z0-9_]+$")


@dataclass(frozen=True, kw_only=True)
class Control(Generic[R]):
    """One requirement we can judge; its identity is the name of the file it stands in.

    `severity` is the worst that the control can return. `reads` names the facts it looks at as
    "service.fact" (they decide what is collected), `needs` those among them that must have been
    read whole before it may say anything but fail. `resources` lists what it judges.
    `not_applicable_because` says why an empty list means that the control does not apply.
    `attestation` is set on manual controls (controls.md section 10).
    """

    module: str
    title: str
    severity: Severity
    risk: str
    remedy: Remedy
    references: tuple[Reference, ...]
    reads: tuple[str, ...]
    needs: tuple[str, ...] = ()
    not_applicable_because: str
    resources: Callable[[Snapshot], Listed[R]]
    check: Callable[[R, Snapshot], Verdict]
    attestation: Attestation | None = None

    @cached_property
    def id(self) -> str:
        """SQS-03 for scanner.controls.sqs.sqs_03_closed_to_strangers."""
        found = CONTROL_FILE.match(self.module.rsplit(".", 1)[-1])
        if found is None:
            message = f"{self.module} is not named like a control file (sqs_03_what_it_says)"
            raise ValueError(message)
        return found["id"].upper().replace("_", "-")

    @cached_property
    def topic(self) -> Topic:
        """The folder the control stands in."""
        return Topic(self.module.rsplit(".", 2)[-2])

    @cached_property
    def services(self) -> frozenset[str]:
        """Names of the snapshot's fields that the control looks at."""
        return frozenset(path.split(".", 1)[0] for path in (*self.reads, *self.needs))


@dataclass(slots=True)
class Outcome:
    """Control + resource + verdict, from one scan; not frozen for the same reason as a verdict."""

    control: str
    topic: Topic
    resource: str
    name: str
    region: str
    status: Status
    severity: Severity
    ceiling: Severity
    reasons: tuple[str, ...]
    evidence: tuple[Piece, ...] = ()
    values: Mapping[str, str] = field(default_factory=lambda: NO_VALUES)
    missing: tuple[Unobserved, ...] = ()

    @property
    def reason(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)

    @property
    def missing_action(self) -> str:
        """The IAM actions whose refusal left this not assessed, comma separated."""
        return ", ".join(dict.fromkeys(gap.action for gap in self.missing if gap.action))


def the_account(snapshot: Snapshot) -> Listed[Account]:
    """The account itself, as the one resource of account-wide controls."""
    return (snapshot.account,)


def judge(controls: Iterable[Control[Any]], snapshot: Snapshot) -> tuple[Outcome, ...]:
    """Judge a snapshot: outcomes sorted by control and resource, one per (control, resource)."""
    outcomes = [outcome for control in controls for outcome in outcomes_of(control, snapshot)]
    return tuple(sorted(outcomes, key=lambda one: (one.control, one.resource)))


def outcomes_of(control: Control[Any], snapshot: Snapshot) -> list[Outcome]:
    """Run one control over its resources; never raises, whatever the control does."""
    listed = _guarded(control, lambda: control.resources(snapshot))
    if isinstance(listed, Verdict):
        return [_outcome(control, snapshot.account, listed)]
    missing = _missing_needs(control, snapshot)
    judged = [_judged(control, resource, snapshot, missing) for resource in seen(listed)]
    outcomes = {outcome.resource: outcome for outcome in judged}
    for region in dict.fromkeys(gap.region for gap in gaps(listed)):
        here = tuple(gap for gap in gaps(listed) if gap.region == region)
        key = snapshot.account.key_in(region)
        outcome = _outcome(control, snapshot.account, _unseen(here))
        outcomes[key] = replace(outcome, resource=key, region=region)
    if not outcomes:
        verdict = _checked_needs(not_applicable(control.not_applicable_because), missing)
        return [_outcome(control, snapshot.account, verdict)]
    return list(outcomes.values())


def _judged(
    control: Control[Any], resource: Resource, snapshot: Snapshot, missing: Sequence[Unobserved]
) -> Outcome:
    verdict = _guarded(control, lambda: _within_ceiling(control, control.check(resource, snapshot)))
    return _outcome(control, resource, _checked_needs(verdict, missing) if missing else verdict)


def _guarded(control: Control[Any], ask: Callable[[], T]) -> T | Verdict:
    """Ask the control; what it could not see or how it crashed becomes a verdict."""
    try:
        return ask()
    except NotSeen as unseen:
        return _unseen(unseen.gaps)
    except Exception:  # one crashing control must not take the others along (design 2.7)
        log.exception("control crashed", extra={"control": control.id})
        return not_assessed(
            f"Control {control.id} failed to run. This is a fault of ours, not of the account."
        )


def _within_ceiling(control: Control[Any], verdict: Verdict) -> Verdict:
    if verdict.severity is not None and verdict.severity.rank < control.severity.rank:
        message = f"{control.id} returned {verdict.severity}, worse than {control.severity}"
        raise ValueError(message)
    return verdict


def _missing_needs(control: Control[Any], snapshot: Snapshot) -> tuple[Unobserved, ...]:
    return tuple(gap for path in control.needs for gap in gaps(_fact(snapshot, path)))


def _checked_needs(verdict: Verdict, missing: Sequence[Unobserved]) -> Verdict:
    """Known facts may prove a fail; everything else needs all of the control's needs."""
    if not missing or verdict.status in {Status.FAIL, Status.NOT_ASSESSED}:
        return verdict
    return _unseen(missing)


def _fact(snapshot: Snapshot, path: str) -> object:
    service, name = path.split(".", 1)
    return getattr(getattr(snapshot, service), name)


def _unseen(missing: Sequence[Unobserved]) -> Verdict:
    unique = tuple(dict.fromkeys(missing))
    return Verdict(Status.NOT_ASSESSED, tuple(gap.sentence() for gap in unique), missing=unique)


def _outcome(control: Control[Any], resource: Resource, verdict: Verdict) -> Outcome:
    return Outcome(
        control=control.id,
        topic=control.topic,
        resource=resource.key,
        name=resource.name,
        region=resource.region,
        status=verdict.status,
        severity=verdict.severity or control.severity,
        ceiling=control.severity,
        reasons=verdict.reasons,
        evidence=verdict.evidence,
        values=verdict.values,
        missing=verdict.missing,
    )
