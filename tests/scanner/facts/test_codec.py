"""A snapshot that was written is read back whole; a damaged one says so in one sentence."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings

from scanner.control import judge
from scanner.controls import every_control
from scanner.facts.codec import DamagedSnapshot, dump, load
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ
from scanner.policy import Malformed, Policy
from scanner.vocabulary import Partial, seen
from tests.builders import a_role, a_snapshot, a_user, denied
from tests.builders_resources import a_queue, a_subscription, an_ebs_snapshot, an_image
from tests.documents import a_malformed_policy, allow
from tests.scanner.facts.strategies import snapshots


def fields(snapshot: Snapshot) -> dict[str, Any]:
    """Snapshots are compared by identity; their facts are compared by value."""
    return {one.name: getattr(snapshot, one.name) for one in dataclasses.fields(snapshot)}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(snapshots())
def test_what_is_written_is_read_back(snapshot: Snapshot) -> None:
    again = load(dump(snapshot))
    assert fields(again) == fields(snapshot)
    assert dump(again) == dump(snapshot)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(snapshots())
def test_what_is_written_is_plain_ascii_json(snapshot: Snapshot) -> None:
    text = dump(snapshot).decode("ascii")
    assert text.isprintable()
    assert json.loads(text)["format"] == 1


def a_rich_snapshot() -> Snapshot:
    return a_snapshot(
        users=Partial((a_user("ana", inline={"x": allow("sqs:*")}),), (denied("iam:x"),)),
        roles=(a_role("broken", trusted=a_malformed_policy()),),
        queues=(a_queue(policy=allow("sqs:*", to="*")), a_queue("b", refused=denied("sqs:y"))),
        subscriptions=(a_subscription(),),
        images=(an_image(),),
        snapshots=(an_ebs_snapshot(),),
        products=denied("aws-marketplace:ListEntities"),
    )


def test_policies_stay_policies_and_broken_ones_stay_broken() -> None:
    again = load(dump(a_rich_snapshot()))
    (user,) = seen(again.iam.users)
    assert isinstance(user.inline[0].document, Policy)
    assert isinstance(seen(again.iam.roles)[0].trust, Malformed)


def test_a_snapshot_is_judged_alike_after_it_was_stored() -> None:
    snapshot = a_rich_snapshot()
    assert judge(every_control(), load(dump(snapshot))) == judge(every_control(), snapshot)


def test_a_compressed_snapshot_is_read_as_well() -> None:
    document = dump(a_rich_snapshot())
    packed = zstandard.ZstdCompressor().compress(document)
    assert dump(load(packed)) == document


def test_a_snapshot_from_before_a_fact_existed_says_that_nobody_read_it() -> None:
    document = json.loads(dump(a_rich_snapshot()))
    del document["snapshot"]["sqs"]["queues"]
    del document["snapshot"]["cloudtrail"]
    again = load(json.dumps(document).encode())
    assert again.sqs.queues == NOT_READ
    assert again.cloudtrail.trails == NOT_READ


def damaged(*path: str | int, value: object) -> bytes:
    document = json.loads(dump(a_rich_snapshot()))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"snapshot": ' + b"[" * 100_000,
        b"{}",
        dump(a_rich_snapshot())[:-40],
        zstandard.ZstdCompressor().compress(dump(a_rich_snapshot()))[:-40],
        zstandard.ZstdCompressor().compress(b"no snapshot"),
        damaged("format", value=2),
        damaged("format", value="1"),
        damaged("snapshot", value=[]),
        damaged("snapshot", "now", value="yesterday"),
        damaged("snapshot", "now", value=None),
        damaged("snapshot", "topics", value=["nonsense"]),
        damaged("snapshot", "topics", value="sqs"),
        damaged("snapshot", "account", value={"number": "1"}),
        damaged("snapshot", "account", "id", value=111122223333),
        damaged("snapshot", "from_the_future", value=1),
        damaged("snapshot", "sqs", "queues", value={"$unknown": 1}),
        damaged("snapshot", "sqs", "queues", value={"$unobserved": 3}),
        damaged("snapshot", "sqs", "queues", value={"$partial": [], "why": [{}]}),
        damaged("snapshot", "sqs", "queues", value={"$partial": []}),
        damaged("snapshot", "sqs", "queues", value=7),
        damaged("snapshot", "profile", "unused_days", value=True),
        damaged("snapshot", "iam", "roles", 0, "trust", value={"$policy": 3}),
    ],
)
def test_a_damaged_file_says_so_in_one_sentence(data: bytes) -> None:
    with pytest.raises(DamagedSnapshot) as refusal:
        load(data)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 350


def test_a_stored_policy_that_this_version_does_not_understand_is_malformed() -> None:
    data = damaged("snapshot", "iam", "roles", 0, "trust", value={"$policy": "{"})
    trust = seen(load(data).iam.roles)[0].trust
    assert isinstance(trust, Malformed)
    assert trust.action == "iam:GetAccountAuthorizationDetails"
