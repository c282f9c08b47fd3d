"""SQS-01: something of the seller's own hears of buyers, and nobody listens on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

import pytest

from scanner.control import outcomes_of
from scanner.controls.sqs import (
    sqs_02_only_its_topics_send,
    sqs_03_closed_to_strangers,
    sqs_08_dead_letters_kept,
    sqs_09_only_over_tls,
)
from scanner.controls.sqs.sqs_01_notifications_arrive import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.messaging import Queue, Redrive, Rule, Subscription
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, parse
from scanner.remedy import Remedy, fill
from scanner.scope.sqs import TOPIC_OWNER
from scanner.vocabulary import HOME_REGION, Listed, Partial, Severity, Status
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import (
    PRODUCT_TOPIC,
    a_product,
    a_queue,
    a_queue_arn,
    a_redrive,
    a_rule,
    a_subscription,
)
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes
from tests.documents import Document, allow

CODE = "4xk2m9q7w1ex"
ENTITLEMENTS = f"arn:aws:sns:us-east-1:{TOPIC_OWNER}:aws-mp-entitlement-notification-{CODE}"
ANOTHER_TOPIC = f"arn:aws:sns:us-east-1:{TOPIC_OWNER}:aws-mp-subscription-notification-other"
CHANNEL = f"Notifications to account {OWN}"
AT = "aws-mp-subscription-notification-4xk2m9q7w1ex"
QUEUE = f"{a_queue_arn()} at {AT}"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWN}:function:events"
SAAS = a_product(type="SaaSProduct")
CONTRACT = Profile(product_types=("saas_contract",))
PARTNER = Profile(product_types=("saas_subscription",), approved_accounts=(STRANGER,))
ON_LICENSES = '{"source": ["aws.agreement-marketplace"], "detail-type": [{"prefix": "License"}]}'
ON_AGREEMENTS = (
    '{"source": ["aws.agreement-marketplace"],'
    ' "detail-type": ["Purchase Agreement Created - Proposer"]}'
)
SUBSCRIPTIONS = denied("sns:ListSubscriptions", HOME_REGION)
RULES = denied("events:ListRules", HOME_REGION)
TARGETS = denied("events:ListTargetsByRule", HOME_REGION)
CATALOG = denied("aws-marketplace:ListEntities", HOME_REGION)


def to(endpoint: str, protocol: str, topic: str = PRODUCT_TOPIC) -> Subscription:
    one = a_subscription(endpoint, topic=topic, protocol=protocol)
    return replace(one, arn=f"{topic}:{uuid5(NAMESPACE_URL, endpoint)}")


def pending(one: Subscription) -> Subscription:
    return replace(one, arn="PendingConfirmation")


def seller(
    *subscriptions: Subscription,
    products: Listed[Product] = (SAAS,),
    rules: Listed[Rule] = (),
    queues: Listed[Queue] = (),
    profile: Profile | None = None,
    more: Listed[Subscription] = (),
) -> Snapshot:
    """Who sells one SaaS product and has these subscriptions."""
    return a_snapshot(
        products=products,
        subscriptions=more or subscriptions,
        rules=rules,
        queues=queues,
        profile=profile,
    )


def at(endpoint: str, topic: str = AT) -> str:
    return f"{endpoint} at {topic}"


def high(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.HIGH, says, shows=shows)


def medium(says: str, *, shows: str = "") -> Expected:
    return fails(Severity.MEDIUM, says, shows=shows)


NOTHING_DELIVERS = medium(
    "A SaaS product is sold, and neither a subscription nor a rule delivers.",
    shows="Subscriptions that deliver: none\nEnabled rules on agreements with a target: none",
)
MAIL_ONLY = fails(Severity.LOW, "Notifications arrive by mail only")
NO_ENTITLEMENTS = medium("neither an entitlement topic nor a rule on licences delivers.")

CASES = (
    Case(
        "a queue that hears the product's topic passes",
        seller(to("mp-events", "sqs")),
        {CHANNEL: passes(shows=f"deliver: sqs {a_queue_arn()}"), QUEUE: passes()},
    ),
    *(
        Case(
            f"so does {protocol}",
            seller(to(endpoint, protocol)),
            {CHANNEL: passes(f"Notifications arrive: {protocol}"), at(endpoint): passes()},
        )
        for protocol, endpoint in (("lambda", FUNCTION), ("https", "https://larkfield.example/mp"))
    ),
    Case(
        "an enabled rule with a target is enough",
        seller(rules=(a_rule("mp-events"),)),
        passes("Notifications arrive: agreements.", shows="with a target: agreements"),
    ),
    Case(
        "a seller of SaaS who hears nothing fails",
        seller(),
        {CHANNEL: NOTHING_DELIVERS},
    ),
    Case(
        "so does one whom only the profile calls a seller of SaaS",
        seller(products=(), profile=PARTNER),
        NOTHING_DELIVERS,
    ),
    Case(
        "a rule that is disabled does not count",
        seller(rules=(a_rule("mp-events", state="DISABLED"),)),
        NOTHING_DELIVERS,
    ),
    Case("a rule without a target does not count", seller(rules=(a_rule(),)), NOTHING_DELIVERS),
    Case(
        "a rule on something else does not count",
        seller(rules=(a_rule("mp-events", pattern='{"source": ["aws.health"]}'),)),
        NOTHING_DELIVERS,
    ),
    Case(
        "a subscription that waits for confirmation delivers nothing",
        seller(pending(to("https://larkfield.example/mp", "https"))),
        {
            CHANNEL: NOTHING_DELIVERS,
            at("https://larkfield.example/mp"): not_applicable("has not confirmed"),
        },
    ),
    Case(
        "plain HTTP is high, and no channel",
        seller(to("http://larkfield.example/mp", "http")),
        {
            CHANNEL: NOTHING_DELIVERS,
            at("http://larkfield.example/mp"): high(
                "Notifications go to http://larkfield.example/mp over plain HTTP.",
                shows="Protocol: http",
            ),
        },
    ),
    Case(
        "passwords and tokens of an address are not shown",
        seller(to("mp-events", "sqs"), to("http://me:secret@larkfield.example/mp?token=1", "http")),
        {
            CHANNEL: passes(),
            QUEUE: passes(),
            at("http://larkfield.example/mp"): high("go to http://larkfield.example/mp over"),
        },
    ),
    Case(
        "a queue of a foreign account is medium",
        seller(to("mp-events", "sqs"), to(a_queue_arn(account=STRANGER), "sqs")),
        {
            CHANNEL: passes(),
            QUEUE: passes(),
            at(a_queue_arn(account=STRANGER)): medium(f"in foreign account {STRANGER}."),
        },
    ),
    Case(
        "that of an approved account passes",
        seller(to(a_queue_arn(account=STRANGER), "sqs"), profile=PARTNER),
        {CHANNEL: passes(), at(a_queue_arn(account=STRANGER)): passes()},
    ),
    Case(
        "mail alone is low",
        seller(to("ops@larkfield.example", "email")),
        {CHANNEL: MAIL_ONLY, at("ops@larkfield.example"): passes()},
    ),
    Case(
        "mail beside a queue is fine",
        seller(to("mp-events", "sqs"), to("ops@larkfield.example", "email-json")),
        {CHANNEL: passes(), QUEUE: passes(), at("ops@larkfield.example"): passes()},
    ),
    Case(
        "mail alone is low for a seller of images too",
        seller(to("ops@larkfield.example", "email"), products=(a_product(),)),
        {CHANNEL: MAIL_ONLY, at("ops@larkfield.example"): passes()},
    ),
    Case(
        "contracts need the entitlement topic",
        seller(to("mp-events", "sqs"), profile=CONTRACT),
        {CHANNEL: NO_ENTITLEMENTS, QUEUE: passes()},
    ),
    Case(
        "with it they pass",
        seller(to("mp-events", "sqs"), to("mp-events", "sqs", ENTITLEMENTS), profile=CONTRACT),
        {
            CHANNEL: passes(),
            QUEUE: passes(),
            at(a_queue_arn(), f"aws-mp-entitlement-notification-{CODE}"): passes(),
        },
    ),
    Case(
        "a rule on licences stands in for it",
        seller(
            to("mp-events", "sqs"),
            rules=(a_rule("mp-events", pattern=ON_LICENSES),),
            profile=CONTRACT,
        ),
        {CHANNEL: passes(), QUEUE: passes()},
    ),
    Case(
        "one on agreements only does not",
        seller(rules=(a_rule("mp-events", pattern=ON_AGREEMENTS),), profile=CONTRACT),
        NO_ENTITLEMENTS,
    ),
    Case(
        "without an answer about contracts it is not asked for, and that is said",
        seller(rules=(a_rule("mp-events", pattern=ON_AGREEMENTS),)),
        passes(shows="Whether SaaS contracts are sold: not answered"),
    ),
    Case(
        "every product needs its own topic",
        seller(
            to("mp-events", "sqs"),
            products=(SAAS, a_product(id="prod-2", type="SaaSProduct", code="other")),
        ),
        {
            CHANNEL: medium("Nothing is subscribed for product Larkfield (code other)."),
            QUEUE: passes(),
        },
    ),
    Case(
        "a rule hears them all, and drafts and products without a code are let be",
        seller(
            rules=(a_rule("mp-events"),),
            products=(SAAS, a_product(id="prod-2", type="SaaSProduct", code="other")),
        ),
        passes(),
    ),
    Case(
        "drafts and products without a code are let be",
        seller(
            to("mp-events", "sqs"),
            products=(
                SAAS,
                a_product(id="prod-2", type="SaaSProduct", code="new", visibility="Draft"),
                a_product(id="prod-3", type="SaaSProduct", code=""),
            ),
        ),
        {CHANNEL: passes(), QUEUE: passes()},
    ),
    Case(
        "a seller of images who subscribed is judged by the subscription",
        seller(to("mp-events", "sqs"), products=(a_product(),)),
        {CHANNEL: passes(), QUEUE: passes()},
    ),
    Case(
        "where nothing of it delivers yet there is nothing to judge",
        seller(pending(to("https://larkfield.example/mp", "https")), products=()),
        {
            CHANNEL: not_applicable("No SaaS product is sold"),
            at("https://larkfield.example/mp"): not_applicable(),
        },
    ),
    Case(
        "without SaaS and without subscriptions it does not apply",
        seller(products=(a_product(),)),
        not_applicable("No SaaS product is sold, and no product's notifications"),
    ),
    Case(
        "subscriptions that were refused may be there",
        seller(more=SUBSCRIPTIONS),
        not_assessed("sns:ListSubscriptions"),
    ),
    Case(
        "of subscriptions that were cut the bad ones are known",
        seller(more=Partial((to("http://larkfield.example/mp", "http"),), (SUBSCRIPTIONS,))),
        {
            f"Account {OWN}": not_assessed("sns:ListSubscriptions"),
            at("http://larkfield.example/mp"): high("over plain HTTP"),
        },
    ),
    Case(
        "rules that were refused may deliver", seller(rules=RULES), not_assessed("events:ListRules")
    ),
    Case(
        "so may targets that were refused",
        seller(rules=(a_rule(targets=TARGETS),)),
        not_assessed("events:ListTargetsByRule"),
    ),
    Case(
        "they do not matter where a queue hears the product",
        seller(to("mp-events", "sqs"), rules=RULES),
        {CHANNEL: passes(), QUEUE: passes()},
    ),
    Case(
        "a catalog that was refused may hold SaaS",
        seller(products=CATALOG),
        not_assessed("aws-marketplace:ListEntities"),
    ),
    Case(
        "or a product that nothing hears",
        seller(to("mp-events", "sqs"), products=Partial((SAAS,), (CATALOG,))),
        {CHANNEL: not_assessed("aws-marketplace:ListEntities"), QUEUE: passes()},
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_notifications_arrive(case: Case) -> None:
    case.holds_for(CONTROL)


def remedy_of(snapshot: Snapshot, name: str = CHANNEL) -> Remedy:
    outcomes = {one.name: one for one in outcomes_of(CONTROL, snapshot)}
    assert outcomes[name].status is Status.FAIL
    return fill(CONTROL.remedy, outcomes[name].values)


def documents_of(remedy: Remedy) -> list[Document]:
    return [json.loads(part.split("\nJSON\n")[0]) for part in remedy.cli.split("<<'JSON'\n")[1:]]


def a_made_queue(name: str, attributes: Document) -> Queue:
    policy = parse(attributes["Policy"], source="sqs:GetQueueAttributes")
    assert isinstance(policy, Policy)
    said = json.loads(attributes.get("RedrivePolicy", "null"))
    redrive = said and Redrive(said["deadLetterTargetArn"], said["maxReceiveCount"])
    retention = int(attributes.get("MessageRetentionPeriod", 345_600))
    return a_queue(name, policy=policy, redrive=redrive, retention=retention)


def test_a_new_queue_is_one_that_the_other_controls_like() -> None:
    remedy = remedy_of(seller())
    dead, new = documents_of(remedy)
    name = "marketplace-notifications"
    assert f"--topic-arn {PRODUCT_TOPIC} --protocol sqs" in remedy.cli
    assert f"--notification-endpoint {a_queue_arn(name)}" in remedy.cli
    fixed = seller(
        to(name, "sqs"),
        queues=(a_made_queue(name, new), a_made_queue(f"{name}-dead-letters", dead)),
    )
    for control in (
        CONTROL,
        sqs_02_only_its_topics_send.CONTROL,
        sqs_03_closed_to_strangers.CONTROL,
        sqs_08_dead_letters_kept.CONTROL,
        sqs_09_only_over_tls.CONTROL,
    ):
        found = {one.status for one in outcomes_of(control, fixed)}
        assert Status.FAIL not in found | {Status.NOT_ASSESSED}, control.id
        assert Status.PASS in found


def test_a_queue_that_hears_marketplace_already_is_taken() -> None:
    ours = allow("sqs:*", to={"AWS": OWN}, on=a_queue_arn(), sid="ours")
    snapshot = seller(to("mp-events", "sqs"), queues=(a_queue(policy=ours),), profile=CONTRACT)
    remedy = remedy_of(snapshot)
    assert "create-queue" not in remedy.cli
    assert f"--topic-arn {ENTITLEMENTS} " in remedy.cli
    (attributes,) = documents_of(remedy)
    statements = json.loads(attributes["Policy"])["Statement"]
    assert statements[0] == ours
    assert statements[1]["Condition"] == {"ArnEquals": {"aws:SourceArn": [ENTITLEMENTS]}}


def test_a_policy_that_lets_the_topic_in_already_stays() -> None:
    open_to_both = allow("sqs:SendMessage", to={"Service": "sns.amazonaws.com"}, on=a_queue_arn())
    snapshot = seller(
        to("mp-events", "sqs"), queues=(a_queue(policy=open_to_both),), profile=CONTRACT
    )
    remedy = remedy_of(snapshot)
    assert "set-queue-attributes" not in remedy.cli
    assert "aws sns subscribe" in remedy.cli


def test_without_known_codes_a_rule_hears_everything() -> None:
    remedy = remedy_of(seller(products=(), profile=CONTRACT))
    assert "aws sns subscribe" not in remedy.cli
    assert "aws events put-targets --region us-east-1 --rule marketplace-agreements" in remedy.cli
    assert documents_of(remedy)[-1] == {"source": ["aws.agreement-marketplace"]}


def test_the_new_rule_and_queue_take_no_name_that_is_in_use() -> None:
    snapshot = seller(
        products=(),
        profile=CONTRACT,
        rules=(a_rule(name="marketplace-agreements", pattern='{"source": ["aws.health"]}'),),
        queues=(a_queue("marketplace-notifications"),),
    )
    remedy = remedy_of(snapshot)
    assert "--name marketplace-agreements-2" in remedy.cli
    assert "--queue-name marketplace-notifications-2" in remedy.cli


def test_plain_http_is_ended_after_a_queue_hears_the_topic() -> None:
    plain = to("http://larkfield.example/mp", "http")
    remedy = remedy_of(seller(plain), at("http://larkfield.example/mp"))
    assert remedy.cli.index("aws sns subscribe") < remedy.cli.index("aws sns unsubscribe")
    assert plain.arn in remedy.cli


def test_where_a_queue_hears_the_topic_too_it_is_only_ended() -> None:
    plain = to("http://larkfield.example/mp", "http")
    remedy = remedy_of(seller(to("mp-events", "sqs"), plain), at("http://larkfield.example/mp"))
    assert "subscribe --region us-east-1 --topic-arn" not in remedy.cli
    assert "aws sns unsubscribe" in remedy.cli


def test_the_dead_letter_queue_is_no_place_for_notifications() -> None:
    snapshot = seller(
        to("mp-events", "sqs"),
        queues=(a_queue("mp-dead"), a_queue(redrive=a_redrive("mp-dead"))),
        products=(SAAS, a_product(id="prod-2", type="SaaSProduct", code="other")),
    )
    remedy = remedy_of(snapshot)
    assert f"--topic-arn {ANOTHER_TOPIC} " in remedy.cli
    assert f"--notification-endpoint {a_queue_arn()}" in remedy.cli
