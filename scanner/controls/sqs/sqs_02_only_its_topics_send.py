"""SQS-02: whoever can send to a queue can forge a subscription, or the end of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scanner.control import Control, Reference, Verdict, all_faults, failed, not_assessed, passed
from scanner.evidence import Fact, Piece, policy_excerpt
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy
from scanner.remedy import Remedy
from scanner.scope.queue_remedies import (
    CLOUDFORMATION,
    PUT_POLICY,
    TAKE_OFF_POLICY,
    TERRAFORM,
    put_policy,
    uncounted,
)
from scanner.scope.senders import (
    NO_POLICY,
    Fault,
    delivering,
    faults_in,
    pinned,
    sources_of,
    undelivered,
    unknown_senders,
)
from scanner.scope.sqs import READ, marketplace_queues, unseen_feeds
from scanner.vocabulary import Severity, Unobserved, known


def check(queue: Queue, snapshot: Snapshot) -> Verdict:
    """Forgers are high, more than is needed and topics that cannot deliver medium."""
    policy = known(known(queue.attributes).policy)
    found = [] if policy is None else list(faults_in(policy, queue, snapshot))
    faults = [one for one in found if isinstance(one, Fault)]
    doubts = (one for one in found if isinstance(one, Unobserved))
    missing = tuple(dict.fromkeys((*doubts, *unseen_feeds(snapshot))))
    sources = sources_of(queue, snapshot)
    kept_out = undelivered(policy, queue.arn, sources)
    evidence = _evidence(policy, faults, sources)
    values = _values(queue, policy, faults, snapshot)
    verdicts = [
        failed(one.sentence, *evidence, severity=one.severity, values=values) for one in faults
    ]
    verdicts += [
        failed(_kept_out(queue, policy, one), *evidence, severity=Severity.MEDIUM, values=values)
        for one in kept_out
    ]
    worse = () if policy is None else unknown_senders(policy, queue, snapshot)
    if worse and all(one.severity is not Severity.HIGH for one in faults):
        told = (*(one.sentence() for one in worse), *(one.sentence for one in faults))
        return not_assessed(" ".join(told), *worse, *missing, evidence=evidence)
    otherwise = passed(_all_is_well(queue, policy), *evidence)
    if missing:
        otherwise = not_assessed(missing[0].sentence(), *missing, evidence=evidence)
    return all_faults(verdicts, otherwise)


def _all_is_well(queue: Queue, policy: Policy | None) -> str:
    if policy is None:
        return f"{queue.name} has no policy, and nothing outside the account sends to it."
    return f"Only topics and rules of {queue.name}, and identities of known accounts, may send."


def _kept_out(queue: Queue, policy: Policy | None, source: str) -> str:
    if policy is None:
        return f"{queue.name} has no policy, so {source} cannot deliver to it."
    return f"No statement of the policy of {queue.name} lets {source} deliver to it."


def _evidence(
    policy: Policy | None, faults: Sequence[Fault], sources: Sequence[str]
) -> tuple[Piece, ...]:
    feeds = Fact("Topics and rules of the queue", ", ".join(sources) or "none seen", READ_FEEDS)
    if policy is None:
        return (Fact("Policy", "none", READ), feeds)
    note = " ".join(one.sentence for one in faults)
    statements = [one.statement for one in faults]
    excerpt = policy_excerpt("Queue policy", policy, statements, note=note, read_by=READ)
    return (excerpt, feeds, *uncounted(policy))


READ_FEEDS = "sns:ListSubscriptions, events:ListTargetsByRule"


def _values(
    queue: Queue, policy: Policy | None, faults: Sequence[Fault], snapshot: Snapshot
) -> Mapping[str, str]:
    """The policy in which only the queue's own topics and rules send, or none at all."""
    if policy is None:
        text = delivering(NO_POLICY, queue.arn, sources_of(queue, snapshot))
    else:
        text = pinned(policy, faults, queue, snapshot)
    return {
        **put_policy(queue, text),
        "bare_queue_url": "" if text else queue.url,
        "labels": ", ".join(dict.fromkeys(one.statement.label for one in faults)),
        "sources": ", ".join(sources_of(queue, snapshot)),
    }


REMEDY = Remedy(
    summary="Let only the queue's own topics and rules send to [[queue]].",
    minutes=10,
    console=(
        "In SQS, region [[region]], open [[queue]], Queue policies, Access policy, Edit.",
        "In [[labels]] leave no principal but those of your own accounts, or delete it.",
        "Keep, or add, a statement for sns.amazonaws.com (for a rule: events.amazonaws.com) with"
        " ArnEquals aws:SourceArn set to [[sources]].",
        "Save, and test with a limited listing.",
    ),
    cli=f"{PUT_POLICY}\n{TAKE_OFF_POLICY}",
    cloudformation=CLOUDFORMATION,
    terraform=TERRAFORM,
    breaks=(
        "With a wrong aws:SourceArn notifications stop without an error: test with a limited"
        " listing.",
        "Other senders, such as a bucket or a service in another account, no longer get through.",
    ),
    way_back="Run the set-queue-attributes command with queue-before.json.",
)

CONTROL = Control(
    module=__name__,
    title="Only the product's topic can send to the queue",
    severity=Severity.HIGH,
    risk="A forged subscription gives the product away; a forged end of one cuts a buyer off.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon SQS permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/set-aws-iam-sqs-permissions.html",
        ),
        Reference(
            "Amazon SNS Developer Guide: Subscribing an Amazon SQS queue to a topic",
            "https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
        ),
    ),
    reads=("sqs.queues", "sns.subscriptions", "events.rules", "organizations.organization"),
    not_applicable_because="No queue of this account hears AWS Marketplace notifications.",
    resources=marketplace_queues,
    check=check,
)
