"""SQS-03: whoever can read or delete a queue's messages decides who gets the product."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import policy_excerpt
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.guests import EVERYBODY, called
from scanner.scope.queue_remedies import (
    CLOUDFORMATION,
    PUT_POLICY,
    TAKE_OFF_POLICY,
    TERRAFORM,
    put_policy,
    uncounted,
)
from scanner.scope.resource_rewrites import narrowed
from scanner.scope.senders import NO_POLICY, SEND, delivering, sources_of, undelivered
from scanner.scope.sqs import READ, marketplace_queues
from scanner.scope.strangers import Admission, admissions
from scanner.vocabulary import Severity, Unobserved, known

WITH_MESSAGES = {
    "sqs:ReceiveMessage": "receive",
    "sqs:DeleteMessage": "delete",
    "sqs:ChangeMessageVisibility": "hide",
    "sqs:StartMessageMoveTask": "move",
    SEND: "send",
}
WITH_THE_QUEUE = {
    "sqs:PurgeQueue": "purge",
    "sqs:SetQueueAttributes": "reconfigure",
    "sqs:AddPermission": "share",
    "sqs:DeleteQueue": "delete",
}
ACTIONS = (*WITH_MESSAGES, *WITH_THE_QUEUE)


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """Anything for everybody is critical; more than sending for a foreigner is high."""
    policy = known(known(queue.attributes).policy)
    if policy is None:
        return passed("The queue has no policy: only identities of this account can use it.")
    found = [one for one in admissions(policy, queue.arn, ACTIONS, snapshot) if _is_harm(one)]
    harmful = [one for one in found if isinstance(one.stranger, str)]
    note = " ".join(map(_sentence, harmful))
    statements = [one.statement for one in harmful]
    excerpt = policy_excerpt("Queue policy", policy, statements, note=note, read_by=READ)
    values = _values(queue, policy, harmful, snapshot)
    faults = [
        failed(_sentence(one), excerpt, *uncounted(policy), severity=_severity(one), values=values)
        for one in harmful
    ]
    otherwise = passed("Each statement of the policy names who may use the queue.", excerpt)
    if doubts := [one for one in found if isinstance(one.stranger, Unobserved)]:
        told = " ".join(map(_doubt, doubts))
        missing = dict.fromkeys(
            one.stranger for one in doubts if isinstance(one.stranger, Unobserved)
        )
        otherwise = not_assessed(told, *missing, evidence=(excerpt,))
    return all_faults(faults, otherwise)


def _is_harm(one: Admission) -> bool:
    """Not what comes through a service, which only sends: SQS-02 judges for whom it does."""
    return not one.is_by_service and (one.stranger == EVERYBODY or set(one.actions) != {SEND})


def _severity(one: Admission) -> Severity:
    return Severity.CRITICAL if one.stranger == EVERYBODY else Severity.HIGH


def _sentence(one: Admission) -> str:
    who = called(one.stranger) if isinstance(one.stranger, str) else "an organisation"
    powers = (
        _phrase(WITH_MESSAGES, one, "messages"),
        _phrase(WITH_THE_QUEUE, one, "the queue"),
    )
    name = one.statement.sid or one.statement.index + 1
    return f"Statement {name} lets {who} {' and '.join(filter(None, powers))}."


def _doubt(one: Admission) -> str:
    return f"{_sentence(one)} Whether that is this account's own was not read."


def _phrase(verbs: Mapping[str, str], one: Admission, what: str) -> str:
    words = [verb for action, verb in verbs.items() if action in one.actions]
    if not words:
        return ""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) + f" {what}"


def _values(
    queue: Queue, policy: Policy, harmful: Collection[Admission], snapshot: Snapshot
) -> Mapping[str, str]:
    """The policy without the harmful statements; when nothing is left, the queue to take it off."""
    strangers: dict[int, set[str]] = {}
    for one in harmful:
        strangers.setdefault(one.statement.index, set()).add(str(one.stranger))
    sources = sources_of(queue, snapshot)
    kept_out = undelivered(policy, queue.arn, sources)
    text = narrowed(policy, strangers)
    delivered = [one for one in sources if one not in kept_out]
    text = delivering(json.loads(text) if text else NO_POLICY, queue.arn, delivered)
    return {
        **put_policy(queue, text),
        "bare_queue_url": "" if text else queue.url,
        "labels": ", ".join(dict.fromkeys(one.statement.label for one in harmful)),
    }


REMEDY = Remedy(
    summary="Take strangers out of [[labels]] in the access policy of [[queue]].",
    minutes=10,
    console=(
        "In SQS, region [[region]], open [[queue]], Queue policies, Access policy, Edit.",
        "In [[labels]] take out every principal, and every account or organisation in a condition,"
        " that is not yours. Delete a statement in which nobody is left.",
        "Keep, or add, a statement that lets sns.amazonaws.com send with aws:SourceArn set to the"
        " topic of the product.",
        "Save. A consumer in another account gets a role in this account to assume instead.",
    ),
    cli=f"{PUT_POLICY}\n{TAKE_OFF_POLICY}",
    cloudformation=CLOUDFORMATION,
    terraform=TERRAFORM,
    breaks=(
        "A consumer in another account can no longer reach the queue: let it assume a role here.",
        "With a wrong aws:SourceArn notifications stop without an error: test with a limited"
        " listing.",
    ),
    way_back="Run the last command with queue-before.json in place of queue-after.json.",
)

CONTROL = Control(
    module=__name__,
    title="The queue is not open to everyone or to foreign accounts",
    severity=Severity.CRITICAL,
    risk="Outsiders can read who bought the product, forge a subscription or delete the message"
    " that ends one.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Foundational Security Best Practices, SQS.3",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Amazon SQS permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/set-aws-iam-sqs-permissions.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules", "organizations.organization"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
