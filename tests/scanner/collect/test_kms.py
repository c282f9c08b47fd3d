"""Keys are read once under each of their names, with their policies, where they are."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import kms
from scanner.facts.kms import Key, KeyDetails
from scanner.policy import Malformed, Policy
from scanner.scope.relevance import KeyName
from scanner.vocabulary import Unobserved, gaps, seen
from tests.builders import OWN, STRANGER
from tests.fakes import DENIED, FakeAws, Reply, limited

DESCRIBE, READ = kms.ACTIONS
ID = "0b01d000-0000-4000-8000-00000000000b"
ARN = f"arn:aws:kms:us-east-1:{OWN}:key/{ID}"
ALIAS = "alias/reports"
METADATA = {"Arn": ARN, "KeyManager": "CUSTOMER", "Enabled": True, "KeyState": "Enabled"}
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*"}]})
WHOLE: dict[str, Reply] = {DESCRIBE: {"KeyMetadata": METADATA}, READ: {"Policy": POLICY}}


def collected(*names: KeyName, **changed: Reply) -> tuple[FakeAws, tuple[Key, ...]]:
    replies = dict(WHOLE)
    replies.update({f"kms:{action}": reply for action, reply in changed.items()})
    aws = FakeAws(replies)
    facts = kms.collect(aws, lambda: names)
    assert gaps(facts.keys) == ()
    return aws, seen(facts.keys)


def home(reference: str = ARN) -> KeyName:
    return KeyName(reference, "us-east-1")


def only(reference: str = ARN, **changed: Reply) -> Key:
    _, (key,) = collected(home(reference), **changed)
    return key


@pytest.mark.parametrize("reference", [ARN, ID, ALIAS, f"arn:aws:kms:us-east-1:{OWN}:{ALIAS}"])
def test_a_key_is_read_under_the_name_it_is_given(reference: str) -> None:
    key = only(reference)
    assert (key.reference, key.region) == (reference, "us-east-1")
    assert key.details == KeyDetails(ARN, "CUSTOMER", enabled=True, state="Enabled")
    assert isinstance(key.policy, Policy)


def test_the_policy_is_asked_for_by_the_keys_own_arn() -> None:
    aws, _ = collected(home(ALIAS))
    assert aws.asked == [
        (DESCRIBE, "us-east-1", {"KeyId": ALIAS}),
        (READ, "us-east-1", {"KeyId": ARN, "PolicyName": "default"}),
    ]


def test_a_key_is_asked_for_in_its_region_and_once() -> None:
    def where(region: str, params: Answer) -> Answer:
        return {"KeyMetadata": METADATA | {"Arn": ARN.replace("us-east-1", region)}}

    names = (home(ID), KeyName(ID, "eu-west-1"), home(ID))
    aws, keys = collected(*names, DescribeKey=where)
    assert [(key.reference, key.region) for key in keys] == [(ID, "us-east-1"), (ID, "eu-west-1")]
    assert aws.times() == {DESCRIBE: 2, READ: 2}


def test_keys_of_one_stage_are_read_while_another_waits() -> None:
    described = threading.Event()

    def tell(region: str, params: Answer) -> Answer:
        described.set()
        return {"KeyMetadata": METADATA}

    def late() -> tuple[KeyName, ...]:
        assert described.wait(10)
        return (home(), home(ALIAS))

    facts = kms.collect(FakeAws({**WHOLE, DESCRIBE: tell}), lambda: (home(),), late)
    assert [key.reference for key in seen(facts.keys)] == [ARN, ALIAS]


def test_nothing_named_is_nothing_asked() -> None:
    aws, keys = collected()
    assert (aws.asked, keys) == ([], ())


def test_a_refused_description_leaves_the_policy_of_a_key_that_is_named_by_id() -> None:
    gap = Unobserved(DESCRIBE, "AccessDenied", "us-east-1", DENIED.detail)
    key = only(ARN, DescribeKey=DENIED)
    assert key.details == gap
    assert isinstance(key.policy, Policy)
    assert only(ALIAS, DescribeKey=DENIED).policy == gap


def test_a_refused_policy_leaves_the_description() -> None:
    key = only(GetKeyPolicy=DENIED)
    assert isinstance(key.details, KeyDetails)
    assert key.policy == Unobserved(READ, "AccessDenied", "us-east-1", DENIED.detail)


def test_a_key_that_is_gone_is_a_gap() -> None:
    gone = Trouble("NotFoundException", Kind.OTHER)
    key = only(DescribeKey=gone, GetKeyPolicy=gone)
    assert [gap.error for gap in (*gaps(key.details), *gaps(key.policy))] == [gone.code] * 2


def test_a_broken_policy_is_kept() -> None:
    policy = only(GetKeyPolicy={"Policy": '{"Statement": '}).policy
    assert isinstance(policy, Malformed)
    assert policy.action == READ


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        None,
        {name: value for name, value in METADATA.items() if name != "KeyState"},
        METADATA | {"Arn": f"{ARN}0"},
    ],
)
def test_an_odd_description_is_a_gap(metadata: Any) -> None:
    gap = only(DescribeKey={"KeyMetadata": metadata}).details
    assert isinstance(gap, Unobserved)
    assert gap.error == "BadAnswer"


def test_a_key_of_another_account_is_not_asked_for() -> None:
    theirs = ARN.replace(OWN, STRANGER)
    aws, (key,) = collected(home(theirs))
    assert aws.asked == []
    assert [gap.action for gap in (*gaps(key.details), *gaps(key.policy))] == [DESCRIBE, READ]
    assert {gap.error for gap in gaps(key.details)} == {"OtherAccount"}


def test_keys_beyond_the_cap_are_known_and_not_read() -> None:
    aws = FakeAws(WHOLE, limits=limited(details=1))
    first, second = seen(kms.collect(aws, lambda: (home(), home(ALIAS))).keys)
    assert isinstance(first.details, KeyDetails)
    assert {gap.error for gap in (*gaps(second.details), *gaps(second.policy))} == {"OverCap"}
