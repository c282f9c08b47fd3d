"""One scan: get in, collect, judge, score; nothing is written anywhere."""

from __future__ import annotations

import ctypes
import gc
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from scanner.aws import Calls, Limits, Visit, enter, never, preload
from scanner.collect.plan import KINDS, Plan, actions_for, botocore_names, collect, services_for
from scanner.collect.progress import Picture, Progress
from scanner.control import judge
from scanner.controls import every_control
from scanner.facts.account import Account
from scanner.facts.codec import load
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.report import Report, Tally
from scanner.score import score
from scanner.vocabulary import Topic

EVERY_TOPIC = tuple(Topic)

LONGEST_WAY = frozenset({"ec2", "cloudtrail"})
"""By botocore's names, what is asked for regions and then, half a second apart, for events in them."""

M_ARENA_MAX, HEAPS = -8, 2
"""An option of glibc's mallopt(3), and its value: how many heaps the threads of a process share."""


def scan(  # noqa: PLR0913 - all by keyword, and each has a default
    visit: Visit,
    *,
    topics: Collection[Topic] = EVERY_TOPIC,
    regions: Collection[str] = (),
    profile: Profile | None = None,
    now: datetime | None = None,
    progress: Callable[[Picture], None] | None = None,
    stop: Callable[[], bool] = never,
    enough: Callable[[], bool] = never,
    limits: Limits | None = None,
) -> Report:
    """Visit an account and give the report.

    `regions` are names of regions to look at beside us-east-1, none means all that are enabled;
    `now` is the moment of the snapshot, in UTC; `progress` gets a complete picture, from any
    thread: phase, calls, denied, throttled, services with service, region, state (waiting,
    reading, read, gaps), calls, denied and held (seconds), and the ceilings that were asked with
    name, region, rate, burst, shared and held. `stop` and `enough` are asked before every request,
    from any thread: once `enough` says True nothing more is asked, and what was read is judged.
    Raises CannotReach (code, message, advice) when the account cannot be read as a whole, and
    Stopped when `stop` said True. Everything else that AWS refuses is in the report.
    """
    share_heaps()
    show = Progress(progress or _show_nobody)
    show.enter("connecting")
    chosen = tuple(topic for topic in Topic if topic in topics)
    plan = Plan(
        services=_services(chosen),
        profile=profile or Profile(),
        now=now or datetime.now(UTC),
        regions=tuple(regions),
    )
    began = time.monotonic()
    snapshot, calls = _snapshot(visit, plan, chosen, show, stop, enough, limits)
    show.enter("judging")
    return judged(snapshot, calls=calls, collecting=time.monotonic() - began)


def share_heaps() -> None:
    """Have all threads of this process share two heaps; nothing happens where libc is not glibc's.

    Otherwise each of a scan's many threads may get one of its own, and memory that is freed there
    is no use to the others: a worker grew with every scan, though no object was left behind.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_ARENA_MAX, HEAPS)


def judged(snapshot: Snapshot, *, calls: Tally | None = None, collecting: float = 0.0) -> Report:
    """Judge a snapshot with the controls of its topics, and score it; asks AWS nothing.

    `collecting` says how many seconds it took to collect.
    """
    began = time.monotonic()
    controls = [one for one in every_control() if one.topic in snapshot.topics]
    with _no_search_for_cycles():
        outcomes = judge(controls, snapshot)
        report_score = score(outcomes)
    seconds = {"collect": collecting, "judge": time.monotonic() - began}
    return Report(snapshot, outcomes, report_score, calls or Tally(), seconds)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Pause Python's cycle collector, which would walk all facts of the account time and again.

    Judging makes no cycles, so it finds nothing; on a large account it takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()  # all objects made meanwhile count as old: else the next one made
            gc.unfreeze()  # has the collector walk them
            gc.enable()


def replay(document: bytes) -> Report:
    """Judge a stored snapshot again; raises DamagedSnapshot when it is not one."""
    return judged(load(document))


def _load(services: Collection[str]) -> None:
    """Load what is needed after the first request, which mostly waits."""
    preload(sorted(botocore_names(services), key=lambda name: name not in LONGEST_WAY))
    every_control()


def _services(topics: Collection[Topic]) -> frozenset[str]:
    if set(topics) == set(EVERY_TOPIC):
        return frozenset(KINDS)  # what all controls read together, without loading them for that
    read = {name for one in every_control() if one.topic in topics for name in one.services}
    return services_for(read)


def _snapshot(  # noqa: PLR0913, PLR0917 - what scan was given
    visit: Visit,
    plan: Plan,
    topics: tuple[Topic, ...],
    show: Progress,
    stop: Callable[[], bool],
    enough: Callable[[], bool],
    limits: Limits | None,
) -> tuple[Snapshot, Tally]:
    aws = enter(
        visit,
        actions=actions_for(plan.services),
        limits=limits,
        stop=stop,
        watch=show.watch,
        held=show.held,
        meanwhile=partial(_load, plan.services),
    )
    try:
        aws.heed(enough)
        show.count(aws.calls)
        show.enter("reading")
        facts = collect(aws, plan, show)
    finally:
        aws.close()
    snapshot = Snapshot(
        account=Account(aws.account, aws.partition),
        now=plan.now,
        profile=plan.profile,
        topics=topics,
        scan_role=visit.role.arn if visit.role else "",
        **facts,
    )
    return snapshot, _tally(aws.calls)


def _tally(calls: Calls) -> Tally:
    return Tally(dict(calls.by_action), calls.denied, calls.throttled)


def _show_nobody(_picture: Picture) -> None:
    """Nobody watches."""
