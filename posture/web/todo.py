"""The next things to do: what gains most, and letting us see what we could not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from posture import catalogue
from posture.models import Account, ControlResult, Finding
from posture.web.standing import TODO_AT_MOST, Unseen, title_of


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: where it leads, what it is, and what it would gain."""

    title: str
    url: str
    weight: float
    gain: str
    gain_note: str
    notes: tuple[str, ...]
    severity: str = ""
    unseen: str = ""


def todo_of(
    account: Account,
    worst: Sequence[Finding],
    results: Sequence[ControlResult],
    unseen: Unseen,
) -> list[Todo]:
    """The three that gain most, one per control; each says what and how much."""
    failing = {one.control: one.failing for one in results}
    items = [_fix(finding, failing.get(finding.control, 1)) for finding in worst]
    if unseen.count and account.score is not None:
        items.append(_let_us_see(account, unseen))
    return sorted(items, key=lambda one: -one.weight)[:TODO_AT_MOST]


def _fix(finding: Finding, failing: int) -> Todo:
    minutes = catalogue.described(finding.control).remedy.minutes
    name = finding.resource_name or finding.resource
    more = f" and {failing - 1} more" if failing > 1 else ""
    alone = finding.points == finding.control_points or failing <= 1
    gain = finding.points if alone else finding.control_points
    unit = "points" if gain > 1 else "point"
    return Todo(
        title=title_of(finding),
        url=reverse("finding", args=[finding.pk]),
        # effort only decides between equals: an hour is worth less than a hundredth of a point
        weight=finding.control_points - minutes / 10_000 - finding.severity_rank / 100,
        gain=f"+{gain}" if gain else "under 1",
        gain_note=unit if alone else f"{unit} for all {failing}, this alone +{finding.points}",
        notes=(finding.control, f"{name}{more}", f"about {minutes} min"),
        severity=finding.severity,
    )


def _let_us_see(account: Account, unseen: Unseen) -> Todo:
    score, low = account.score or 0, account.score_low
    low = score if low is None else low
    actions = ", ".join(unseen.actions)
    return Todo(
        title="Let the role read what it could not"
        if actions
        else "See why controls were not seen",
        url=reverse("account", args=[account.pk]) + "#coverage",
        weight=float(score - low),
        gain=f"{account.coverage} \u2192 100 % seen",
        gain_note=f"range {low}\u2013{score} closes" if low != score else "the rest becomes known",
        notes=tuple(note for note in (actions, "about 5 min") if note),
        unseen=unseen.words,
    )
