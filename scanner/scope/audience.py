"""Who may use a notification topic, and who listens to it (CAS-09)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scanner.evidence import Fact
from scanner.facts.account import Account
from scanner.facts.messaging import Subscription, Topic
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement
from scanner.scope.guests import called, guests, is_refused_to_all
from scanner.scope.pins import pinned
from scanner.scope.resource_rewrites import narrowed, to_account
from scanner.vocabulary import Listed, NotSeen, Partial, Unobserved, gaps, seen

ACTIONS = (
    "sns:Publish",
    "sns:Subscribe",
    "sns:SetTopicAttributes",
    "sns:AddPermission",
    "sns:DeleteTopic",
)
READ_SUBSCRIPTIONS = "sns:ListSubscriptions"
UNCONFIRMED = ("PendingConfirmation", "Deleted")
WITH_AN_ACCOUNT = ("sqs", "lambda")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody whom a statement lets do something: a guest (see `guests`), or a loose service."""

    statement: Statement
    actions: tuple[str, ...]
    guest: str | None = None
    service: str = ""

    @property
    def who(self) -> str:
        """What a sentence calls them."""
        if self.guest is None:
            return f"{self.service}, for any account,"
        return called(self.guest)

    @property
    def sentence(self) -> str:
        """What the statement lets them do."""
        name = self.statement.sid or self.statement.index + 1
        verbs = ", ".join(action.partition(":")[2] for action in self.actions)
        return f"Statement {name} lets {self.who} {verbs}"


def admitted(
    topic: Topic, policy: Policy, snapshot: Snapshot
) -> tuple[list[Admitted], list[Unobserved]]:
    """Give the guests nobody approved and the services nothing ties to this account, and gaps."""
    found: list[Admitted] = []
    missing: list[Unobserved] = []
    for one in policy.allows():
        actions = _granted(one, topic, policy)
        if not actions:
            continue
        for service in one.services():
            answer = pinned(one, service, snapshot)
            missing += [answer] if isinstance(answer, Unobserved) else []
            found += [] if answer else [Admitted(one, actions, service=service)]
        try:
            found += [Admitted(one, actions, guest) for guest in _strangers(one, snapshot)]
        except NotSeen as unseen:
            missing += unseen.gaps
    return found, missing


def _granted(statement: Statement, topic: Topic, policy: Policy) -> tuple[str, ...]:
    if not statement.reaches(topic.arn):
        return ()
    return tuple(
        action
        for action in ACTIONS
        if statement.applies_to_action(action) and not is_refused_to_all(policy, action, topic.arn)
    )


def _strangers(statement: Statement, snapshot: Snapshot) -> list[str]:
    own = snapshot.account.id
    return [one for one in guests(statement, snapshot) if not snapshot.profile.approves(one, own)]


def listeners(topic: Topic, snapshot: Snapshot) -> Listed[Subscription]:
    """The confirmed subscriptions of a topic, with the gaps that may hide some."""
    listed = snapshot.sns.subscriptions
    found = tuple(
        one for one in seen(listed) if one.topic == topic.arn and one.arn not in UNCONFIRMED
    )
    missing = tuple(gap for gap in gaps(listed) if gap.region in {"", topic.region})
    return Partial(found, missing) if missing else found


def unsafe(listener: Subscription, snapshot: Snapshot) -> str:
    """What is wrong with a subscription, as the end of a sentence; empty when nothing is."""
    if listener.protocol == "http":
        return f"plain HTTP to {_host(listener.endpoint)}"
    if listener.protocol not in WITH_AN_ACCOUNT:
        return ""
    account = (listener.endpoint.split(":") + [""] * 5)[4]
    if snapshot.profile.approves(account, snapshot.account.id):
        return ""
    return f"{listener.protocol} of account {account}"


def _host(endpoint: str) -> str:
    """An address without what may be a secret: user, path and query."""
    return endpoint.removeprefix("http://").split("/")[0].split("?")[0].rpartition("@")[2]


def mail_fact(topic: Topic, snapshot: Snapshot) -> tuple[Fact, ...]:
    """How many listen by e-mail; the addresses of people are counted, not shown."""
    mail = [one for one in seen(listeners(topic, snapshot)) if one.protocol.startswith("email")]
    label = "E-mail subscriptions, not judged"
    return (Fact(label, str(len(mail)), READ_SUBSCRIPTIONS),) if mail else ()


def closed_policy(
    topic: Topic, policy: Policy | None, found: Collection[Admitted], account: Account
) -> str:
    """The policy as JSON without those who were found; empty when there is nothing to change.

    Where nobody is left the topic is its own account's, as SNS gives a new one.
    """
    if policy is None or not found:
        return ""
    unwanted: dict[int, set[str]] = {}
    for one in found:
        if one.guest is not None:
            unwanted.setdefault(one.statement.index, set()).add(one.guest)
    loose = {one.statement.index for one in found if one.guest is None}
    owner = {
        "Sid": "Owner",
        "Effect": "Allow",
        "Principal": {"AWS": account.key},
        "Action": ["SNS:GetTopicAttributes", "SNS:Publish", "SNS:Subscribe"],
        "Resource": topic.arn,
    }
    left = narrowed(policy, unwanted, dict.fromkeys(loose, to_account(account.id)))
    return left or json.dumps({"Version": "2012-10-17", "Statement": [owner]})


def query_for(listeners: Iterable[Subscription]) -> str:
    """The --query of aws sns list-subscriptions-by-topic that finds these; empty for none."""
    arns = dict.fromkeys(one.arn for one in listeners)
    tests = "||".join(f"SubscriptionArn=='{arn}'" for arn in arns)
    return f"Subscriptions[?{tests}].SubscriptionArn" if tests else ""
