"""The AWS CLI, loaded once: each command of a remedy runs in a fork of this process.

Starting awscli takes more than a second of CPU, and the remedies run it some hundred times. The
program `aws` that `awscli_server` makes hands its arguments, folder, environment and streams over a
socket and ends with the exit code that comes back.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from awscli.clidriver import create_clidriver
from awscli.clidriver import main as awscli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STREAMS = 3
READY = b"ready\n"
# The option as well as the variable: for SQS the AWS CLI overrides the latter by a name of its own.
CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    arguments = ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *sys.argv[1:]]
    asked = {{"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}}
    server.sendall(json.dumps(asked).encode())
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(8)))
"""


@contextmanager
def awscli_server(folder: Path) -> Iterator[Path]:
    """While the block runs, the program whose path it gives is the AWS CLI; `folder` is empty."""
    address, program = str(folder / "socket"), folder / "aws"
    program.write_text(CLIENT.format(python=sys.executable, address=address))
    program.chmod(0o700)
    serve = [sys.executable, "-m", __name__, address]
    with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == READY
        try:
            yield program
        finally:
            server.stdin.close()


class Command(socketserver.BaseRequestHandler):
    """One command, in a process of its own."""

    request: socket.socket

    def handle(self) -> None:
        """Become the command: its streams, its folder, its environment."""
        _, streams, _, _ = socket.recv_fds(self.request, 1, STREAMS)
        with self.request.makefile("rb") as file:
            asked = json.load(file)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(asked["folder"])
        data = os.environ["AWS_DATA_PATH"]  # awscli says there where its own files are
        os.environ.clear()
        os.environ.update(asked["environment"], AWS_DATA_PATH=data)
        sys.argv = ["aws", *asked["arguments"]]
        code = awscli()
        sys.stdout.flush()
        sys.stderr.flush()
        self.request.sendall(str(code).encode())


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    """A fork for each command."""


def main(address: str) -> None:
    """Serve until the standard input ends, which it does however the parent ends."""
    create_clidriver()  # loads what every command needs
    with Server(address, Command) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.write(1, READY)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
