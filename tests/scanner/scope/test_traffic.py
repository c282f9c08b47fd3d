"""What the metrics of a queue say, and that no data is not zero in what people read."""

from __future__ import annotations

from scanner.facts.monitoring import QueueTraffic
from scanner.scope.traffic import receives, traffic_facts, traffic_of, waiting_in
from scanner.vocabulary import HOME_REGION, Unobserved
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_queue

SILENT = QueueTraffic(None, None, None, None)
QUEUE = a_queue(waiting=2)


def test_a_queue_of_which_nobody_asked_is_not_seen() -> None:
    gap = traffic_of(QUEUE, a_snapshot())
    assert isinstance(gap, Unobserved)
    assert (gap.action, gap.region) == ("cloudwatch:GetMetricData", HOME_REGION)
    assert traffic_of(QUEUE, a_snapshot(traffic={QUEUE.arn: SILENT})) == SILENT


def test_waiting_messages_are_known_or_a_gap() -> None:
    refused = denied("sqs:GetQueueAttributes", HOME_REGION)
    assert waiting_in(QUEUE) == 2
    assert waiting_in(a_queue(refused=refused)) == refused
    unsaid = waiting_in(a_queue(waiting=None))
    assert isinstance(unsaid, Unobserved)
    assert (unsaid.action, unsaid.error) == ("sqs:GetQueueAttributes", "FieldMissing")


def test_receives_with_and_without_messages_count() -> None:
    assert receives(SILENT) == 0
    assert receives(QueueTraffic(3, 4, None, None)) == 7


def test_people_read_what_is_there() -> None:
    facts = {one.label: one.value for one in traffic_facts(QUEUE, SILENT)}
    assert facts["Messages sent, 24 h"] == "no data"
    assert facts["Messages waiting"] == "2"
    refused = a_queue(refused=denied("sqs:GetQueueAttributes"))
    assert "Messages waiting" not in {one.label for one in traffic_facts(refused, SILENT)}
