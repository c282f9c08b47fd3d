"""SQS-09: messages name buyers, so the queue refuses whoever does not speak TLS."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact, policy_excerpt
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Statement
from scanner.remedy import Remedy
from scanner.scope.queue_remedies import (
    CLOUDFORMATION,
    PUT_POLICY,
    TERRAFORM,
    put_policy,
)
from scanner.scope.resource_rewrites import with_statements
from scanner.scope.senders import refusing_plain
from scanner.scope.sqs import READ, marketplace_queues
from scanner.vocabulary import Severity, known

TLS = "aws:SecureTransport"
ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage")


def check(queue: Queue, _snapshot: Snapshot) -> Verdict:
    """Deny statements for everybody must cover sending, receiving and deleting without TLS."""
    policy = known(known(queue.attributes).policy)
    values = put_policy(queue, with_statements(policy, refusing_plain(queue.arn)))
    if policy is None:
        reason = f"{queue.name} has no policy, so nothing refuses requests without TLS."
        return failed(reason, Fact("Policy", "none", READ), values=values)
    denies = [one for one in policy.denies() if _refuses_plain(one, queue)]
    covered = [action for action in ACTIONS if any(one.covers_action(action) for one in denies)]
    if len(covered) == len(ACTIONS):
        labels = ", ".join(one.label for one in denies)
        excerpt = policy_excerpt("Queue policy", policy, (), read_by=READ)
        return passed(f"Requests without TLS are refused by {labels}.", excerpt)
    near = [one for one in policy.denies() if one.conditions_on(TLS)]
    left = ", ".join(action for action in ACTIONS if action not in covered)
    note = f"No Deny for everybody on {left} has Bool {TLS} false as its only condition."
    excerpt = policy_excerpt("Queue policy", policy, near, note=note, read_by=READ)
    reason = f"The policy of {queue.name} does not refuse {left} without TLS."
    return failed(reason, excerpt, values=values)


def _refuses_plain(deny: Statement, queue: Queue) -> bool:
    """Whether a Deny surely meets everybody without TLS, and the queue."""
    if len(deny.conditions) != 1 or not (deny.names_everyone() and deny.covers(queue.arn)):
        return False
    only = deny.conditions[0]
    values = [value.lower() for value in only.values]
    return only.is_about(TLS) and only.operator in {"Bool", "BoolIfExists"} and values == ["false"]


REMEDY = Remedy(
    summary="Add a statement to the access policy of [[queue]] that denies requests without TLS.",
    minutes=5,
    console=(
        "In SQS, region [[region]], open [[queue]], Queue policies, Access policy, Edit.",
        "Add the last statement of the CLI form's document: Deny for everybody on sqs:* when"
        " aws:SecureTransport is false. Keep all others, then Save.",
    ),
    cli=PUT_POLICY,
    cloudformation=CLOUDFORMATION,
    terraform=TERRAFORM,
    breaks=(
        "A consumer that uses an http:// address of SQS is refused; SDKs and the AWS CLI use"
        " https:// unless told otherwise, and so do SNS and EventBridge.",
    ),
    way_back="Take the statement out again: run set-queue-attributes with queue-before.json, or"
    " with an empty Policy if the queue had none.",
)

CONTROL = Control(
    module=__name__,
    title="The queue refuses requests without TLS",
    severity=Severity.LOW,
    risk="Who listens on the network reads which buyers subscribed, or alters it on the way.",
    remedy=REMEDY,
    references=(
        Reference(
            "Amazon SQS Developer Guide: Security best practices",
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
