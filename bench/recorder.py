"""Asks the slow fake AWS what nobody has asked before."""

from __future__ import annotations

import http.client
import io
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

KEY = re.compile(rb"Credential=[^/]+/")
LEFT_OUT = {"host", "connection", "x-amz-security-token", "content-length", "expect"}
KEPT = {"content-length", "connection", "date", "server", "transfer-encoding"}
PASSING = (b"<State>STARTED<", b"<State>INPROGRESS<")
"""What an answer says that will be another one soon."""

UNWELL = {500, 502, 503, 504}
"""Not 501, with which the fake AWS says that it has no such thing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to which operation; `headers` are lines as HTTP spells them."""

    service: str
    operation: str
    status: int
    headers: bytes
    body: bytes

    @property
    def passing(self) -> bool:
        """Whether the same question will soon have another answer."""
        return any(said in self.body[:1_000] for said in PASSING) or self.status in UNWELL


class Recorder:
    """Starts the fake AWS with the account of a bench when it is first asked, in any thread."""

    def __init__(self, size: str) -> None:
        self._size = size
        self._starting = threading.Lock()
        self._fake: subprocess.Popen[str] | None = None
        self._netloc = ""

    def ask(self, head: bytes, body: bytes) -> Answer:
        """Ask as the administrator of the account."""
        netloc = self._started()
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        sent = {name: value for name, value in headers.items() if name not in LEFT_OUT}
        sent["authorization"] = _as_administrator(sent["authorization"])
        connection = http.client.HTTPConnection(netloc, timeout=120)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            said = response.read().replace(netloc.encode(), b"@HOST@")
        finally:
            connection.close()
        kept = "".join(f"{k}: {v}\r\n" for k, v in response.getheaders() if k.lower() not in KEPT)
        service, operation = _spelled(method, path, sent, body)
        return Answer(service, operation, response.status, kept.encode("latin-1"), said)

    def stop(self) -> None:
        """End the fake AWS, if it runs."""
        if self._fake is not None:
            self._fake.terminate()
            self._fake.wait()

    def _started(self) -> str:
        with self._starting:
            if self._fake is None:
                command = [sys.executable, "-m", "bench.accounts", self._size]
                self._fake = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
                ready = self._fake.stdout.readline() if self._fake.stdout else ""
                self._netloc = urlsplit(ready.removeprefix("ready ").strip()).netloc
            return self._netloc


def _as_administrator(authorization: str) -> str:
    from bench.accounts import ACCOUNT
    from sandbox.aws.principals import administrator_of

    key = administrator_of(ACCOUNT).access_key
    return re.sub(r"Credential=[^/]+/", f"Credential={key}/", authorization)


def _spelled(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[str, str]:
    """Service and operation as the fake AWS understands the request."""
    from sandbox.aws.incoming import read_incoming

    place, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "PATH_INFO": unquote(place), "RAW_URI": path, "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": headers.get("content-type", ""),
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": said for name, said in headers.items()}
    incoming = read_incoming(environ)
    return incoming.service, incoming.name
