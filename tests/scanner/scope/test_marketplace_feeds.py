"""Subscriptions and rules that bring product notifications, and what may hide one."""

from __future__ import annotations

from dataclasses import replace

from scanner.scope.notifications import foreign_account, live_rules
from scanner.scope.sqs import agreement_rules, product_subscriptions, unseen_feeds
from scanner.vocabulary import HOME_REGION, Partial, gaps, seen
from tests.builders import OWN, STRANGER, a_snapshot, denied
from tests.builders_resources import a_queue_arn, a_rule, a_subscription

HERE = denied("sns:ListSubscriptions", HOME_REGION)
ELSEWHERE = denied("sns:ListSubscriptions", "eu-west-1")
TARGETS = denied("events:ListTargetsByRule", HOME_REGION)
ORDERS = f"arn:aws:sns:us-east-1:{OWN}:orders"


def test_only_subscriptions_to_product_topics_count_and_only_home_can_hide_one() -> None:
    listed = (a_subscription(), a_subscription(topic=ORDERS))
    assert product_subscriptions(a_snapshot(subscriptions=listed)) == listed[:1]
    cut = a_snapshot(subscriptions=Partial(listed, (ELSEWHERE,)))
    assert product_subscriptions(cut) == listed[:1]
    cut = a_snapshot(subscriptions=Partial(listed, (ELSEWHERE, HERE)))
    assert product_subscriptions(cut) == Partial(listed[:1], (HERE,))


def test_rules_with_an_unreadable_pattern_are_a_gap() -> None:
    broken = replace(a_rule(name="broken"), pattern="{")
    listed = agreement_rules(a_snapshot(rules=(a_rule(), broken)))
    assert seen(listed) == (a_rule(),)
    assert [gap.error for gap in gaps(listed)] == ["MalformedPattern"]


def test_unseen_feeds_are_all_that_may_hide_one() -> None:
    snapshot = a_snapshot(subscriptions=HERE, rules=(a_rule(targets=TARGETS),))
    assert unseen_feeds(snapshot) == (HERE, TARGETS)
    assert unseen_feeds(a_snapshot()) == ()


def test_a_live_rule_is_enabled_and_has_a_target() -> None:
    cloudtrail = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    rules = (
        a_rule("mp-events", name="live"),
        a_rule("mp-events", name="all", state=cloudtrail),
        a_rule("mp-events", name="off", state="DISABLED"),
        a_rule(name="idle"),
        a_rule(name="dark", targets=TARGETS),
        a_rule(name="dark and off", state="DISABLED", targets=TARGETS),
    )
    listed = live_rules(a_snapshot(rules=rules))
    assert [one.name for one in seen(listed)] == ["live", "all"]
    assert gaps(listed) == (TARGETS,)


def test_only_arns_name_a_foreign_account() -> None:
    snapshot = a_snapshot()
    for endpoint, account in (
        (a_queue_arn(), ""),
        (a_queue_arn(account=STRANGER), STRANGER),
        ("https://larkfield.example/a:b:c:d:e", ""),
        ("arn:broken", ""),
    ):
        one = a_subscription(endpoint, protocol="https")
        assert foreign_account(one, snapshot) == account
