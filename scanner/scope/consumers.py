"""Who may read a Marketplace queue by its own policies, and what else it may do there (SQS-06)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import NOTHING, QUEUE_READS, Granted, Policy, granted
from scanner.policy.index import matched
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import principals
from scanner.scope.reaching import Reaching
from scanner.scope.sqs import marketplace_queues
from scanner.vocabulary import Listed, Partial, Unobserved, derived, gaps, known, seen

RECEIVE = "sqs:ReceiveMessage"
CONSUME = QUEUE_READS
NEEDED = CONSUME | {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ChangeMessageVisibility"}
"""What the guide gives a consumer, and what Lambda and SDKs add to hide a message longer."""

RULE_THE_QUEUE = frozenset({
    "sqs:AddPermission", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SetQueueAttributes",
})  # fmt: skip
RIGHTS = NEEDED | RULE_THE_QUEUE | {
    "sqs:CancelMessageMoveTask", "sqs:CreateQueue", "sqs:ListDeadLetterSourceQueues",
    "sqs:ListMessageMoveTasks", "sqs:ListQueueTags", "sqs:RemovePermission", "sqs:SendMessage",
    "sqs:StartMessageMoveTask", "sqs:TagQueue", "sqs:UntagQueue",
}  # fmt: skip
"""All actions on a queue (Service Authorization Reference); sqs:ListQueues is on none."""


@dataclass(frozen=True, eq=False)
class Alike:
    """Queues that the policies of a principal treat alike, in the account's order.

    Of one account there is one for the same queues, which is equal to itself alone.
    """

    queues: tuple[Queue, ...]

    @cached_property
    def arns(self) -> frozenset[str]:
        """The ARNs of the queues."""
        return frozenset(queue.arn for queue in self.queues)


Held = tuple[tuple[Policy, ...], Policy | None]
Rights = Mapping[Alike, Granted]
"""What is granted, the group with the account's first queue first; without rights no entry."""


def rights_on(holder: Holder, queue: str, snapshot: Snapshot) -> Granted:
    """Say what a principal surely may do with a Marketplace queue, given by its ARN.

    By its own policies; principals with the same policies, as roles of one template are, get one
    answer.
    """
    rights = rights_of(holder, snapshot)
    return next((found for alike, found in rights.items() if queue in alike.arns), NOTHING)


def rights_of(holder: Holder, snapshot: Snapshot) -> Rights:
    """Say the same for all Marketplace queues at once, by groups of them."""
    return _of_all(snapshot).get(holder.arn, {})


@once_per_snapshot
def _of_all(snapshot: Snapshot) -> Mapping[str, Rights]:
    """By the ARN of the principal; those without any right on a queue have no entry."""
    answers: dict[Held, Rights] = {}
    found: dict[str, Rights] = {}
    queues = _Queues(seen(marketplace_queues(snapshot)))
    for holder in seen(principals(snapshot)):
        if isinstance(holder.boundary, Unobserved) or not holder.grants(CONSUME):
            continue
        policies = holder.policies_about(RIGHTS)
        held = (policies, holder.boundary)
        if held not in answers:
            answers[held] = _rights(policies, holder.boundary, queues)
        if answers[held]:
            found[holder.arn] = answers[held]
    return found


class _Queues:
    """The Marketplace queues in the account's order, and the groups of them that were asked for."""

    def __init__(self, queues: tuple[Queue, ...]) -> None:
        self.reaching = Reaching(queue.arn for queue in queues)
        self._by_arn = {queue.arn: (at, queue) for at, queue in enumerate(queues)}
        self._groups: dict[tuple[str, ...], tuple[int, Alike]] = {}

    def group(self, arns: tuple[str, ...]) -> tuple[int, Alike]:
        """Give the queues with these ARNs and the place of the first of them."""
        if arns not in self._groups:
            placed = sorted((self._by_arn[arn] for arn in arns), key=lambda one: one[0])
            alike = Alike(tuple(queue for _, queue in placed))
            self._groups[arns] = placed[0][0], alike
        return self._groups[arns]


def _rights(policies: tuple[Policy, ...], boundary: Policy | None, queues: _Queues) -> Rights:
    every = (*policies, boundary) if boundary else policies
    about = [statement for policy in every for statement, _ in matched(policy, RIGHTS)]
    found: list[tuple[int, Alike, Granted]] = []
    for arns in queues.reaching.classes(about):
        rights = granted(policies, RIGHTS, boundary=boundary, resource=arns[0])
        if rights:
            found.append((*queues.group(arns), rights))
    return {alike: rights for _, alike, rights in sorted(found, key=lambda one: one[0])}


@once_per_snapshot
def consumers(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that may receive or delete on some Marketplace queue, administrators aside.

    Who may do so by policies that were not read is among them.
    """

    def chosen(holder: Holder) -> list[Holder]:
        reads = (one.has_any(CONSUME) for one in rights_of(holder, snapshot).values())
        return [holder] if (holder.gaps or any(reads)) and not is_administrator(holder) else []

    return derived(principals(snapshot), chosen) if seen(marketplace_queues(snapshot)) else ()


def consumers_of(queue: Queue, snapshot: Snapshot) -> Listed[Holder]:
    """Those that surely may receive or delete on a Marketplace queue; cut when others may."""
    return _by_queue(snapshot)[queue.arn]


@once_per_snapshot
def _by_queue(snapshot: Snapshot) -> Mapping[str, Listed[Holder]]:
    """Queues that the same groups of principals read share one list."""
    listed = consumers(snapshot)
    readers: dict[Alike, set[Holder]] = {}
    for holder in seen(listed):
        for alike, rights in rights_of(holder, snapshot).items():
            if rights.has_any(CONSUME):
                readers.setdefault(alike, set()).add(holder)
    groups: dict[str, list[Alike]] = {queue.arn: [] for queue in seen(marketplace_queues(snapshot))}
    for alike in readers:
        for arn in alike.arns:
            groups[arn].append(alike)
    shared: dict[tuple[Alike, ...], Listed[Holder]] = {}
    for those in {tuple(those) for those in groups.values()}:
        shared[those] = _read_by(set().union(*(readers[alike] for alike in those)), listed)
    return {arn: shared[tuple(those)] for arn, those in groups.items()}


def _read_by(readers: Collection[Holder], listed: Listed[Holder]) -> Listed[Holder]:
    """Of all consumers those who surely read; cut by what was not read of the others."""
    sure = tuple(holder for holder in seen(listed) if holder in readers)
    unsure = (holder for holder in seen(listed) if holder.gaps and holder not in readers)
    why = dict.fromkeys((*gaps(listed), *(gap for holder in unsure for gap in holder.gaps)))
    return Partial(sure, tuple(why)) if why else sure


def named_by_policy(queue: Queue, snapshot: Snapshot) -> Iterator[str]:
    """ARNs of identities, of own or approved accounts, that the queue's policy lets receive.

    Raises NotSeen when the policy was not read.
    """
    policy = known(known(queue.attributes).policy)
    for statement in policy.allows() if policy else ():
        if statement.applies_to_action(RECEIVE) and statement.reaches(queue.arn):
            for one in statement.principals or ():
                own = one.account and snapshot.profile.approves(one.account, snapshot.account.id)
                if own and one.kind == "AWS" and not one.is_root:
                    yield one.value
