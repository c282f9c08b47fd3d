"""manage.py in a fork of a process that has loaded what no setting changes.

A command takes more than a second of CPU, nearly all of it for loading Django, Celery and boto3,
and the tests run some fifty. Settings, models and all else of ours are loaded in the fork, from
the environment that the test gives, as in any process of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
READY = b"ready\n"
LOADED = (
    "argon2", "boto3.session", "botocore.client", "botocore.session", "celery.app.base",
    "celery.app.amqp", "celery.utils.threads", "django.contrib.auth.hashers",
    "django.core.management", "django.core.serializers.json", "django.core.validators",
    "django.db.backends.postgresql.base", "django.db.migrations.executor", "django.db.models",
    "django.forms", "django.http", "django.template", "django.test", "django.urls", "psycopg",
    "redis", "redis.asyncio", "scanner.controls", "structlog", "zstandard",
)  # fmt: skip


def manage(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with this environment; return what it printed and its exit code."""
    asked = {"arguments": list(arguments), "environment": dict(environment)}
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        socket.socket(socket.AF_UNIX) as server,
    ):
        server.connect(_address())
        socket.send_fds(server, [b"."], [output.fileno(), errors.fileno()])
        server.sendall(json.dumps(asked).encode())
        server.shutdown(socket.SHUT_WR)
        with server.makefile() as said:
            code = int(said.read())
        for file in (output, errors):
            file.seek(0)
        return subprocess.CompletedProcess(
            ["manage.py", *arguments], code, output.read().decode(), errors.read().decode()
        )


@cache
def _address() -> str:
    """Start the server of this process, which ends with it; return where it listens."""
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", __name__, address],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == READY
    atexit.register(folder.cleanup)
    atexit.register(server.wait)
    atexit.register(server.stdin.close)
    return address


class Command(socketserver.BaseRequestHandler):
    """One command, in a process of its own."""

    request: socket.socket

    def handle(self) -> None:
        """Become the command: its streams and its environment."""
        _, streams, _, _ = socket.recv_fds(self.request, 1, 2)
        with self.request.makefile("rb") as file:
            asked = json.load(file)
        for number, stream in enumerate(streams, start=1):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["manage.py", *asked["arguments"]]
        code: object = 1
        try:
            runpy.run_path("manage.py", run_name="__main__")
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            self.request.sendall(str(code).encode())


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """A fork for each command."""


def main(address: str) -> None:
    """Serve until the standard input ends, which it does however the parent ends."""
    for name in LOADED:
        import_module(name)
    sys.path.insert(0, str(ROOT))  # as for a script there
    with Server(address, Command) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.write(1, READY)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
