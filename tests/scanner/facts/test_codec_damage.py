"""However a stored snapshot is changed, reading it gives a snapshot or says that it is damaged."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import zstandard

from scanner.facts.codec import DamagedSnapshot, dump, load
from scanner.vocabulary import Partial
from tests.builders import a_role, a_snapshot, a_user, denied
from tests.builders_resources import (
    a_product,
    a_queue,
    a_rule,
    a_subscription,
    a_trail,
    an_ebs_snapshot,
    an_image,
)
from tests.documents import a_malformed_policy, allow

Step = str | int

WHOLE = dump(
    a_snapshot(
        users=Partial((a_user("ana", inline={"x": allow("sqs:*")}),), (denied("iam:x"),)),
        roles=(a_role("broken", trusted=a_malformed_policy()),),
        queues=(a_queue(policy=allow("sqs:*", to="*")), a_queue("b", refused=denied("sqs:y"))),
        subscriptions=(a_subscription(),),
        rules=(a_rule(),),
        images=(an_image(),),
        snapshots=(an_ebs_snapshot(),),
        products=(a_product("ami-0product"),),
        trails=(a_trail(),),
    )
)

DEEP: list[Any] = []
for _ in range(300):
    DEEP = [DEEP]

GAP = {"action": "x", "error": "y", "region": "", "detail": ""}
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, float("nan"), 10**400, "", "x" * 1_000, "a\nb\ud800\x00", [], [[]], {}, DEEP,
    {"": None},
    {"$policy": "{"}, {"$policy": "[" * 9_999}, {"$policy": None}, {"$policy": {}},
    {"$partial": [], "why": []}, {"$partial": [], "why": [{"$unobserved": GAP}]},
    {"$partial": {}, "why": {}}, {"$partial": None}, {"$partial": [{"$partial": []}], "why": 7},
    {"$unobserved": GAP}, {"$unobserved": {}}, {"$unobserved": [], "$malformed": 1},
    {"$malformed": GAP}, {"$malformed": {**GAP, "text": "{"}},
    "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+99:00", "2026-W01-1T00Z",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
)  # fmt: skip
"""Values that stand where something else belongs."""


def survives(data: bytes) -> bool:
    """Whether the bytes are a snapshot; whatever is neither that nor damaged fails the test."""
    try:
        snapshot = load(data)
    except DamagedSnapshot as refusal:
        said = str(refusal)
    else:
        dump(snapshot)
        return True
    assert "\n" not in said
    assert len(said) < 350
    return False


def places(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Paths to everything inside of a JSON value, but of one member only of each list."""
    members: Iterator[tuple[Step, Any]] = iter(())
    if isinstance(value, dict):
        members = iter(value.items())
    if isinstance(value, list):
        members = iter(enumerate(value[:1]))
    for step, member in members:
        yield (*path, step)
        yield from places(member, (*path, step))


def changed(path: tuple[Step, ...], value: Any) -> bytes:
    """The snapshot with another value in one place."""
    document = json.loads(WHOLE)
    holder(document, path)[path[-1]] = value
    return json.dumps(document).encode()


def holder(document: Any, path: tuple[Step, ...]) -> Any:
    """What holds the value at the end of a path."""
    for step in path[:-1]:
        document = document[step]
    return document


PLACES = tuple(places(json.loads(WHOLE)))


def test_there_is_something_to_change() -> None:
    assert survives(WHOLE)
    assert len(PLACES) > 200


@pytest.mark.parametrize("which", range(len(WRONG)))
def test_a_wrong_value_anywhere_is_read_or_refused(which: int) -> None:
    read = [survives(changed(path, WRONG[which])) for path in PLACES]
    assert not all(read)


def test_anything_may_be_missing_or_too_much() -> None:
    for path in PLACES:
        document = json.loads(WHOLE)
        held = holder(document, path)
        del held[path[-1]]
        survives(json.dumps(document).encode())
        if isinstance(held, dict):
            held[str(path[-1]) + "\n" * 400] = 1
            assert not survives(json.dumps(document).encode())


def test_one_part_may_stand_in_for_another() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret, the same every time
    whole = json.loads(WHOLE)
    for _ in range(600):
        target, source = chance.choice(PLACES), chance.choice(PLACES)
        survives(changed(target, holder(whole, source)[source[-1]]))


@pytest.mark.parametrize("packed", [False, True])
def test_bytes_may_be_lost_changed_or_doubled(packed: bool) -> None:
    chance = random.Random(8)  # noqa: S311 - no secret, the same every time
    data = zstandard.ZstdCompressor().compress(WHOLE) if packed else WHOLE
    for _ in range(600):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            where = chance.randrange(len(broken))
            broken[where : where + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
        survives(bytes(broken))


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00", "2026-01-01"],
)
def test_a_moment_that_is_none_in_utc_is_damage(moment: str) -> None:
    assert not survives(changed(("snapshot", "now"), moment))


@pytest.mark.parametrize(
    "path", [("profile", "cas_enrolled"), ("iam", "summary"), ("account",), ("scan_role",)]
)
def test_a_cut_list_where_no_list_belongs_is_damage(path: tuple[str, ...]) -> None:
    assert not survives(changed(("snapshot", *path), {"$partial": [], "why": []}))


@pytest.mark.parametrize("tag", ["$unobserved", "$malformed"])
def test_a_gap_where_none_can_be_is_damage(tag: str) -> None:
    path = ("snapshot", "profile", "cas_enrolled")
    assert path in PLACES
    assert not survives(changed(path, {tag: GAP}))
