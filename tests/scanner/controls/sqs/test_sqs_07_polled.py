"""SQS-07: somebody asks the queue for messages, and none of them gets old."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.controls.sqs.sqs_07_polled import CONTROL
from scanner.facts.messaging import Queue
from scanner.facts.monitoring import QueueTraffic
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Observed, Severity
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import a_queue, a_queue_arn, a_redrive, a_rule, a_subscription
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

METRICS = "cloudwatch:GetMetricData"
READ = "sqs:GetQueueAttributes"
POLLED = QueueTraffic(received=12, empty_receives=4_000, sent=12, oldest_age=40)
SILENT = QueueTraffic(received=None, empty_receives=None, sent=None, oldest_age=None)


def hearing(queue: Queue, traffic: Observed[QueueTraffic] | None = POLLED) -> Snapshot:
    """A queue of a product's topic; without traffic nobody asked CloudWatch for it."""
    return a_snapshot(
        subscriptions=(a_subscription(queue.arn),),
        queues=(queue,),
        traffic={} if traffic is None else {queue.arn: traffic},
    )


def with_traffic(
    sentence: str,
    expected: Expected,
    traffic: Observed[QueueTraffic] | None,
    waiting: int | None = 0,
) -> Case:
    return Case(sentence, hearing(a_queue(waiting=waiting), traffic), expected)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


CASES = (
    with_traffic(
        "a queue that is polled passes", passes(shows="Messages received, 24 h: 12"), POLLED
    ),
    with_traffic(
        "receives that bring nothing are polling too",
        passes(),
        QueueTraffic(received=None, empty_receives=3, sent=0, oldest_age=None),
    ),
    with_traffic(
        "so does a queue in which young messages wait",
        passes(shows="Messages waiting: 7"),
        replace(POLLED, oldest_age=3_599),
        waiting=7,
    ),
    with_traffic(
        "messages were sent and nobody asked",
        medium("Nobody asked mp-events for messages in 24 hours: 3 were sent in that time"),
        QueueTraffic(received=0, empty_receives=0, sent=3, oldest_age=900),
        waiting=3,
    ),
    with_traffic(
        "no data is no idle queue while messages wait",
        medium("and 5 wait.", shows="Messages received, 24 h: no data"),
        SILENT,
        waiting=5,
    ),
    with_traffic(
        "an hour is too old, though somebody asks",
        medium("Messages waited up to 60 minutes in mp-events", shows="seconds: 3600"),
        replace(POLLED, oldest_age=3_600),
    ),
    with_traffic(
        "both faults make one finding",
        medium("wait. Messages waited up to 1440 minutes"),
        QueueTraffic(received=None, empty_receives=None, sent=0, oldest_age=86_400),
        waiting=1,
    ),
    with_traffic(
        "an idle queue is not judged", not_applicable("is idle: nothing was sent"), SILENT
    ),
    with_traffic(
        "a queue with zeros all over is as idle",
        not_applicable("is idle"),
        QueueTraffic(received=0, empty_receives=0, sent=0, oldest_age=0),
    ),
    with_traffic(
        "waiting messages whose age has no data point are not assessed",
        not_assessed(METRICS, "NoData (age of messages in mp-events)"),
        replace(POLLED, oldest_age=None),
        waiting=2,
    ),
    with_traffic(
        "refused metrics are not assessed",
        not_assessed(METRICS, "AccessDenied"),
        denied(METRICS, HOME_REGION),
    ),
    with_traffic("metrics that nobody read are not assessed", not_assessed(METRICS), None),
    with_traffic(
        "a queue that does not say how much waits is not assessed",
        not_assessed(READ, "ApproximateNumberOfMessages"),
        SILENT,
        waiting=None,
    ),
    Case(
        "a queue that cannot be read is not assessed though it is polled",
        hearing(a_queue(refused=denied(READ, HOME_REGION))),
        not_assessed(READ, "AccessDenied"),
    ),
    Case(
        "metrics alone prove that nobody polls",
        hearing(
            a_queue(refused=denied(READ, HOME_REGION)),
            QueueTraffic(received=None, empty_receives=None, sent=2, oldest_age=None),
        ),
        medium("2 were sent"),
    ),
    Case(
        "a queue of another account is not assessed",
        a_snapshot(subscriptions=(a_subscription(a_queue_arn(account=STRANGER)),)),
        not_assessed(METRICS),
    ),
    Case(
        "dead letters wait for people",
        a_snapshot(
            subscriptions=(a_subscription(),),
            queues=(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead", waiting=9)),
            traffic={a_queue_arn(): POLLED},
        ),
        {"mp-events": passes(), "mp-dead": not_applicable("takes dead letters")},
    ),
    Case(
        "a queue that may hear a topic is not taken for one of dead letters",
        a_snapshot(
            subscriptions=denied("sns:ListSubscriptions", HOME_REGION),
            rules=(a_rule("mp-events"),),
            queues=(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead", waiting=9)),
            traffic={a_queue_arn(): POLLED},
        ),
        {
            "mp-events": passes(),
            "mp-dead": not_assessed("sns:ListSubscriptions"),
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
        },
    ),
    Case(
        "a queue that does not hear Marketplace is none of our business",
        a_snapshot(queues=(a_queue("orders", waiting=9),), traffic={a_queue_arn("orders"): SILENT}),
        not_applicable("No queue of this account hears"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_queue_is_polled(case: Case) -> None:
    case.holds_for(CONTROL)
