"""What keeps messages out of a queue that KMS encrypts, or keeps them from being read (SQS-05)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scanner.facts.kms import Key, KeyDetails
from scanner.facts.messaging import Queue
from scanner.facts.snapshot import Snapshot
from scanner.policy import Policy, Statement, parse
from scanner.scope.consumers import RECEIVE, consumers_of, rights_on
from scanner.scope.doubt import Doubt
from scanner.scope.keys import POLICY_READ_BY, lets_through, principal_may_use, service_may_use
from scanner.scope.senders import SNS, service_of, sources_of
from scanner.scope.sqs import only_dead_letters, unseen_feeds
from scanner.vocabulary import NotSeen, Severity, Unobserved, gaps, known, seen

USE = ("kms:Decrypt", "kms:GenerateDataKey")
PINS = ("aws:SourceArn", "aws:SourceAccount")
UNPINNED = Severity.MEDIUM
"""A statement that is open for any account is replaced; one that is pinned to others stays."""

Senders = Mapping[str, tuple[str, ...]]
"""Services that have to use the key, each with the topics or rules that it sends for."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way, how bad it is, and where the key's policy says so."""

    sentence: str
    severity: Severity
    statements: tuple[Statement, ...] = ()
    service: str = ""
    """The service that the key's policy does not serve well."""
    consumer: str = ""
    """ARN of the consumer that cannot decrypt."""


def senders_to(queue: Queue, snapshot: Snapshot) -> Senders:
    """The services that deliver to a queue: SNS, unless only rules do; none for dead letters."""
    if queue.arn in only_dead_letters(snapshot):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for source in sources_of(queue, snapshot):
        service = service_of(source)
        found[service] = (*found.get(service, ()), source)
    return found or {SNS: ()}


def obstacles(
    queue: Queue, key: Key, details: KeyDetails, snapshot: Snapshot
) -> Iterator[Obstacle | Doubt]:
    """Find what is in the way of a key of the customer's own; raises NotSeen without its policy."""
    if details.state != "Enabled":
        reason = f"Key {key.reference} is {details.state}: {queue.name} can store and give nothing."
        yield Obstacle(reason, Severity.HIGH)
        return
    if details.arn.split(":")[4] != snapshot.account.id:
        raise NotSeen(
            Unobserved(POLICY_READ_BY, "OtherAccount", queue.region, f"key {details.arn}")
        )
    policy = known(key.policy)
    for service, sources in senders_to(queue, snapshot).items():
        yield from _of_service(policy, service, sources, details.arn)
    missing = unseen_feeds(snapshot)
    if missing:
        yield Doubt(Severity.HIGH, missing)
    yield from _of_consumers(policy, queue, details.arn, snapshot)


def _of_service(
    policy: Policy, service: str, sources: Iterable[str], key: str
) -> Iterator[Obstacle]:
    statements = service_may_use(policy, service, USE, key=key)
    if not statements:
        reason = f"The key's policy does not let {service} use the key: what it sends is lost."
        yield Obstacle(reason, Severity.HIGH, service=service)
        return
    for source in sources:
        if not lets_through(policy, service, USE, resource=key, source=source):
            reason = f"The key's policy refuses {service} on behalf of {source}."
            yield Obstacle(reason, Severity.HIGH, statements, service)
    unpinned = tuple(one for one in statements if not _is_pinned(one))
    if unpinned:
        labels = ", ".join(one.label for one in unpinned)
        reason = f"The key's policy lets {service} use the key for any account ({labels})."
        yield Obstacle(reason, UNPINNED, unpinned, service)


def _is_pinned(statement: Statement) -> bool:
    return any(one.is_about(key) for one in statement.restrictions() for key in PINS)


def _of_consumers(
    policy: Policy, queue: Queue, key: str, snapshot: Snapshot
) -> Iterator[Obstacle | Doubt]:
    listed = consumers_of(queue, snapshot)
    if gaps(listed):
        yield Doubt(Severity.MEDIUM, gaps(listed))
    via = _via(queue)
    for holder in seen(listed):
        if RECEIVE not in rights_on(holder, queue.arn, snapshot):
            continue
        try:
            may = principal_may_use(policy, holder, ("kms:Decrypt",), key=key, via=via)
        except NotSeen as unseen:
            yield Doubt(Severity.MEDIUM, unseen.gaps)
            continue
        if not may:
            reason = f"{holder.name} may receive from {queue.name} but not decrypt with its key."
            yield Obstacle(reason, Severity.MEDIUM, consumer=holder.arn)


def _via(queue: Queue) -> str:
    return f"sqs.{queue.region}.amazonaws.com"


def repaired(queue: Queue, key: Key, found: Iterable[Obstacle], snapshot: Snapshot) -> str:
    """The key's policy as JSON in which senders are pinned and consumers may decrypt.

    Empty when a policy cannot help: no sender is known, or a Deny is in the way.
    """
    if isinstance(key.policy, Unobserved) or isinstance(key.details, Unobserved):
        return ""
    faults = list(found)
    senders = senders_to(queue, snapshot)
    services = list(dict.fromkeys(one.service for one in faults if one.service))
    if not all(senders.get(service) for service in services):
        return ""
    document: dict[str, Any] = json.loads(key.policy.text)
    stated = document["Statement"]
    open_to: dict[int, set[str]] = {}
    for one in faults:
        for statement in one.statements if one.severity is UNPINNED else ():
            open_to.setdefault(statement.index, set()).add(one.service)
    kept = [
        part
        for index, each in enumerate(stated if isinstance(stated, list) else [stated])
        for part in _without_services(each, open_to.get(index, set()))
    ]
    kept += [_pinned(service, senders[service]) for service in services]
    consumers = [one.consumer for one in faults if one.consumer]
    kept += [_decrypting(consumers, queue)] if consumers else []
    text = json.dumps({**document, "Statement": kept})
    better = replace(key, policy=parse(text, source=POLICY_READ_BY))
    left = obstacles(queue, better, key.details, snapshot)
    return "" if any(isinstance(one, Obstacle) for one in left) else text


def _without_services(stated: dict[str, Any], services: set[str]) -> list[dict[str, Any]]:
    """The statement without services that get one of their own; nothing if nobody is left."""
    named = stated.get("Principal")
    if not services or not isinstance(named, dict) or "Service" not in named:
        return [stated]
    listed = named["Service"] if isinstance(named["Service"], list) else [named["Service"]]
    others = [one for one in listed if one not in services]
    rest = {kind: value for kind, value in named.items() if kind != "Service"}
    left = rest | ({"Service": others} if others else {})
    return [{**stated, "Principal": left}] if left else []


def _pinned(service: str, sources: Iterable[str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": list(sources)}},
    }


def _decrypting(consumers: list[str], queue: Queue) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": consumers},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": _via(queue)}},
    }
