"""Who may send to a queue by its policy, and the same policy with only its own topics and rules."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Policy, Statement, parse
from scanner.scope.guests import CALLERS, called
from scanner.scope.keys import lets_through, names_service
from scanner.scope.memory import once_per_snapshot
from scanner.scope.sqs import READ, TOPIC_OWNER, feed_of, only_dead_letters
from scanner.scope.strangers import admissions
from scanner.vocabulary import HOME_REGION, Severity, Unobserved, gaps, known, seen

SEND = "sqs:SendMessage"
SNS = "sns.amazonaws.com"
EVENTS = "events.amazonaws.com"
BEHIND = {SNS: "any topic of any account", EVENTS: "any rule of any account"}
OWNERS = ("aws:SourceAccount", "aws:SourceOwner")


@dataclass(frozen=True, slots=True)
class Fault:
    """A statement that lets more send than it should, and what it says too much."""

    statement: Statement
    sentence: str
    severity: Severity


Doubt = Fault | Unobserved
"""A fault, or what could not be seen and may make one."""


def sources_of(queue: Queue, snapshot: Snapshot) -> tuple[str, ...]:
    """ARNs of the topics that this account subscribed the queue to, and of rules that target it."""
    return (*_topics_to(queue.arn, snapshot), *feed_of(queue, snapshot).rules)


def faults_in(policy: Policy, queue: Queue, snapshot: Snapshot) -> Iterator[Doubt]:
    """Find the statements by which more than the queue's own topics and rules may send (SQS-02)."""
    strangers: dict[int, list[str]] = {}
    for one in admissions(policy, queue.arn, (SEND,), snapshot):
        if isinstance(one.stranger, str) and not one.is_by_service:
            strangers.setdefault(one.statement.index, []).append(one.stranger)
    for statement in policy.allows():
        if not (statement.applies_to_action(SEND) and statement.reaches(queue.arn)):
            continue
        found = strangers.get(statement.index, ())
        for stranger in found:
            yield _fault(statement, f"lets {called(stranger)} send messages", Severity.HIGH)
        services = [one for one in statement.services() if not _is_refused(policy, one, queue)]
        if services or (_is_pinned_everybody(statement) and not found):
            yield from _unpinned(statement, services, _Known.of(queue, snapshot))


def unknown_senders(policy: Policy, queue: Queue, snapshot: Snapshot) -> tuple[Unobserved, ...]:
    """Why it is not known whether organisations that may send are foreign ones."""
    found = [one.stranger for one in admissions(policy, queue.arn, (SEND,), snapshot)]
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Unobserved)))


def _is_refused(policy: Policy, service: str, queue: Queue) -> bool:
    return any(
        names_service(deny, service) and deny.covers_action(SEND) and deny.covers(queue.arn)
        for deny in policy.denies()
        if not deny.conditions
    )


def _is_pinned_everybody(statement: Statement) -> bool:
    """Whether conditions close a statement for everybody by other means than who calls."""
    about_callers = any(one.is_about(key) for one in statement.restrictions() for key in CALLERS)
    return statement.admits_everyone() and statement.is_restrictive() and not about_callers


def _fault(statement: Statement, what: str, severity: Severity) -> Fault:
    name = statement.sid or statement.index + 1
    return Fault(statement, f"Statement {name} {what}.", severity)


def _unpinned(
    statement: Statement, services: Collection[str], known_ones: _Known
) -> Iterator[Doubt]:
    """What a statement for services lets through; the narrowest of its conditions counts."""
    answers = [list(known_ones.beyond(statement, one)) for one in statement.restrictions()]
    if not answers:
        for service in services:
            behind = BEHIND.get(service, "anybody of any account")
            what = f"lets {service} send for {behind}: no condition pins aws:SourceArn"
            yield _fault(statement, what, Severity.HIGH)
        return
    yield from min(answers, key=_weight)


def _weight(answers: Collection[Doubt]) -> int:
    if not answers:
        return 0
    return 2 if any(isinstance(one, Fault) for one in answers) else 1


@dataclass(frozen=True, slots=True)
class _Known:
    """What may stand behind a message to the queue, and what could not be seen of it."""

    account: str
    topics: frozenset[str]
    rules: frozenset[str]
    owners: frozenset[str]
    topic_gaps: tuple[Unobserved, ...]
    rule_gaps: tuple[Unobserved, ...]

    @classmethod
    def of(cls, queue: Queue, snapshot: Snapshot) -> _Known:
        subscriptions, rules = snapshot.sns.subscriptions, snapshot.events.rules
        topics = frozenset(_topics_to(queue.arn, snapshot))
        if queue.arn in only_dead_letters(snapshot):
            topics = frozenset(one.topic for one in seen(subscriptions))
        owners = {topic.split(":")[4] for topic in topics if topic.count(":") >= _COLONS}
        return cls(
            snapshot.account.id,
            topics,
            frozenset(rule.arn for rule in seen(rules)),
            frozenset(owners - {snapshot.account.id} | {TOPIC_OWNER}),
            tuple(gap for gap in gaps(subscriptions) if gap.region in {"", HOME_REGION}),
            gaps(rules),
        )

    def beyond(self, statement: Statement, condition: Condition) -> Iterator[Doubt]:
        """What a condition that restricts lets through beside the queue's own sources."""
        said = f"{condition.operator} {condition.key}"
        wide = f"lets more than the queue's own topics and rules send: {said} is"
        for value in condition.values:
            if any(condition.is_about(key) for key in OWNERS) and value in self.owners:
                continue
            if not condition.is_about("aws:SourceArn") or any(one in value for one in "*?$"):
                yield _fault(statement, f"{wide} {value}", Severity.MEDIUM)
            else:
                yield from self._stale(statement, value)

    def _stale(self, statement: Statement, arn: str) -> Iterator[Doubt]:
        """Say of a concrete ARN that nothing is there to send from, or that this was not seen."""
        service, region, account, name = arn.split(":", _COLONS)[2:]
        if arn in self.topics | self.rules:
            return
        is_home = region == HOME_REGION
        if service == "events" and account == self.account:
            if self.rule_gaps:
                yield self.rule_gaps[0]
            elif is_home and name.count("/") == 1:
                yield _fault(statement, f"names {arn}, a rule that is not there", Severity.MEDIUM)
        elif service != "sns":
            what = f"lets {arn} send, which is neither a topic nor a rule of the queue"
            yield _fault(statement, what, Severity.MEDIUM)
        elif self.topic_gaps:
            yield self.topic_gaps[0]
        elif is_home:
            what = f"names {arn}, to which the queue is not subscribed"
            yield _fault(statement, what, Severity.MEDIUM)
        else:
            yield Unobserved("sns:ListSubscriptions", "NotRead", region, f"subscriptions to {arn}")


_COLONS = 5


def _topics_to(arn: str, snapshot: Snapshot) -> tuple[str, ...]:
    return tuple(_topics(snapshot).get(arn, ()))


@once_per_snapshot
def _topics(snapshot: Snapshot) -> Mapping[str, Mapping[str, None]]:
    """ARNs of topics, in order, by the ARN of the queue that they deliver to."""
    found: dict[str, dict[str, None]] = {}
    for one in seen(snapshot.sns.subscriptions):
        if one.protocol == "sqs":
            found.setdefault(one.endpoint, {}).setdefault(one.topic)
    return found


def service_of(source: str) -> str:
    """The service that sends for a topic or rule, by its ARN."""
    return EVENTS if source.split(":")[2:3] == ["events"] else SNS


def undelivered(policy: Policy | None, queue: str, sources: Iterable[str]) -> tuple[str, ...]:
    """Those of the sources whose messages the policy of a queue, by its ARN, keeps out."""
    return tuple(
        source
        for source in sources
        if policy is None
        or not lets_through(policy, service_of(source), (SEND,), resource=queue, source=source)
    )


Stated = dict[str, Any]


def pinned(policy: Policy, faults: Iterable[Fault], queue: Queue, snapshot: Snapshot) -> str:
    """The policy as JSON without what the faults let through; empty when nothing is left.

    A faulty statement keeps the principals of our own and of approved accounts that it names. The
    queue's topics and rules may send, each pinned; all other statements stay as they are.
    """
    document: Stated = json.loads(policy.text)
    stated = document["Statement"] if isinstance(document["Statement"], list) else None
    faulty = {one.statement.index: one.statement for one in faults}
    kept: list[Stated] = []
    for index, one in enumerate([document["Statement"]] if stated is None else stated):
        kept += [one] if index not in faulty else _ours(one, faulty[index], snapshot)
    return delivering({**document, "Statement": kept}, queue.arn, sources_of(queue, snapshot))


def _ours(stated: Stated, statement: Statement, snapshot: Snapshot) -> list[Stated]:
    own, approves = snapshot.account.id, snapshot.profile.approves
    named = [
        one.value
        for one in statement.principals or ()
        if one.kind == "AWS" and one.account is not None and approves(one.account, own)
    ]
    return [{**stated, "Principal": {"AWS": named}}] if named else []


def delivering(document: Mapping[str, Any], queue: str, sources: Iterable[str]) -> str:
    """The document as JSON with a statement for all sources that it kept out; empty for nothing."""
    kept = list(document["Statement"])
    policy = known(parse({**document, "Statement": kept}, source=READ)) if kept else None
    missing = undelivered(policy, queue, sources)
    for service in (SNS, EVENTS):
        arns = [one for one in missing if service_of(one) == service]
        kept += [_delivery(service, queue, arns)] if arns else []
    return json.dumps({**document, "Statement": kept}) if kept else ""


def _delivery(service: str, queue: str, sources: list[str]) -> Stated:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": SEND,
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": sources}},
    }


def refusing_plain(queue: str) -> Stated:
    """The statement that denies everybody without TLS all of SQS on a queue, by its ARN."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


NO_POLICY: Mapping[str, Any] = {"Version": "2012-10-17", "Statement": []}
"""What `delivering` starts from where a queue has no policy."""
