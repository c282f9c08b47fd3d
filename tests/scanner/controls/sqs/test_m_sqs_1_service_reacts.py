"""M-SQS-1: asked of sellers with notifications, with how often their queues are polled."""

from __future__ import annotations

import pytest

from scanner.controls.sqs.m_sqs_1_service_reacts import CONTROL
from scanner.facts.monitoring import QueueTraffic
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import HOME_REGION, Observed, Status
from tests.builders import a_snapshot, denied
from tests.builders_resources import (
    a_product,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_subscription,
)
from tests.cases import Case, Expected, not_applicable

METRICS = "cloudwatch:GetMetricData"
POLLED = QueueTraffic(received=12, empty_receives=400, sent=12, oldest_age=40)


def asks(shows: str) -> Expected:
    return Expected(Status.MANUAL, says="No API shows this. To confirm: Our service", shows=shows)


def hearing(traffic: Observed[QueueTraffic] | None = POLLED) -> Snapshot:
    """A SaaS seller with a queue and its dead-letter queue."""
    return a_snapshot(
        products=(a_product(type="SaaSProduct"),),
        subscriptions=(a_subscription(),),
        queues=(a_queue(redrive=a_redrive("mp-dead")), a_queue("mp-dead")),
        traffic={} if traffic is None else {a_queue_arn(): traffic},
    )


CASES = (
    Case("polling is shown", hearing(), asks("Receives of mp-events, 24 h: 412")),
    Case(
        "so is a queue that nobody polls",
        hearing(QueueTraffic(None, None, 3, 900)),
        asks("Receives of mp-events, 24 h: 0"),
    ),
    Case(
        "metrics that were refused are said to be",
        hearing(denied(METRICS, HOME_REGION)),
        asks(f"Hint not available: {METRICS} could not be read in us-east-1: AccessDenied."),
    ),
    Case("so are metrics that nobody read", hearing(None), asks("NotRead")),
    Case(
        "a SaaS seller without a queue is asked",
        a_snapshot(profile=Profile(product_types=("saas_contract",))),
        asks("Queues that hear product notifications: none"),
    ),
    Case(
        "a seller of images who subscribed is asked",
        a_snapshot(products=(a_product(),), subscriptions=(a_subscription(),), queues=(a_queue(),)),
        asks("NotRead"),
    ),
    Case(
        "who may sell SaaS is asked",
        a_snapshot(products=denied("aws-marketplace:ListEntities", HOME_REGION)),
        asks("none"),
    ),
    Case(
        "who may have subscribed is asked",
        a_snapshot(subscriptions=denied("sns:ListSubscriptions", HOME_REGION)),
        asks("Hint not available: sns:ListSubscriptions"),
    ),
    Case(
        "a seller of images without notifications is not",
        a_snapshot(products=(a_product(),)),
        not_applicable("No SaaS product is sold"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_service_reacts(case: Case) -> None:
    case.holds_for(CONTROL)
