"""Facts about SNS subscriptions, SQS queues and EventBridge rules."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.policy import Policy
from scanner.vocabulary import HOME_REGION, Listed, Observed


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that this account owns, also to topics of other accounts."""

    arn: str
    topic: str
    protocol: str
    endpoint: str
    owner: str
    region: str


@dataclass(frozen=True, slots=True)
class TopicAttributes:
    """What GetTopicAttributes said; `kms_key` is empty for a topic that is not encrypted."""

    policy: Observed[Policy | None]
    kms_key: str


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic of this account."""

    arn: str
    name: str
    region: str
    attributes: Observed[TopicAttributes]

    @property
    def key(self) -> str:
        """The topic's ARN."""
        return self.arn


@dataclass(frozen=True, slots=True)
class SnsFacts:
    """All that was read of SNS; a topic that no longer exists is not in the list.

    Topics and subscriptions are those of the home region and of regions that a delivery role, a
    data feed or the profile names.
    """

    subscriptions: Listed[Subscription]
    topics: Listed[Topic]


@dataclass(frozen=True, slots=True)
class Rule:
    """An EventBridge rule of the default bus; `targets` are ARNs."""

    name: str
    arn: str
    state: str
    pattern: str
    region: str
    targets: Listed[str]


@dataclass(frozen=True, slots=True)
class EventsFacts:
    """All that was read of EventBridge."""

    rules: Listed[Rule]


@dataclass(frozen=True, slots=True)
class Redrive:
    """A queue's RedrivePolicy: the dead-letter queue's ARN and the number of receives."""

    target: str
    max_receives: int


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """What GetQueueAttributes(All) said; texts stay as SQS spells them, None when absent."""

    policy: Observed[Policy | None]
    kms_key: str
    sse_managed: str | None
    retention: int | None
    redrive: Observed[Redrive | None]
    waiting: int | None = None
    """ApproximateNumberOfMessages."""


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue; `attributes` is unobserved when the queue exists but could not be read."""

    arn: str
    url: str
    name: str
    region: str
    attributes: Observed[QueueAttributes]

    @property
    def key(self) -> str:
        """The queue's ARN."""
        return self.arn


@dataclass(frozen=True, slots=True)
class SqsFacts:
    """All that was read of SQS; a queue that no longer exists is not in the list.

    `regions` are those where every queue of the account that is known by name was asked for: only
    there does a queue's absence mean that it is gone.
    """

    queues: Listed[Queue]
    regions: tuple[str, ...] = (HOME_REGION,)
