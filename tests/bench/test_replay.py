"""The replay tells questions apart by what they ask, counts all of them, and throttles as AWS does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.accounts import ACCOUNT
from bench.buckets import Buckets, Refill, limit_of, refusal
from bench.recorder import Answer
from bench.replay import Question, Replay, question

HOST = b"127.0.0.1:4711"


def asked(
    body: bytes = b"", *, account: str = ACCOUNT, path: str = "/", service: str = "sqs"
) -> Question:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST.decode()}\r\nX-Amz-Target: AmazonSQS.X\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential=ASIA0001{account}/20261127/us-east-1/{service}"
        "/aws4_request, SignedHeaders=host, Signature=00\r\n"
    )
    found = question(head.encode(), body)
    assert found is not None
    return found


def test_nobody_is_answered_who_did_not_sign() -> None:
    assert question(b"GET / HTTP/1.1\r\nHost: x\r\n", b"") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"StartTime": 17.5, "Q": 1}', b'{"StartTime": 18, "Q": 1}'),
        (b"Action=X&EndTime=2026-11-27T00%3A00%3A00Z", b"Action=X&EndTime=2026-11-28T00%3A00%3A00Z"),
    ],
)  # fmt: skip
def test_the_same_question_at_another_time_is_the_same(one: bytes, other: bytes) -> None:
    assert asked(one).key == asked(other).key


@pytest.mark.parametrize(
    "other",
    [
        asked(b'{"NextToken": "b"}'),
        asked(b'{"NextToken": "a"}', path="/other"),
        asked(b'{"NextToken": "a"}', service="sns"),
    ],
)
def test_other_pages_paths_and_services_are_other_questions(other: Question) -> None:
    assert other.key != asked(b'{"NextToken": "a"}').key


def test_accounts_are_alike_but_for_their_number() -> None:
    one = asked(f"http://{HOST.decode()}/{ACCOUNT}/queue".encode())
    other = asked(f"http://{HOST.decode()}/444455556666/queue".encode(), account="444455556666")
    assert (one.key, other.account) == (other.key, "444455556666")
    assert HOST not in one.key


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """A replay that knows two answers and asks nobody."""
    made = Replay("small", tmp_path / "records")
    made.answers[asked(b"list").key] = Answer("ec2", "DescribeImages", 200, b"", b"images")
    made.answers[asked(b"report").key] = Answer(
        "iam", "GenerateCredentialReport", 200, b"", b"COMPLETE"
    )
    return made


def ask(replay: Replay, body: bytes, times: int = 1) -> list[Answer]:
    async def several() -> list[Answer]:
        return [await replay.answer(asked(body)) for _ in range(times)]

    return asyncio.run(several())


def test_calls_are_counted_from_each_beginning(replay: Replay) -> None:
    ask(replay, b"list", 3)
    assert replay.counted()["calls"] == {"ec2:DescribeImages": 3}
    replay.begin(delay=0.0, throttled=False)
    assert replay.counted()["calls"] == {}


def test_the_credential_report_is_ready_at_the_second_time(replay: Replay) -> None:
    first, second = ask(replay, b"report", 2)
    assert b"STARTED" in first.body
    assert second.body == b"COMPLETE"


def test_an_empty_bucket_refuses_and_the_refusal_is_counted(replay: Replay) -> None:
    replay.begin(delay=0.0, throttled=True)
    replay.buckets = Buckets({"ec2": Refill(3, 0.0)})
    answers = ask(replay, b"list", 5)
    assert [one.status for one in answers] == [200, 200, 200, 503, 503]
    assert replay.counted()["throttled"] == {"ec2": 2}
    assert b"RequestLimitExceeded" in answers[-1].body


def test_buckets_are_of_one_account_and_region() -> None:
    held, look = (
        Buckets({"LookupEvents": Refill(2, 0.0)}),
        Answer("cloudtrail", "LookupEvents", 200, b"", b""),
    )
    took = [held.take(ACCOUNT, "us-east-1", look) for _ in range(3)]
    assert took == [True, True, False]
    assert held.take(ACCOUNT, "eu-west-1", look)
    assert held.take("444455556666", "us-east-1", look)
    assert b"ThrottlingException" in refusal(look).body


def test_what_has_no_bucket_is_never_refused() -> None:
    assert limit_of("cloudtrail", "DescribeTrails") == ""
    assert all(
        Buckets().take(ACCOUNT, "us-east-1", Answer("sqs", "ListQueues", 200, b"", b""))
        for _ in range(500)
    )


def test_what_was_learned_is_known_next_time(replay: Replay, tmp_path: Path) -> None:
    replay.save()
    again = Replay("small", tmp_path / "records")
    assert ask(again, b"list") == ask(replay, b"list")
