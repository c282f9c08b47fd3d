"""Rate ceilings: one bucket for all workers, on the real Redis; alone and lower without it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from posture.ceilings import (
    KEPT_SECONDS,
    MICROSECONDS,
    MOST_PLACES,
    SharedCeiling,
    at_a_time,
    bucket,
    shared_ceiling,
)
from sandbox.valkey import valkey
from scanner.aws import Turn

RATES = {
    "ec2": (20.0, 100),
    "iam": (15.0, 15),
    "s3": (200.0, 1000),
    "slow": (0.02, 100),
    "other": (0.01, 1),
}
ACCOUNT, REGION = "111122223333", "us-east-1"
KEY = bucket(ACCOUNT, "ec2", REGION)
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def server() -> Iterator["redis.Redis"]:
    """The Redis of the cache, emptied."""
    with redis.Redis.from_url(where()) as connection:
        connection.flushdb()
        yield connection
        connection.flushdb()


def where() -> str:
    return str(settings.CACHE_URL)


def a_ceiling(url: str = "") -> SharedCeiling:
    return SharedCeiling(url or where(), RATES)


def within_the_ceiling(turns: list[int], rate: float, burst: int) -> bool:
    """Whether no window of any length holds more turns (microseconds) than rate and burst allow."""
    turns = sorted(turns)
    interval = MICROSECONDS / rate
    return all(
        last - first >= (number + 1 - burst) * interval - 1
        for start, first in enumerate(turns)
        for number, last in enumerate(turns[start:])
    )


def booked(ceiling: SharedCeiling, calls: int, rate: float = 20, burst: int = 100) -> list[int]:
    turns: list[int] = []
    while len(turns) < calls:
        turns += ceiling.book(KEY, rate, burst).turns
    return turns


WORKER = """
import sys
import django
django.setup()
from posture.ceilings import SharedCeiling
ceiling = SharedCeiling(sys.argv[1], {})
sys.stdin.readline()
for _ in range(200):
    print(*ceiling.book(sys.argv[2], 20.0, 100).turns)
"""


def test_two_processes_together_never_exceed_the_ceiling() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "posture.settings"}
    command = [sys.executable, "-c", WORKER, where(), KEY]
    workers = [
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    turns = [int(word) for worker in workers for word in worker.communicate()[0].split()]
    assert len(turns) == 2 * 200 * at_a_time(20, 100)
    assert within_the_ceiling(turns, 20, 100)


def test_calls_at_once_are_so_many_fewer_as_turns_may_be_used_late() -> None:
    ceiling = a_ceiling()
    turns = [turn for _ in range(200) for turn in ceiling.book(KEY, 200, 1000).turns]
    late = int(200 * KEPT_SECONDS)
    assert len(turns) == 1600
    assert within_the_ceiling(turns, 200, 1000 - late)


def test_a_low_ceiling_is_booked_call_by_call_and_a_high_one_a_few_at_a_time() -> None:
    assert [at_a_time(*RATES[name]) for name in ("iam", "ec2", "s3")] == [1, 2, 8]
    assert at_a_time(2, 1) == at_a_time(10_000, 1) == at_a_time(0.5, 10_000) == 1


def test_after_a_rest_the_bucket_is_full_again(server: "redis.Redis") -> None:
    ceiling = a_ceiling()
    assert booked(ceiling, 1000)[-1] > ceiling.book(KEY, 20, 100).now
    server.set(KEY, "1")  # long ago
    now, turns = ceiling.book(KEY, 20, 100)
    assert turns == (now, now)


@pytest.mark.parametrize("spoilt", ["nonsense", "nan", "inf", "-5", "9" * 18, ""])
def test_a_spoilt_bucket_is_a_full_one(server: "redis.Redis", spoilt: str) -> None:
    server.set(KEY, spoilt)
    now, turns = a_ceiling().book(KEY, 20, 100)
    assert turns == (now, now)
    assert within_the_ceiling(booked(a_ceiling(), 200), 20, 100)


def test_a_key_of_another_kind_is_like_no_redis(server: "redis.Redis") -> None:
    server.rpush(KEY, "somebody else's")
    assert not a_ceiling().turn(ACCOUNT, "ec2", REGION).shared


def test_buckets_expire(server: "redis.Redis") -> None:
    ceiling = a_ceiling()
    booked(ceiling, 40)
    assert 0 < server.pttl(KEY) <= 40 / 20 * 1000 + 1000


def test_two_connections_of_one_account_share_a_bucket_and_others_do_not() -> None:
    one, two = a_ceiling(), a_ceiling()
    assert one.turn(ACCOUNT, "other", REGION).seconds == 0
    assert two.turn(ACCOUNT, "other", REGION).seconds > 0
    assert two.turn("444455556666", "other", REGION).seconds == 0
    assert two.turn(ACCOUNT, "other", "eu-west-1").seconds == 0
    assert two.turn(ACCOUNT, "another", REGION).seconds == 0


def test_a_service_without_a_ceiling_of_its_own_has_the_one_of_others() -> None:
    turn = a_ceiling().turn(ACCOUNT, "newservice", REGION)
    assert (turn.rate, turn.burst, turn.shared) == (0.01, 1, True)


@pytest.mark.parametrize(
    ("name", "region"),
    [("ec2", "eu-west-1\r\nFLUSHALL\r\n"), ("ec2", "\ud800\0" * 5000), ("*", "{x}"), ("", "")],
)
def test_hostile_names_are_names(server: "redis.Redis", name: str, region: str) -> None:
    server.set("kept", "1")
    assert a_ceiling().turn(ACCOUNT, name, region).shared
    (key,) = [one for one in server.scan_iter() if one != b"kept"]
    assert key.startswith(b"posture:ceiling:")
    assert len(key) == len(KEY)
    assert ACCOUNT.encode() not in key


def test_names_cannot_be_joined_into_those_of_another_bucket() -> None:
    assert bucket("1", "ec2", "x") != bucket("1", "ec", "2x") != bucket("1e", "c2", "x")


def test_many_names_do_not_fill_the_memory_of_a_worker() -> None:
    ceiling = a_ceiling(NOBODY)
    for number in range(MOST_PLACES + 50):
        ceiling.turn(ACCOUNT, "ec2", f"region-{number}")
    assert len(ceiling._places) <= MOST_PLACES


def test_without_redis_a_process_keeps_to_a_part_alone_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ceiling = a_ceiling(NOBODY)
    turns = [ceiling.turn(ACCOUNT, "slow", REGION) for _ in range(27)]
    assert not any(turn.shared for turn in turns)
    assert [turn.seconds for turn in turns[:25]] == [0.0] * 25
    assert turns[-1].seconds == pytest.approx(2 * 4 / 0.02, abs=60)
    said = [one.getMessage() for one in caplog.records if one.name == "posture.ceilings"]
    assert len(said) == 1
    assert "keeps to a part" in said[0]


def test_buckets_are_shared_again_when_redis_returns(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", "posture.ceilings")
    monkeypatch.setattr("posture.ceilings.ASKED_AGAIN_AFTER", 0.0)
    with valkey() as gone:
        url = gone.url()
        ceiling = a_ceiling(url)
        assert ceiling.turn(ACCOUNT, "iam", REGION).shared
    assert not ceiling.turn(ACCOUNT, "iam", REGION).shared
    ceiling._redis.connection_pool = redis.ConnectionPool.from_url(where())  # the same, on its port
    assert ceiling.turn(ACCOUNT, "iam", REGION).shared
    assert ceiling.turn(ACCOUNT, "iam", REGION).shared
    levels = [one.levelname for one in caplog.records if one.name == "posture.ceilings"]
    assert levels == ["WARNING", "INFO"]


def test_while_redis_is_away_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ceiling = a_ceiling(NOBODY)

    def refuse(*_: object, **__: object) -> None:
        asked.append("once")
        raise redis.ConnectionError

    monkeypatch.setattr(ceiling, "_book", refuse)
    for _ in range(50):
        ceiling.turn(ACCOUNT, "ec2", REGION)
    assert len(asked) == 1


def test_a_flushed_redis_is_a_full_bucket(server: "redis.Redis") -> None:
    ceiling = a_ceiling()
    booked(ceiling, 150)
    server.flushdb()
    server.script_flush()
    now, turns = ceiling.book(KEY, 20, 100)
    assert turns == (now, now)


def test_the_ceiling_of_a_process_follows_the_settings() -> None:
    assert shared_ceiling() is shared_ceiling()
    assert shared_ceiling().turn(ACCOUNT, "cloudtrail:LookupEvents", REGION) == Turn(
        0.0, *settings.RATE_CEILINGS["cloudtrail:LookupEvents"]
    )
