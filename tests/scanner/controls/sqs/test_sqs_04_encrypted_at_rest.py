"""SQS-04: a key or SqsManagedSseEnabled must say that messages are encrypted."""

from __future__ import annotations

import pytest

from scanner.controls.sqs.sqs_04_encrypted_at_rest import CONTROL
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_queue, a_redrive, a_subscription
from tests.cases import Case, fails, not_applicable, not_assessed, passes

READ = "sqs:GetQueueAttributes"


def heard_by(*queues: Queue) -> Snapshot:
    """A product topic delivers to the first queue."""
    return a_snapshot(subscriptions=(a_subscription(queues[0].arn),), queues=queues)


CASES = (
    Case(
        "a queue with SQS-managed encryption passes",
        heard_by(a_queue(sse_managed="true")),
        passes("a key that SQS manages"),
    ),
    Case(
        "a key decides although SQS then says that its own encryption is off",
        heard_by(a_queue(kms_key="alias/mp", sse_managed="false")),
        passes("key alias/mp"),
    ),
    Case(
        "a key decides although the other attribute is absent",
        heard_by(a_queue(kms_key="alias/mp", sse_managed=None)),
        passes(),
    ),
    Case(
        "an old queue that was never encrypted fails",
        heard_by(a_queue(sse_managed="false")),
        fails(Severity.MEDIUM, "Queue mp-events stores messages in clear."),
    ),
    Case(
        "a hostile queue name stays a name",
        heard_by(a_queue("$(reboot)'; echo", sse_managed="false"), a_queue()),
        not_assessed(READ, "no queue's ARN"),
    ),
    Case(
        "with both attributes absent nobody knows",
        heard_by(a_queue(sse_managed=None)),
        not_assessed(READ, "encryption of mp-events"),
    ),
    Case(
        "a word that SQS does not use proves nothing",
        heard_by(a_queue(sse_managed="TRUE")),
        not_assessed(READ),
    ),
    Case(
        "a refused call is not assessed",
        heard_by(a_queue(refused=denied(READ, "us-east-1"))),
        not_assessed(READ, "AccessDenied"),
    ),
    Case(
        "the dead-letter queue is judged too",
        heard_by(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead", sse_managed="false")),
        {"mp-events": passes(), "mp-dead": fails(Severity.MEDIUM, "mp-dead stores messages")},
    ),
    Case(
        "a queue that has nothing to do with Marketplace is left alone",
        a_snapshot(queues=(a_queue("orders", sse_managed="false"),)),
        not_applicable("No queue of this account hears"),
    ),
    Case(
        "unread subscriptions may hide a queue",
        a_snapshot(subscriptions=denied("sns:ListSubscriptions", "us-east-1")),
        not_assessed("sns:ListSubscriptions"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_messages_are_encrypted_at_rest(case: Case) -> None:
    case.holds_for(CONTROL)
