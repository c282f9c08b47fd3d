"""Controls that a refused call left open, for people to attest (design 2.7, decision 006).

A person's word stands beside what was seen and never over it: where any resource failed, or a
finding that a scan saw is still open, nothing is offered and no answer counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from posture.models import Account, Finding
from posture.scans.answers import ANSWER, Answers, as_said
from scanner.control import Outcome
from scanner.evidence import Fact
from scanner.vocabulary import Status

SHOWN_GAPS = 5
NOT_SEEN = "Not seen"

Left = Mapping[str, list[Outcome]]
"""The outcomes of a scan for each control that it left open because it was refused something."""


def left_open(
    account: Account, outcomes: Iterable[Outcome], answers: Answers
) -> dict[str, list[Outcome]]:
    """Return the controls of a report that people may attest, with all their outcomes.

    Where a no that ended left a finding on the account, one outcome says that it was not seen: the finding
    stays until somebody says yes, or a scan sees the fact.
    """
    grouped = _by_control(outcomes)
    found = {control: mine for control, mine in grouped.items() if _is_refused(mine, account.key)}
    failed, denied = _failing(account, found) if found else (set(), set())
    for control in denied - failed:
        answer = answers.get((control, account.key))
        if answer is None and all(one.resource != account.key for one in found[control]):
            found[control].append(asked(account, found[control]))
    return {control: mine for control, mine in found.items() if control not in failed}


def still_denied(account: Account, outcomes: Iterable[Outcome], left: Left) -> list[Outcome]:
    """Return what keeps the finding of a no where something else than a refusal hid the fact.

    One outcome that says that it was not seen, for each such control: a call that was throttled is
    no reason to take the finding for gone.
    """
    unread = {
        control: mine
        for control, mine in _by_control(outcomes).items()
        if control not in left
        and any(one.status is Status.NOT_ASSESSED for one in mine)
        and all(one.status is not Status.FAIL and one.resource != account.key for one in mine)
    }
    denied = _failing(account, unread)[1] if unread else set()
    return [asked(account, unread[control]) for control in sorted(denied)]


def _by_control(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    grouped: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.control].append(outcome)
    return grouped


def _is_refused(outcomes: Collection[Outcome], account: str) -> bool:
    """Whether nothing failed, and all that is missing of a control was refused."""
    unread = [one for one in outcomes if one.status is Status.NOT_ASSESSED]
    seen = [one for one in outcomes if one.status is not Status.NOT_ASSESSED]
    refused = all(one.missing and all(gap.is_refusal for gap in one.missing) for one in unread)
    harmless = all(
        one.status in {Status.PASS, Status.NOT_APPLICABLE} and one.resource != account
        for one in seen
    )
    return bool(unread) and refused and harmless


def _failing(account: Account, controls: Collection[str]) -> tuple[set[str], set[str]]:
    """Those of the controls with an open finding that a scan saw, and those with one of a no."""
    rows = Finding.objects.filter(account=account, control__in=controls)
    open_now = rows.exclude(state=Finding.State.RESOLVED)
    every = set(open_now.values_list("pk", "control"))
    of_a_no = set(open_now.filter(evidence__0__label=ANSWER).values_list("pk", "control"))
    return {control for _, control in every - of_a_no}, {control for _, control in of_a_no}


def attested(account: Account, left: Left, answers: Answers) -> dict[str, Outcome]:
    """Return what takes the place of all that was not seen, by control, where somebody answered."""
    return {
        control: as_said(asked(account, mine), answers[control, account.key])
        for control, mine in left.items()
        if (control, account.key) in answers
    }


def asked(account: Account, outcomes: Collection[Outcome]) -> Outcome:
    """Return the one outcome of a refused control that a person answers: on the account."""
    unread = [one for one in outcomes if one.status is Status.NOT_ASSESSED]
    gaps = list(dict.fromkeys(gap for one in unread for gap in one.missing))
    facts = tuple(Fact(NOT_SEEN, gap.sentence(), gap.action) for gap in gaps[:SHOWN_GAPS])
    return replace(
        unread[0],
        resource=account.key,
        name=f"Account {account.aws_account}",
        region="",
        severity=unread[0].ceiling,
        reasons=tuple(fact.value for fact in facts),
        evidence=facts,
        missing=tuple(gaps),
    )
