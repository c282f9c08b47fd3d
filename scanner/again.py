"""Looking again at what one control judges: its own facts are read, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.aws import Aws, Limits, Visit, enter, never
from scanner.collect.plan import ACTIONS, Plan, actions_for, collect
from scanner.collect.progress import Picture, Progress
from scanner.control import Control, Outcome, outcomes_of
from scanner.facts.account import Account
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.handbook import actions_of


@dataclass(frozen=True, slots=True)
class Look:
    """What one control says now: the moment of its facts, in UTC, and its outcomes."""

    taken_at: datetime
    outcomes: tuple[Outcome, ...]


def look_again(  # noqa: PLR0913 - all by keyword, and most have a default
    visit: Visit,
    *,
    control: Control[Any],
    now: datetime,
    region: str = "",
    profile: Profile | None = None,
    progress: Callable[[Picture], None] | None = None,
    stop: Callable[[], bool] = never,
    limits: Limits | None = None,
) -> Look:
    """Visit an account, read what the control looks at, and judge that with it.

    `now` is the moment of the snapshot, in UTC. With a `region` only that one and us-east-1 are
    looked at. The session policy names the control's actions only (scanner.handbook.actions_of). `progress`
    and `stop` as in scanner.scan. Raises CannotReach when the account cannot be entered, and
    Stopped when `stop` said True; what AWS refuses is not assessed.
    """
    show = Progress(progress or _show_nobody)
    show.enter("connecting")
    actions = frozenset(actions_of(control))
    services = frozenset(name for name, used in ACTIONS.items() if actions.intersection(used))
    plan = Plan(services, profile or Profile(), now, (region,) if region else ())
    aws = enter(
        visit,
        actions=actions,
        left_out=set(actions_for(services)) - actions,
        limits=limits,
        stop=stop,
        watch=show.watch,
        held=show.held,
    )
    try:
        show.count(aws.calls)
        show.enter("reading")
        snapshot = _snapshot(aws, plan, collect(aws, plan, show), visit, (control.topic,))
    finally:
        aws.close()
    show.enter("judging")
    return Look(plan.now, tuple(outcomes_of(control, snapshot)))


def _snapshot(
    aws: Aws, plan: Plan, facts: dict[str, Any], visit: Visit, topics: Collection[Any]
) -> Snapshot:
    return Snapshot(
        account=Account(aws.account, aws.partition),
        now=plan.now,
        profile=plan.profile,
        topics=tuple(topics),
        scan_role=visit.role.arn if visit.role else "",
        **facts,
    )


def _show_nobody(_picture: Picture) -> None:
    """Nobody watches."""
