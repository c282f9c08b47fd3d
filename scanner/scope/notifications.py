"""How product notifications leave AWS Marketplace for this account, and where they arrive (SQS-01)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.catalog import Product
from scanner.facts.messaging import Rule, Subscription
from scanner.facts.snapshot import Snapshot
from scanner.scope.agreement_events import SOURCE
from scanner.scope.event_patterns import hears
from scanner.scope.products import Kind, products_of, sells
from scanner.scope.sqs import TOPIC_OWNER, agreement_rules, product_subscriptions
from scanner.vocabulary import HOME_REGION, Listed, Partial, derived, gaps, seen

DELIVERING = frozenset({"sqs", "lambda", "https"})
BY_MAIL = frozenset({"email", "email-json"})
CONTRACTS = frozenset({"saas_contract", "saas_contract_usage"})
LICENSE_UPDATED = {"source": SOURCE, "detail-type": "License Updated - Manufacturer"}
ENTITLEMENT = ":aws-mp-entitlement-notification-"
SECRETS = re.compile(r"(?<=//)[^/@]*@|\?.*")
"""What an address may hold beside host and path."""


@dataclass(frozen=True, slots=True)
class Channel:
    """The ways, all together, by which the account hears of buyers in us-east-1."""

    account: Account

    @property
    def key(self) -> str:
        """The account in its home region."""
        return self.account.key_in(HOME_REGION)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"Notifications to account {self.account.id}"

    @property
    def region(self) -> str:
        """Where product topics live."""
        return HOME_REGION


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription to a product's topic as a resource of its own."""

    subscription: Subscription

    @property
    def is_confirmed(self) -> bool:
        """Whether it delivers: only then it has an ARN."""
        return self.subscription.arn.startswith("arn:")

    @property
    def endpoint(self) -> str:
        """Where it delivers to, without passwords and tokens of an address."""
        return SECRETS.sub("", self.subscription.endpoint)

    @property
    def key(self) -> str:
        """Its ARN, or its place at the topic while it waits for confirmation."""
        one = self.subscription
        waiting = f"{one.topic}#subscription/{one.protocol}/{self.endpoint}"
        return one.arn if self.is_confirmed else waiting

    @property
    def name(self) -> str:
        """Where it delivers to, and from which topic."""
        return f"{self.endpoint} at {self.subscription.topic.rpartition(':')[2]}"

    @property
    def region(self) -> str:
        """The topic's region."""
        return self.subscription.region


def judged(snapshot: Snapshot) -> Listed[Channel | Subscribed]:
    """Each subscription, and the channel where they were all read and there is something to hear.

    Nothing where no SaaS is sold and nothing is subscribed to.
    """
    listed = product_subscriptions(snapshot)
    found = {one.key: one for one in map(Subscribed, seen(listed))}
    items: tuple[Channel | Subscribed, ...] = tuple(found.values())
    if gaps(listed):
        return Partial(items, gaps(listed))
    if sells(snapshot, Kind.SAAS) is False and not items:
        return ()
    return (Channel(snapshot.account), *items)


def confirmed(snapshot: Snapshot, protocols: frozenset[str] = DELIVERING) -> list[Subscription]:
    """Subscriptions to product topics that deliver by some of the protocols."""
    subscriptions = map(Subscribed, seen(product_subscriptions(snapshot)))
    return [
        one.subscription
        for one in subscriptions
        if one.is_confirmed and one.subscription.protocol in protocols
    ]


def live_rules(snapshot: Snapshot) -> Listed[Rule]:
    """Rules on agreement events that are enabled and have a target; cut when others may be."""
    listed = agreement_rules(snapshot)
    enabled = derived(listed, lambda one: [one] if one.state.startswith("ENABLED") else [])
    live = tuple(one for one in seen(enabled) if seen(one.targets))
    dark = (gap for one in seen(enabled) if not seen(one.targets) for gap in gaps(one.targets))
    why = (*gaps(enabled), *dark)
    return Partial(live, why) if why else live


def lacks_entitlements(snapshot: Snapshot) -> bool:
    """Whether the profile names SaaS contracts and nothing that delivers hears entitlements.

    The catalog does not tell contracts apart. A rule hears them as licences that were updated.
    """
    if CONTRACTS.isdisjoint(snapshot.profile.product_types or ()):
        return False
    rules = seen(live_rules(snapshot))
    by_topic = any(ENTITLEMENT in one.topic for one in confirmed(snapshot))
    return not by_topic and not any(hears(rule.pattern, LICENSE_UPDATED) for rule in rules)


def silent_products(snapshot: Snapshot) -> Listed[Product]:
    """SaaS products, drafts aside, whose code ends no topic that delivers."""
    codes = {one.topic.rpartition("-")[2] for one in confirmed(snapshot)}

    def is_silent(product: Product) -> Iterator[Product]:
        if product.code and product.visibility != "Draft" and product.code not in codes:
            yield product

    return derived(products_of(snapshot, Kind.SAAS), is_silent)


def wanted_topics(snapshot: Snapshot) -> tuple[str, ...]:
    """ARNs of the topics of our products that should be subscribed to and are not."""
    rules = seen(live_rules(snapshot))
    silent = () if rules else seen(silent_products(snapshot))
    codes = [product.code for product in silent]
    wanted = [topic_of(code, "subscription", snapshot) for code in codes]
    if lacks_entitlements(snapshot):
        heard = (one.topic.rpartition("-")[2] for one in confirmed(snapshot))
        every = dict.fromkeys((*codes, *heard))
        wanted += [topic_of(code, "entitlement", snapshot) for code in every]
    return tuple(wanted)


def topic_of(code: str, kind: str, snapshot: Snapshot) -> str:
    """The ARN of a product's topic, by its code; kind is subscription or entitlement."""
    owners = (one.topic.split(":")[4] for one in seen(product_subscriptions(snapshot)))
    owner = next(owners, TOPIC_OWNER)
    partition = snapshot.account.partition
    return f"arn:{partition}:sns:{HOME_REGION}:{owner}:aws-mp-{kind}-notification-{code}"


def foreign_account(one: Subscription, snapshot: Snapshot) -> str:
    """The account of an endpoint that is neither ours nor approved; empty if there is none."""
    parts = one.endpoint.split(":")
    account = parts[4] if parts[0] == "arn" and len(parts) > ACCOUNT_PART else ""
    return "" if not account or snapshot.profile.approves(account, snapshot.account.id) else account


ACCOUNT_PART = 4
