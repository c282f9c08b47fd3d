"""SQS-01: a seller who hears nothing of buyers gives access to the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    passed,
)
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.notifications import (
    BY_MAIL,
    Channel,
    Subscribed,
    confirmed,
    foreign_account,
    judged,
    lacks_entitlements,
    live_rules,
    silent_products,
    wanted_topics,
)
from scanner.scope.products import Kind, sells
from scanner.scope.subscribing import CLI, CLOUDFORMATION, NOTHING, TERRAFORM, subscribing
from scanner.vocabulary import HOME_REGION, NotSeen, Severity, complete, gaps, known, seen

READ = "sns:ListSubscriptions"
READ_RULES = "events:ListRules, events:ListTargetsByRule"


def check(one: Channel | Subscribed, snapshot: Snapshot) -> Verdict:
    """Judge whether anything arrives, and of each subscription where it goes."""
    return _subscription(one, snapshot) if isinstance(one, Subscribed) else _channel(snapshot)


def _subscription(one: Subscribed, snapshot: Snapshot) -> Verdict:
    subscription = one.subscription
    evidence = (
        Fact("Topic", subscription.topic, READ),
        Fact("Protocol", subscription.protocol, READ),
        Fact("Endpoint", one.endpoint, READ),
    )
    if not one.is_confirmed:
        return not_applicable(f"{one.endpoint} has not confirmed and gets nothing.", *evidence)
    account = foreign_account(subscription, snapshot)
    if subscription.protocol == "http":
        reason = f"Notifications go to {one.endpoint} over plain HTTP."
        severity = Severity.HIGH
    elif account:
        reason = f"Notifications go to {one.endpoint} in foreign account {account}."
        severity = Severity.MEDIUM
    else:
        return passed(f"Notifications go to {one.endpoint}.", *evidence)
    values = _values(one.endpoint, _replacing(one, snapshot), subscription.arn)
    return failed(reason, *evidence, severity=severity, values=values)


def _replacing(one: Subscribed, snapshot: Snapshot) -> Mapping[str, str]:
    """A queue for the topic, unless another endpoint of ours hears it already."""
    topic = one.subscription.topic
    others = [
        other
        for other in confirmed(snapshot)
        if other != one.subscription and not foreign_account(other, snapshot)
    ]
    heard = any(other.topic == topic for other in others)
    return NOTHING if heard else subscribing([topic], snapshot)


def _channel(snapshot: Snapshot) -> Verdict:
    """Judge what delivers, all together; rules that were not read may deliver as well."""
    rules = live_rules(snapshot)
    ways = [f"{one.protocol} {Subscribed(one).endpoint}" for one in confirmed(snapshot)]
    evidence = (
        Fact("Subscriptions that deliver", ", ".join(ways) or "none", READ),
        Fact(
            "Enabled rules on agreements with a target",
            ", ".join(one.name for one in seen(rules)) or "none",
            READ_RULES,
        ),
        *_unknown_contracts(snapshot),
    )
    values = _values("this account", subscribing(wanted_topics(snapshot), snapshot))
    faults = [
        failed(reason, *evidence, severity=severity, values=values)
        for reason, severity in _missing(snapshot)
    ]
    if faults and gaps(rules):
        raise NotSeen(*gaps(rules))
    if not faults and not ways and not seen(rules):
        return not_applicable("No SaaS product is sold, and nothing that was subscribed delivers.")
    if not faults and not seen(rules):
        complete(silent_products(snapshot))
    reason = f"Notifications arrive: {', '.join((*ways, *(one.name for one in seen(rules))))}."
    return all_faults(faults, passed(reason, *evidence))


def _missing(snapshot: Snapshot) -> Iterator[tuple[str, Severity]]:
    rules = seen(live_rules(snapshot))
    if not rules and not confirmed(snapshot):
        if confirmed(snapshot, BY_MAIL):
            yield "Notifications arrive by mail only, which no service acts on.", Severity.LOW
        elif known(sells(snapshot, Kind.SAAS)):
            reason = "A SaaS product is sold, and neither a subscription nor a rule delivers."
            yield reason, Severity.MEDIUM
        return
    if lacks_entitlements(snapshot):
        reason = "SaaS contracts are sold, and neither an entitlement topic nor a rule on licences"
        yield f"{reason} delivers.", Severity.MEDIUM
    for product in () if rules else seen(silent_products(snapshot)):
        reason = f"Nothing is subscribed for product {product.name} (code {product.code})."
        yield reason, Severity.MEDIUM


def _unknown_contracts(snapshot: Snapshot) -> Iterator[Fact]:
    if snapshot.profile.product_types is None:
        yield Fact("Whether SaaS contracts are sold", "not answered, so entitlements do not count")


def _values(name: str, subscribed: Mapping[str, str], unsubscribed: str = "") -> Mapping[str, str]:
    return {**subscribed, "name": name, "region": HOME_REGION, "unsubscribed": unsubscribed}


REMEDY = Remedy(
    summary="Let product notifications for [[name]] arrive in a queue of your own.",
    minutes=30,
    console=(
        "In SQS, region [[region]], create the queue [[new_queue]] with a dead-letter queue and"
        " Amazon SQS key encryption.",
        "Open [[queue]], Subscribe to Amazon SNS topic, and enter [[topic]]; compare it with the"
        " one that the Management Portal shows for the product.",
        "Do the same with [[second_topic]].",
        "In EventBridge, region [[region]], create the rule [[rule]] on the default bus for source"
        " aws.agreement-marketplace with [[queue]] as target.",
        "In SNS, Subscriptions, delete [[unsubscribed]].",
        "Let a consumer poll the queue at once: messages start to come.",
    ),
    cli=CLI,
    cloudformation=CLOUDFORMATION,
    terraform=TERRAFORM,
    breaks=(
        "Messages start at once and wait until a consumer polls [[queue]].",
        "What listened at the old endpoint hears nothing more.",
        "AWS lets only the seller account itself subscribe to the topics of its products.",
    ),
    way_back="Delete the new subscription or rule, and subscribe the old endpoint again.",
)

CONTROL = Control(
    module=__name__,
    title="Product notifications reach a queue, and nothing unsafe is subscribed",
    severity=Severity.HIGH,
    risk="Buyers who paid get no access, those who left keep it, and over plain HTTP or in another"
    " account strangers read who buys.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Amazon SNS notifications for SaaS products",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-notification.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Managing SaaS subscription events with EventBridge",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/saas-eventbridge-integration.html",
        ),
    ),
    reads=("catalog.products", "sns.subscriptions", "events.rules", "sqs.queues"),
    not_applicable_because="No SaaS product is sold, and no product's notifications are subscribed"
    " to.",
    resources=judged,
    check=check,
)
