"""M-SQS-1: what the service does with a notification no API shows; that somebody polls, one does."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.products import Kind, sells
from scanner.scope.sqs import marketplace_queues, only_dead_letters, product_subscriptions
from scanner.scope.traffic import READ, receives, traffic_of
from scanner.vocabulary import NotSeen, Observed, Unobserved, gaps, seen


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """How often each queue was asked for messages, as SQS-07 sees it; raises NotSeen for none."""
    queues = marketplace_queues(snapshot)
    dead = only_dead_letters(snapshot)
    polled = [queue for queue in seen(queues) if queue.arn not in dead]
    pieces: list[Piece] = []
    missing = list(gaps(queues))
    for queue in polled:
        traffic = traffic_of(queue, snapshot)
        if isinstance(traffic, Unobserved):
            missing.append(traffic)
        else:
            label = f"Receives of {queue.name}, 24 h"
            pieces.append(Fact(label, str(receives(traffic)), READ))
    if missing and not pieces:
        raise NotSeen(*dict.fromkeys(missing))
    pieces += [Fact("Not read", gap.sentence()) for gap in dict.fromkeys(missing)]
    return tuple(pieces) or (Fact("Queues that hear product notifications", "none"),)


def applies(snapshot: Snapshot) -> Observed[bool]:
    """Whether SaaS is sold, or another product's notifications are subscribed to."""
    subscriptions = product_subscriptions(snapshot)
    sold = sells(snapshot, Kind.SAAS)
    if sold is True or seen(subscriptions):
        return True
    missing = gaps(subscriptions)
    return missing[0] if missing else sold


CONTROL = attested(
    module=__name__,
    title="The service reacts to every kind of notification in time",
    statement="Our service handles subscribe-success, subscribe-fail, unsubscribe-pending,"
    " unsubscribe-success and entitlement-updated, or the EventBridge events for them, gives access"
    " only after success, and sends final usage within one hour.",
    risk="Buyers who pay are locked out, buyers who left go on for nothing, and their last hour is"
    " not billed.",
    steps=(
        "Publish a limited listing and subscribe to it from a test account of your own.",
        "Check that access is given only after subscribe-success, and not after subscribe-fail.",
        "Unsubscribe: check that final usage is sent within the hour after unsubscribe-pending, and"
        " that access ends with unsubscribe-success.",
        "For contracts change the entitlement and check that entitlement-updated is followed.",
        "Keep the record of the test as evidence, and repeat it after each change of this code.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon SNS notifications for SaaS products",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-notification.html",
        ),
    ),
    minutes=120,
    hint=hint,
    applies=applies,
    not_applicable_because="No SaaS product is sold, and no product's notifications are subscribed"
    " to.",
    reads=(
        "catalog.products",
        "sqs.queues",
        "sns.subscriptions",
        "events.rules",
        "cloudwatch.queues",
    ),
)
