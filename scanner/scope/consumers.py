"""Who may read a Marketplace queue by its own policies, and what else it may do there (SQS-06)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Granted, Policy, granted
from scanner.policy.index import matched
from scanner.scope.administrators import is_administrator
from scanner.scope.holder import NOTHING, Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.principals import principals
from scanner.scope.reaching import Reaching
from scanner.scope.sqs import marketplace_queues
from scanner.vocabulary import Listed, Partial, Unobserved, derived, gaps, known, seen

RECEIVE = "sqs:ReceiveMessage"
CONSUME = frozenset({RECEIVE, "sqs:DeleteMessage"})
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


Held = tuple[tuple[Policy, ...], Policy | None]
Rights = Mapping[str, Granted]
"""What is granted, by the ARN of a queue; queues on which nothing is granted have no entry."""


def rights_on(holder: Holder, queue: str, snapshot: Snapshot) -> Granted:
    """Say what a principal surely may do with a Marketplace queue, given by its ARN.

    By its own policies; principals with the same policies, as roles of one template are, get one
    answer.
    """
    return rights_of(holder, snapshot).get(queue, NOTHING)


def rights_of(holder: Holder, snapshot: Snapshot) -> Rights:
    """Say the same for all Marketplace queues at once: those that are treated alike share it."""
    return _of_all(snapshot).get(holder.arn, {})


@once_per_snapshot
def _of_all(snapshot: Snapshot) -> Mapping[str, Rights]:
    """By the ARN of the principal; those without any right on a queue have no entry."""
    answers: dict[Held, Rights] = {}
    found: dict[str, Rights] = {}
    queues = Reaching(queue.arn for queue in seen(marketplace_queues(snapshot)))
    for holder in seen(principals(snapshot)):
        if isinstance(holder.boundary, Unobserved) or not holder.grants(CONSUME):
            continue
        policies = tuple({held.key: held.policy for held in holder.held}.values())
        held = (policies, holder.boundary)
        if held not in answers:
            answers[held] = dict(_rights(policies, holder.boundary, queues))
        if answers[held]:
            found[holder.arn] = answers[held]
    return found


def _rights(
    policies: tuple[Policy, ...], boundary: Policy | None, queues: Reaching
) -> Iterator[tuple[str, Granted]]:
    every = (*policies, boundary) if boundary else policies
    about = [statement for policy in every for statement, _ in matched(policy, RIGHTS)]
    for arns in queues.classes(about):
        found = granted(policies, RIGHTS, boundary=boundary, resource=arns[0])
        if found:
            yield from ((arn, found) for arn in arns)


@once_per_snapshot
def consumers(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that may receive or delete on some Marketplace queue, administrators aside.

    Who may do so by policies that were not read is among them.
    """

    def chosen(holder: Holder) -> list[Holder]:
        reads = (one.any_of(CONSUME) for one in rights_of(holder, snapshot).values())
        return [holder] if (holder.gaps or any(reads)) and not is_administrator(holder) else []

    return derived(principals(snapshot), chosen) if seen(marketplace_queues(snapshot)) else ()


def consumers_of(queue: Queue, snapshot: Snapshot) -> Listed[Holder]:
    """Those that surely may receive or delete on a Marketplace queue; cut when others may."""
    return _by_queue(snapshot)[queue.arn]


@once_per_snapshot
def _by_queue(snapshot: Snapshot) -> Mapping[str, Listed[Holder]]:
    listed = consumers(snapshot)
    readers: dict[str, list[Holder]] = {
        queue.arn: [] for queue in seen(marketplace_queues(snapshot))
    }
    for holder in seen(listed):
        for arn, rights in rights_of(holder, snapshot).items():
            if rights.any_of(CONSUME):
                readers[arn].append(holder)
    unsure = [holder for holder in seen(listed) if holder.gaps]
    return {arn: _read_by(sure, unsure, gaps(listed)) for arn, sure in readers.items()}


def _read_by(
    sure: list[Holder], unsure: list[Holder], missing: tuple[Unobserved, ...]
) -> Listed[Holder]:
    others = (holder for holder in unsure if holder not in sure)
    why = dict.fromkeys((*missing, *(gap for holder in others for gap in holder.gaps)))
    return Partial(tuple(sure), tuple(why)) if why else tuple(sure)


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
