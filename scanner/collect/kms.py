"""Keys that queues, topics, buckets and trails name, under the names that they use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer
from scanner.facts.kms import Key, KeyDetails, KmsFacts
from scanner.policy import Policy, parse
from scanner.scope.relevance import KeyName
from scanner.vocabulary import Observed, Unobserved

DESCRIBE = "kms:DescribeKey"
READ = "kms:GetKeyPolicy"
ACTIONS = (DESCRIBE, READ)

ARN_PARTS = 6


def collect(aws: Aws, *stages: Callable[[], Iterable[KeyName]]) -> KmsFacts:
    """Read each key that is named; a stage waits until it knows its names, while others are read."""
    asked: dict[KeyName, Future[Key]] = {}
    for stage in stages:
        for named in stage():
            if named not in asked:
                read = _key if len(asked) < aws.limits.details else _over_cap
                asked[named] = aws.begin(partial(read, aws, named))
    return KmsFacts(tuple(one.result() for one in asked.values()))


def _key(aws: Aws, named: KeyName) -> Key:
    """The key with its policy, which GetKeyPolicy gives by id or ARN, not by alias."""
    if _account_of(named.reference) not in {"", aws.account}:
        detail = f"{named.reference} belongs to another account"
        return _unread(named, "OtherAccount", detail)
    details = _details(aws, named)
    if not isinstance(details, Unobserved):
        policy = _policy(aws, details.arn, named.region)
    elif "alias/" in named.reference:
        policy = details
    else:
        policy = _policy(aws, named.reference, named.region)
    return Key(named.reference, named.region, details, policy)


def _over_cap(_aws: Aws, named: KeyName) -> Key:
    return _unread(named, "OverCap", "more keys than one scan reads")


def _unread(named: KeyName, error: str, detail: str) -> Key:
    details, policy = (Unobserved(one, error, named.region, detail) for one in ACTIONS)
    return Key(named.reference, named.region, details, policy)


def _account_of(reference: str) -> str:
    """The account that an ARN names; empty for an id or alias, which are the account's own."""
    parts = reference.split(":")
    return parts[4] if len(parts) >= ARN_PARTS else ""


def _details(aws: Aws, named: KeyName) -> Observed[KeyDetails]:
    answer = aws.call(
        "kms",
        "DescribeKey",
        region=named.region,
        must=("KeyMetadata",),
        KeyId=named.reference,
    )
    if isinstance(answer, Unobserved):
        return answer
    try:
        details = _described(answer["KeyMetadata"])
    except MALFORMED as fault:
        return bad_answer(DESCRIBE, named.region, fault)
    if "alias/" not in named.reference and not details.arn.endswith(named.reference):
        return Unobserved(DESCRIBE, "BadAnswer", named.region, "Arn names another key")
    return details


def _described(said: Answer) -> KeyDetails:
    return KeyDetails(
        arn=str(said["Arn"]),
        manager=str(said["KeyManager"]),
        enabled=bool(said["Enabled"]),
        state=str(said["KeyState"]),
    )


def _policy(aws: Aws, key: str, region: str) -> Observed[Policy]:
    answer = aws.call(
        "kms", "GetKeyPolicy", region=region, must=("Policy",), KeyId=key, PolicyName="default"
    )
    return answer if isinstance(answer, Unobserved) else parse(answer["Policy"], source=READ)
