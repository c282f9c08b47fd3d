"""What consumers of Marketplace queues hold beyond the documented minimum (SQS-06)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scanner.evidence import some_of
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant, Granted
from scanner.scope.consumers import (
    CONSUME,
    NEEDED,
    RULE_THE_QUEUE,
    Alike,
    consumers,
    consumers_of,
    rights_of,
)
from scanner.scope.doubt import Doubt
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.narrowing import is_wild, meets
from scanner.scope.nature import Nature
from scanner.scope.natures import is_workload, nature_of
from scanner.scope.sqs import marketplace_queues
from scanner.vocabulary import NotSeen, Severity, gaps, seen

MOST_CONSUMERS = 3
Reach = Mapping[Alike, Granted]
"""What a principal may do, by the queues on which it may do the same."""


@dataclass(frozen=True, slots=True)
class Excess:
    """One thing too much, how bad it is, and the grants behind it.

    `whole` says that nothing at all should be held, as people need not read queues; `shared` that
    a machine needs it, which should have a principal of its own.
    """

    sentence: str
    severity: Severity
    grants: tuple[Grant, ...] = ()
    whole: bool = False
    shared: bool = False


def reach_of(holder: Holder, snapshot: Snapshot) -> Reach:
    """The Marketplace queues that a principal may read, with all that it may do there."""
    rights = rights_of(holder, snapshot)
    return {alike: found for alike, found in rights.items() if found.has_any(CONSUME)}


def names_of(queues: Sequence[Queue]) -> str:
    """Name a few queues, and say how many more there are."""
    return some_of([queue.name for queue in queues])


def excesses(holder: Holder, reach: Reach, snapshot: Snapshot) -> Iterator[Excess | Doubt]:
    """Find what a consumer holds too much, and what may hide more of it."""
    if holder.gaps:
        yield Doubt(Severity.HIGH, holder.gaps)
    for alike, rights in reach.items():
        yield from _rights(holder.name, names_of(alike.queues), rights)
        yield from _resources(holder.name, alike.queues, rights)
    try:
        if reach and nature_of(holder, snapshot) is Nature.HUMAN:
            shared = is_workload(holder, snapshot)
            whom = "people as well as a machine, and people" if shared else "people, who"
            sentence = f"{holder.name} is for {whom} need not read the queue."
            grants = tuple(one for rights in reach.values() for one in rights.of(CONSUME))
            yield Excess(sentence, Severity.MEDIUM, grants, whole=not shared, shared=shared)
    except NotSeen as unseen:
        yield Doubt(Severity.MEDIUM, unseen.gaps)
    crowds = _crowds(snapshot)
    yield from dict.fromkeys(one for alike in reach for one in crowds[alike])


def _rights(name: str, queues: str, rights: Granted) -> Iterator[Excess]:
    unnamed = [one for one in rights.of(rights.actions) if not one.statement.names_actions]
    if unnamed:
        sentence = f"{name} may do on {queues} whatever a NotAction does not name."
        yield Excess(sentence, Severity.HIGH, tuple(unnamed))
    harmful = rights.any_of(RULE_THE_QUEUE)
    more = rights.actions - NEEDED - RULE_THE_QUEUE
    for actions, severity in ((harmful, Severity.HIGH), (more, Severity.MEDIUM)):
        if actions:
            verbs = ", ".join(sorted(action.removeprefix("sqs:") for action in actions))
            sentence = f"{name} may also use {verbs} on {queues}."
            yield Excess(sentence, severity, rights.of(actions))


def _resources(name: str, queues: Sequence[Queue], rights: Granted) -> Iterator[Excess]:
    """Resources that are not a queue's ARN: those that mean any queue are worse."""
    first = queues[0].arn
    another = f"{first.rpartition(':')[0]}:any-other-queue"
    read = names_of(queues)
    wide: dict[str, list[Grant]] = {}
    for grant in rights.of(NEEDED & rights.actions):
        statement = grant.statement
        listed = statement.resources if statement.names_resources else (NOT_RESOURCE,)
        for resource in listed:
            if resource == NOT_RESOURCE or (is_wild(resource) and meets(resource, (first,))):
                wide.setdefault(resource, []).append(grant)
    for resource, grants in wide.items():
        if resource == NOT_RESOURCE or meets(resource, (another,)):
            sentence = f"{name} may read {read} by Resource {resource}, which is every queue."
            yield Excess(sentence, Severity.MEDIUM, tuple(grants))
        else:
            sentence = f"{name} may read {read} by Resource {resource}, not by its ARN."
            yield Excess(sentence, Severity.LOW, tuple(grants))


NOT_RESOURCE = "NotResource"


@once_per_snapshot
def _crowds(snapshot: Snapshot) -> Mapping[Alike, tuple[Excess | Doubt, ...]]:
    """Per group of queues: that too many read one, or that more may do so than were seen."""
    said = _crowds_by_queue(snapshot)
    groups = dict.fromkeys(
        alike for one in seen(consumers(snapshot)) for alike in rights_of(one, snapshot)
    )
    return {
        alike: tuple(dict.fromkeys(one for queue in alike.queues for one in said[queue.arn]))
        for alike in groups
    }


def _crowds_by_queue(snapshot: Snapshot) -> Mapping[str, tuple[Excess | Doubt, ...]]:
    sorted_names: dict[int, tuple[str, ...]] = {}
    alike: dict[tuple[str, ...], list[Queue]] = {}
    said: dict[str, tuple[Excess | Doubt, ...]] = {}
    for queue in seen(marketplace_queues(snapshot)):
        listed = consumers_of(queue, snapshot)
        if id(listed) not in sorted_names:
            sorted_names[id(listed)] = tuple(sorted(one.name for one in seen(listed)))
        names = sorted_names[id(listed)]
        said[queue.arn] = (Doubt(Severity.LOW, gaps(listed)),) if gaps(listed) else ()
        if len(names) > MOST_CONSUMERS:
            alike.setdefault(names, []).append(queue)
    for names, queues in alike.items():
        crowd = _crowd(names, queues)
        said.update({queue.arn: (crowd,) for queue in queues})
    return said


def _crowd(names: Sequence[str], queues: Sequence[Queue]) -> Excess:
    return Excess(
        f"{len(names)} principals may read {names_of(queues)}: {some_of(names)}."
        f" More than {MOST_CONSUMERS} is too many.",
        Severity.LOW,
    )
