"""Requirements that no API can decide: a named person attests, with what an API can hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scanner.control import Attestation, Control, Reference, Verdict, manual, not_applicable
from scanner.evidence import Fact, Piece
from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import Listed, NotSeen, Observed, Severity, Unobserved

Hint = Callable[[Snapshot], tuple[Piece, ...]]
NOWHERE = tuple(
    (form, "No API can do this; it is work of people.")
    for form in ("cli", "cloudformation", "terraform")
)


def no_hint(_snapshot: Snapshot) -> tuple[Piece, ...]:
    """No API has anything to say about it."""
    return ()


def always(_snapshot: Snapshot) -> Observed[bool]:
    """It is asked of every seller."""
    return True


def attested(  # noqa: PLR0913 - all by keyword: the parts of one question to a person
    *,
    module: str,
    title: str,
    statement: str,
    risk: str,
    steps: tuple[str, ...],
    references: tuple[Reference, ...],
    severity: Severity = Severity.MEDIUM,
    valid_days: int = 365,
    minutes: int = 30,
    hint: Hint = no_hint,
    reads: tuple[str, ...] = (),
    applies: Callable[[Snapshot], Observed[bool]] = always,
    not_applicable_because: str = "This is asked of every seller.",
    breaks: tuple[str, ...] = ("Nothing in the account changes by answering.",),
) -> Control[Account]:
    """Make a manual control of one resource, the account (controls.md section 10).

    `statement` is what the person confirms, one sentence; `steps` what to do until it is true;
    `valid_days` how long an answer holds. `hint` gives what an API can show the attester, and may
    raise NotSeen; `applies` says whether it is asked of this seller: what cannot be seen is asked.
    `severity` is that of an attested "no" (design 3).
    """

    def resources(snapshot: Snapshot) -> Listed[Account]:
        return (snapshot.account,)

    def check(_account: Account, snapshot: Snapshot) -> Verdict:
        if applies(snapshot) is False:
            return not_applicable(not_applicable_because)
        return manual(f"No API shows this. To confirm: {statement}", *_hints(hint, snapshot))

    return Control(
        module=module,
        title=title,
        severity=severity,
        risk=risk,
        remedy=Remedy(
            summary=f"{title}.",
            minutes=minutes,
            console=steps,
            breaks=breaks,
            way_back="Withdraw the answer, or answer anew.",
            without=NOWHERE,
        ),
        references=references,
        reads=reads,
        not_applicable_because=not_applicable_because,
        resources=resources,
        check=check,
        attestation=Attestation(statement, valid_days),
    )


def _hints(hint: Hint, snapshot: Snapshot) -> tuple[Piece, ...]:
    try:
        return hint(snapshot)
    except NotSeen as unseen:
        return tuple(_unseen(gap) for gap in unseen.gaps)


def _unseen(gap: Unobserved) -> Fact:
    return Fact("Hint not available", replace(gap, error=gap.error or "NotRead").sentence())
