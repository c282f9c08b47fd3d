"""Subscriptions that the account owns, also those to topics of AWS Marketplace."""

from __future__ import annotations

from scanner.aws import Answer, Aws
from scanner.collect.reading import facts_from
from scanner.facts.messaging import SnsFacts, Subscription

ACTIONS = ("sns:ListSubscriptions",)


def collect(aws: Aws) -> SnsFacts:
    """Read the subscriptions of the home region, where product topics live (controls.md 1.8)."""
    listed = aws.pages("sns", "ListSubscriptions", "Subscriptions", region=aws.home)

    def subscription(said: Answer) -> Subscription:
        return Subscription(
            arn=said["SubscriptionArn"],
            topic=said["TopicArn"],
            protocol=said["Protocol"],
            endpoint=said.get("Endpoint", ""),
            owner=said.get("Owner", ""),
            region=aws.home,
        )

    return SnsFacts(facts_from(listed, subscription, action=ACTIONS[0], region=aws.home))
