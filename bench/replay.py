"""Answers as the fake AWS answered before, each after the same delay, and counts what is asked.

python -m bench.replay SIZE FILE serves the account of a bench from the answers in FILE. What is not
among them is asked of the slow fake AWS, which is started for it, and kept. Bodies and addresses are
matched byte by byte, times left out; the account is the one that the role or the access key names,
as all accounts are alike but for their number. Only bench.replaying starts this.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.accounts import ACCOUNT
from bench.buckets import Buckets, refusal
from bench.recorder import Answer, Recorder

SIGNED = re.compile(
    rb"\r\nauthorization:[^\r\n]*Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/", re.IGNORECASE
)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TARGET = re.compile(rb"\r\nx-amz-target: *([^\r\n]+)", re.IGNORECASE)
HOST = re.compile(rb"\r\nhost: *([^\r\n]+)", re.IGNORECASE)
TIMES = re.compile(
    rb'"(?:StartTime|EndTime)": ?[\d.]+|(?:StartTime|EndTime)=[^&]*'
    rb'|"AfterStartTime", "ValueList": \["[^"]*"\]'
)
OURS = re.compile(r"\d{12}$")
ROLE = re.compile(rb"RoleArn=arn%3Aaws%3Aiam%3A%3A(\d{12})%3Arole%2F([^&]+)")

GENERATE = "GenerateCredentialReport"
STS = "https://sts.amazonaws.com/doc/2011-06-15/"


@dataclass(slots=True)
class Question:
    """A request: its first lines and its body, whose account it is about, and how it is matched."""

    head: bytes
    body: bytes
    account: str
    access_key: str
    region: str
    service: str
    key: bytes
    host: bytes


def question(head: bytes, body: bytes) -> Question | None:
    """Read a request; None when nobody signed it."""
    signed = SIGNED.search(head)
    if signed is None:
        return None
    access_key, region, service = (part.decode() for part in signed.groups())
    account = access_key[-12:] if OURS.search(access_key) else ACCOUNT
    host = HOST.search(head)
    netloc = host[1] if host else b""
    target = TARGET.search(head)
    asked = head[: head.index(b" HTTP/")]
    parts = (signed[2], signed[3], asked, target[1] if target else b"", TIMES.sub(b"", body))
    key = b"\n".join(parts).replace(netloc, b"HOST").replace(account.encode(), ACCOUNT.encode())
    return Question(head, body, account, access_key, region, service, key, netloc)


class Replay:
    """All that is known and counted."""

    def __init__(self, size: str, file: Path) -> None:
        self.recorder = Recorder(size)
        self.answers: dict[bytes, Answer] = {}
        self._file = file
        if file.exists():
            self.answers = pickle.loads(file.read_bytes())  # noqa: S301 - our own file  # nosec B301 # our own file
        self._known = len(self.answers)
        self.begin(delay=0.0, throttled=False)

    def begin(self, *, delay: float, throttled: bool) -> None:
        """Count from nothing; `delay` is in seconds, `throttled` has AWS's token buckets rule."""
        self.delay = delay
        self.buckets = Buckets() if throttled else None
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.missed: list[str] = []
        self.first = self.last = 0.0
        self._asked_for_report: set[str] = set()

    def counted(self) -> dict[str, Any]:
        """What was asked since the last begin; times are seconds since 1970."""
        return {
            "calls": dict(self.calls), "throttled": dict(self.refused), "missed": self.missed,
            "first": self.first, "last": self.last,
        }  # fmt: skip

    async def answer(self, asked: Question) -> Answer:
        """The answer, when its time has come."""
        now = time.time()
        self.first = self.first or now
        due = asyncio.get_running_loop().time() + self.delay
        found = self._own(asked) or self.answers.get(asked.key)
        if found is None:
            found = await asyncio.to_thread(self.recorder.ask, asked.head, asked.body)
            self.missed.append(f"{found.service}:{found.operation}")
            if not found.passing:
                self.answers[asked.key] = found
        found = self._refused(asked, found) or self._not_yet(asked, found)
        self.calls[f"{found.service}:{found.operation}"] += 1
        await asyncio.sleep(due - asyncio.get_running_loop().time())
        self.last = time.time()
        return found

    def _own(self, asked: Question) -> Answer | None:
        """Answers of STS, which names keys for accounts that nobody has seen before."""
        if asked.service != "sts":
            return None
        role = ROLE.search(asked.body)
        if role is not None:
            return _session(role[1].decode(), role[2].decode())
        return _identity(asked.account) if b"GetCallerIdentity" in asked.body else None

    def _refused(self, asked: Question, found: Answer) -> Answer | None:
        if self.buckets is None or self.buckets.take(asked.account, asked.region, found):
            return None
        self.refused[found.service] += 1
        return refusal(found)

    def _not_yet(self, asked: Question, found: Answer) -> Answer:
        """The credential report is not ready when a session asks for the first time."""
        if found.operation != GENERATE or asked.access_key in self._asked_for_report:
            return found
        self._asked_for_report.add(asked.access_key)
        return Answer(found.service, found.operation, 200, XML, STARTED)

    def save(self) -> None:
        """Keep what was learned."""
        if len(self.answers) > self._known:
            part = self._file.with_suffix(".part")
            part.write_bytes(pickle.dumps(self.answers))
            part.replace(self._file)
        self.recorder.stop()


XML = b"Content-Type: text/xml\r\n"
STARTED = (
    b'<GenerateCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
    b"<GenerateCredentialReportResult><State>STARTED</State></GenerateCredentialReportResult>"
    b"</GenerateCredentialReportResponse>"
)


def _session(account: str, role: str) -> Answer:
    """Keys that name their account; they are good for an hour, and nobody checks."""
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    body = (
        f'<AssumeRoleResponse xmlns="{STS}"><AssumeRoleResult><Credentials>'
        f"<AccessKeyId>ASIA{time.time_ns() % 10**6:06}{account}</AccessKeyId><SecretAccessKey>secret"
        f"</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{ends}</Expiration>"
        f"</Credentials><AssumedRoleUser><AssumedRoleId>AROA:bench</AssumedRoleId><Arn>arn:aws:sts::"
        f"{account}:assumed-role/{role}/bench</Arn></AssumedRoleUser></AssumeRoleResult>"
        "</AssumeRoleResponse>"
    )
    return Answer("sts", "AssumeRole", 200, XML, body.encode())


def _identity(account: str) -> Answer:
    body = (
        f'<GetCallerIdentityResponse xmlns="{STS}"><GetCallerIdentityResult><Arn>arn:aws:iam::'
        f"{account}:user/bench</Arn><UserId>AIDABENCH</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer("sts", "GetCallerIdentity", 200, XML, body.encode())


class Connection(asyncio.Protocol):
    """One connection, kept open; a request is answered before the next is read."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._got = b""
        self._working: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request, or of two."""
        self._got += data
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = self._got[: end + 2]
            length = LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._got) < whole:
                return
            body, self._got = self._got[end + 4 : whole], self._got[whole:]
            task = asyncio.ensure_future(self._serve(head, body))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _serve(self, head: bytes, body: bytes) -> None:
        asked = question(head, body)
        if asked is None:
            said = Answer("", "", 200, b"", json.dumps(self._control(head, body)).encode())
            self._write(said, said.body, b"GET")
            return
        answer = await self._replay.answer(asked)
        told = answer.body.replace(ACCOUNT.encode(), asked.account.encode())
        self._write(answer, told.replace(b"@HOST@", asked.host), head[:4])

    def _control(self, head: bytes, body: bytes) -> dict[str, Any]:
        """Orders of bench.replaying, which nobody signs."""
        if head.startswith(b"POST /_replay "):
            self._replay.begin(**json.loads(body))
        return self._replay.counted()

    def _write(self, answer: Answer, body: bytes, method: bytes) -> None:
        start = f"HTTP/1.1 {answer.status} Said\r\nContent-Length: {len(body)}\r\n".encode()
        whole = b"" if method == b"HEAD" else body
        self._transport.write(start + answer.headers + b"\r\n" + whole)


async def serve(size: str, file: Path) -> None:
    """Serve until told to end, then keep what was learned."""
    replay = Replay(size, file)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(replay), "127.0.0.1", 0, backlog=1024)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await over.wait()
    replay.save()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
