"""Snapshots of accounts of any size, made without AWS: many principals with many policies each."""

from __future__ import annotations

import json
import random
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args, get_origin

from scanner.collect.plan import KINDS
from scanner.facts.account import Account
from scanner.facts.ec2 import BlockDevice, EbsSnapshot, Grant, Image
from scanner.facts.iam import (
    AccountSummary,
    AttachedPolicy,
    CredentialReport,
    InlinePolicy,
    ManagedPolicy,
    ReportKey,
    ReportRow,
    Role,
    User,
)
from scanner.facts.messaging import (
    Queue,
    QueueAttributes,
    Rule,
    Subscription,
    Topic,
    TopicAttributes,
)
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import hints_of, unread
from scanner.policy import Policy, parse
from scanner.vocabulary import Topic as SellerTopic
from scanner.vocabulary import known

OWN = "111122223333"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
READ_BY = "iam:GetAccountAuthorizationDetails"
SHARED = 200
"""Managed policies that principals share; every principal also has policies of its own."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each thing there is (design section 5)."""

    users: int
    roles: int
    queues: int
    images: int
    topics: int
    policies: int = 20
    """Per principal, half of them its own and half shared."""


SMALL = Size(20, 30, 10, 10, 5)
MEDIUM = Size(200, 300, 50, 50, 25)
LARGE = Size(1_000, 1_500, 300, 300, 150)

SERVICES = ("s3", "dynamodb", "logs", "ec2", "lambda", "sqs", "sns", "kms", "ecs", "ssm")
VERBS = ("Get*", "List*", "Describe*", "Put*", "PutItem", "SendMessage", "*", "Create?", "Tag*")
MARKETPLACE = (
    "aws-marketplace:ListEntities", "aws-marketplace:StartChangeSet", "aws-marketplace:BatchMeterUsage",
    "aws-marketplace:*Meter*", "aws-marketplace-management:viewReports", "iam:PassRole",
    "marketplacecommerceanalytics:GenerateDataSet", "cloudtrail:StopLogging", "sqs:ReceiveMessage",
)  # fmt: skip


def a_large_account(size: Size, seed: int = 7) -> Snapshot:
    """Give the snapshot of an account of this size; the same seed gives the same account."""
    maker = _Maker(random.Random(seed), size)
    return maker.snapshot()


class _Maker:
    def __init__(self, dice: random.Random, size: Size) -> None:
        self._dice = dice
        self._size = size
        self._shared = [self._managed(number) for number in range(SHARED)]

    def snapshot(self) -> Snapshot:
        size = self._size
        facts = {name: _empty(kind) for name, kind in KINDS.items()}
        users = tuple(self._user(number) for number in range(size.users))
        facts["iam"] = replace(
            facts["iam"],
            summary=AccountSummary(1, 0, 0, 1),
            report=CredentialReport(NOW, tuple(self._row(user) for user in users)),
            users=users,
            roles=tuple(self._role(number) for number in range(size.roles)),
            policies=tuple(self._shared),
        )
        queues = tuple(self._queue(number) for number in range(size.queues))
        facts["sqs"] = replace(facts["sqs"], queues=queues, regions=("us-east-1",))
        facts["sns"] = replace(
            facts["sns"],
            subscriptions=tuple(_subscription(queue) for queue in queues),
            topics=tuple(self._topic(number) for number in range(size.topics)),
        )
        facts["ec2"] = replace(
            facts["ec2"],
            regions=("us-east-1",),
            images=tuple(_image(number) for number in range(size.images)),
            snapshots=tuple(_ebs(number) for number in range(size.images)),
        )
        facts["events"] = replace(facts["events"], rules=(_rule(),))
        return Snapshot(
            account=Account(OWN),
            now=NOW,
            profile=Profile(product_types=("ami", "saas_subscription")),
            topics=tuple(SellerTopic),
            scan_role="",
            **facts,
        )

    def _document(self) -> Policy:
        dice = self._dice
        statements: list[dict[str, Any]] = []
        for _ in range(dice.randint(1, 3)):
            service = dice.choice(SERVICES)
            actions = [f"{service}:{dice.choice(VERBS)}" for _ in range(dice.randint(1, 6))]
            if dice.random() < 0.1:
                actions.append(dice.choice(MARKETPLACE))
            resources = [f"arn:aws:{service}:us-east-1:{OWN}:thing/{dice.randint(1, 10**6)}/*"]
            statements.append(
                {
                    "Effect": "Allow" if dice.random() < 0.95 else "Deny",
                    "Action": actions,
                    "Resource": "*" if dice.random() < 0.3 else resources,
                }
            )
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        return known(parse(text, source=READ_BY))

    def _managed(self, number: int) -> ManagedPolicy:
        arn = f"arn:aws:iam::{OWN}:policy/shared-{number}"
        return ManagedPolicy(f"shared-{number}", arn, 5, "v1", self._document())

    def _held(self, owner: str) -> tuple[tuple[InlinePolicy, ...], tuple[AttachedPolicy, ...]]:
        half = self._size.policies // 2
        own = tuple(InlinePolicy(owner, f"own-{n}", self._document()) for n in range(half))
        shared = self._dice.sample(self._shared, half)
        return own, tuple(AttachedPolicy(one.name, one.arn) for one in shared)

    def _user(self, number: int) -> User:
        arn = f"arn:aws:iam::{OWN}:user/user-{number}"
        own, shared = self._held(arn)
        return User(f"user-{number}", arn, NOW - timedelta(days=400), inline=own, attached=shared)

    def _role(self, number: int) -> Role:
        arn = f"arn:aws:iam::{OWN}:role/role-{number}"
        own, shared = self._held(arn)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": _caller(number)}
        return Role(
            name=f"role-{number}",
            arn=arn,
            created=NOW - timedelta(days=400),
            trust=known(parse({"Version": "2012-10-17", "Statement": [trust]}, source=READ_BY)),
            inline=own,
            attached=shared,
            last_used=NOW - timedelta(days=number % 200),
        )

    def _row(self, user: User) -> ReportRow:
        key = ReportKey(self._dice.random() < 0.3, NOW - timedelta(days=50), NOW)
        nothing = ReportKey(active=False)
        password = self._dice.random() < 0.5
        return ReportRow(
            user.name, user.arn, user.created, password, NOW if password else None,
            NOW if password else None, password, key, nothing,
        )  # fmt: skip

    def _queue(self, number: int) -> Queue:
        arn = f"arn:aws:sqs:us-east-1:{OWN}:queue-{number}"
        statement = {
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": _topic_arn(number)}},
        }  # fmt: skip
        policy = parse({"Version": "2012-10-17", "Statement": [statement]}, source="sqs:X")
        attributes = QueueAttributes(policy, "", "true", 345_600, None, 0)
        url = f"https://sqs.us-east-1.amazonaws.com/{OWN}/queue-{number}"
        return Queue(arn, url, f"queue-{number}", "us-east-1", attributes)

    def _topic(self, number: int) -> Topic:
        arn = f"arn:aws:sns:us-east-1:{OWN}:topic-{number}"
        return Topic(arn, f"topic-{number}", "us-east-1", TopicAttributes(None, ""))


def _empty(kind: type[Any]) -> Any:
    """Facts of a service in which every list was read and is empty; single facts stay unread."""
    facts = unread(kind)
    hints = hints_of(cast("Hashable", kind))
    lists = {
        name: ()
        for name, hint in hints.items()
        if any(get_origin(one) is tuple for one in get_args(hint))
    }
    return replace(facts, **lists)


def _caller(number: int) -> dict[str, str]:
    if number % 3:
        return {"Service": "lambda.amazonaws.com"}
    return {"AWS": f"arn:aws:iam::{OWN}:root"}


def _topic_arn(number: int) -> str:
    return f"arn:aws:sns:us-east-1:287250355862:aws-mp-subscription-notification-code{number}"


def _subscription(queue: Queue) -> Subscription:
    topic = _topic_arn(int(queue.name.removeprefix("queue-")))
    return Subscription(f"{topic}:x", topic, "sqs", queue.arn, OWN, "us-east-1")


def _image(number: int) -> Image:
    id_ = f"ami-{number:017x}"
    return Image(
        id=id_, arn=f"arn:aws:ec2:us-east-1:{OWN}:image/{id_}", region="us-east-1", owner=OWN,
        label=f"image {number}", state="available", public=number % 50 == 0, architecture="x86_64",
        virtualization="hvm", root_device_type="ebs", image_type="machine",
        created=NOW - timedelta(days=number * 3), launch_permissions=(Grant(user="679593333241"),),
        devices=(BlockDevice("/dev/xvda", f"snap-{number:017x}", 20, encrypted=False),), imds_support="v2.0",
    )  # fmt: skip


def _ebs(number: int) -> EbsSnapshot:
    id_ = f"snap-{number:017x}"
    arn = f"arn:aws:ec2:us-east-1:{OWN}:snapshot/{id_}"
    return EbsSnapshot(
        id=id_,
        arn=arn,
        region="us-east-1",
        encrypted=False,
        volume_size=20,
        started=NOW,
        volume_permissions=(),
    )


def _rule() -> Rule:
    arn = f"arn:aws:events:us-east-1:{OWN}:rule/agreements"
    pattern = '{"source": ["aws.agreement-marketplace"]}'
    return Rule("agreements", arn, "ENABLED", pattern, "us-east-1", ())
