"""What one demo has to itself: a lock, a port, a directory and secrets."""

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.children import CannotStartError
from sandbox.postgres import forget
from sandbox.services import generate_secrets


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Keep `home` for us; CannotStartError when another demo uses it, naming its process id."""
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(home.with_name(f"{home.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(lock, 20).decode() or "unknown"
            message = f"A demo already runs on {home} (process {holder}); stop it first."
            raise CannotStartError(message) from error
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Yield a socket that listens on 127.0.0.1; CannotStartError when `port` is taken.

    The web server inherits it, so the port stays ours while that server is restarted.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except OSError as error:
            message = f"Port {port} cannot be used ({error.strerror}); choose another with --port."
            raise CannotStartError(message) from error
        yield listener


def wipe(home: Path) -> None:
    """Remove all that earlier demos left in `home`."""
    forget(home / "postgres")
    shutil.rmtree(home, ignore_errors=True)


ADDED = {"SECRET_KEYS"}
"""Secrets that a demo of an earlier version does without."""


def keep_secrets(home: Path) -> dict[str, str]:
    """Return the secrets of this demo as environment variables, generated on its first run."""
    file = home / "secrets.json"
    try:
        known = _kept(json.loads(file.read_text())) if file.exists() else {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file} is damaged; start over with bin/demo --fresh."
        raise CannotStartError(message) from error
    whole = generate_secrets() | known
    if whole != known:  # the first run, or a version that needs one more
        attempt = file.with_suffix(".new")
        attempt.touch(mode=0o600)
        attempt.write_text(json.dumps(whole, indent=2))
        attempt.rename(file)
    return whole


def _kept(said: dict[str, object]) -> dict[str, str]:
    needed = generate_secrets().keys() - (ADDED - said.keys())
    return {name: str(said[name]) for name in needed}
