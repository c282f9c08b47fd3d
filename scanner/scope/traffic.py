"""What CloudWatch tells of a queue's last 24 hours: who asked, what came, what waits."""

from __future__ import annotations

from scanner.evidence import Fact
from scanner.facts.messaging import Queue
from scanner.facts.monitoring import QueueTraffic
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Observed, Unobserved

READ = "cloudwatch:GetMetricData"
READ_WAITING = "sqs:GetQueueAttributes"


def traffic_of(queue: Queue, snapshot: Snapshot) -> Observed[QueueTraffic]:
    """The queue's metrics; a queue of which nobody asked CloudWatch is not seen."""
    gap = Unobserved(READ, "NotRead", queue.region, f"metrics of queue {queue.name}")
    return snapshot.cloudwatch.queues.get(queue.arn, gap)


def waiting_in(queue: Queue) -> Observed[int]:
    """How many messages wait, about."""
    attributes = queue.attributes
    if isinstance(attributes, Unobserved):
        return attributes
    if attributes.waiting is None:
        detail = f"ApproximateNumberOfMessages of {queue.name}"
        return Unobserved(READ_WAITING, "FieldMissing", queue.region, detail)
    return attributes.waiting


def receives(traffic: QueueTraffic) -> int:
    """How often somebody asked for messages and got some, or none."""
    return (traffic.received or 0) + (traffic.empty_receives or 0)


def traffic_facts(queue: Queue, traffic: QueueTraffic) -> tuple[Fact, ...]:
    """The metrics as people read them, and how many messages wait if that is known."""
    told = (
        ("Messages received, 24 h", traffic.received),
        ("Receives without a message, 24 h", traffic.empty_receives),
        ("Messages sent, 24 h", traffic.sent),
        ("Oldest message, seconds", traffic.oldest_age),
    )
    facts = tuple(Fact(label, "no data" if n is None else str(n), READ) for label, n in told)
    waiting = waiting_in(queue)
    if isinstance(waiting, Unobserved):
        return facts
    return (*facts, Fact("Messages waiting", str(waiting), READ_WAITING))
