"""Starts the replay of an account, tells it how to answer, and reads what it counted."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.accounts import ACCOUNT

ROOT = Path(__file__).parent.parent
FOLDER = "BENCH_RECORDS"
"""The variable that says where answers are kept; without it, a folder for temporary files."""
MADE_OF = ("sandbox/aws", "bench/accounts.py", "bench/sowing.py", "bench/snapshots.py")
"""What answers depend on: of other code, and on another day, they are asked for anew."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was asked: calls as "iam:GetUser", those throttled by service, those not recorded before.

    `first` and `last` are when the first call came and the last was answered, in seconds since 1970.
    """

    calls: dict[str, int]
    throttled: dict[str, int]
    missed: list[str]
    first: float
    last: float

    @property
    def total(self) -> int:
        """All calls, throttled ones included."""
        return sum(self.calls.values())


class Replaying:
    """A replay that runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def begin(self, *, delay: float = 0.0, throttled: bool = False) -> None:
        """Count from nothing, and from now on answer after `delay` seconds, or throttle as AWS does."""
        self._ask("POST", json.dumps({"delay": delay, "throttled": throttled}))

    def counted(self) -> Counted:
        """What was asked since begin."""
        return Counted(**self._ask("GET"))

    def environment(self, account: str = ACCOUNT) -> dict[str, str]:
        """What makes a process a caller; its own key is one of the account's, its role any role."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": f"AKIA0000{account}",
            "AWS_SECRET_ACCESS_KEY": "nobody-checks-a-signature",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _ask(self, method: str, body: str | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, "/_replay", body)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def replay(size: str) -> Iterator[Replaying]:
    """Serve the account of a size ("medium") inside the block; what it learns is kept."""
    file = _file(size)
    command = [sys.executable, "-m", "bench.replay", size, str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        ready = process.stdout.readline() if process.stdout else ""
        if not ready.startswith("ready "):
            raise RuntimeError("The replay did not start; what it said is above.")
        yield Replaying(ready.removeprefix("ready ").strip())
    finally:
        process.terminate()
        process.wait()


def role_arn(account: str = ACCOUNT) -> str:
    """A role of an account, as good as any other here."""
    return f"arn:aws:iam::{account}:role/SellerPostureScan"


def _file(size: str) -> Path:
    """Where the answers of an account are kept, for today and for this code."""
    digest = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    for one in MADE_OF:
        path = ROOT / one
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    kept = os.environ.get(FOLDER) or str(Path(tempfile.gettempdir(), "seller-posture-bench"))
    folder = Path(kept)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{size}-{digest.hexdigest()[:16]}.pickle"
