"""A local HTTP endpoint that answers with exactly the bytes that a test gives it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Endpoint:
    """Where it listens, and the requests that it took: head and body as text."""

    url: str = ""
    requests: list[str] = field(default_factory=list)


def http(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    """A response; `length` announces another length than the body has."""
    announced = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


SILENCE = b"silence"
"""Instead of a response: keep the connection open and say nothing."""


@contextmanager
def answering(*responses: bytes) -> Iterator[Endpoint]:
    """Serve these responses one after another, the last one for good; b"" drops the connection."""
    endpoint = Endpoint()
    left: list[bytes] = list(responses)
    over = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            endpoint.requests.append(_request(self))
            response = left.pop(0) if len(left) > 1 else left[0]
            if response == SILENCE:
                over.wait(30)
            else:
                self.wfile.write(response)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield endpoint
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _request(handler: socketserver.StreamRequestHandler) -> str:
    lines: list[bytes] = []
    length = 0
    while (line := handler.rfile.readline()) not in {b"\r\n", b""}:
        lines.append(line)
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return (b"".join(lines) + b"\r\n" + handler.rfile.read(length)).decode()
