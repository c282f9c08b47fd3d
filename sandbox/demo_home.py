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


def keep_secrets(home: Path) -> dict[str, str]:
    """Return the secrets of this demo as environment variables, generated on its first run."""
    file = home / "secrets.json"
    if not file.exists():
        attempt = file.with_suffix(".new")
        attempt.touch(mode=0o600)
        attempt.write_text(json.dumps(generate_secrets(), indent=2))
        attempt.rename(file)
    try:
        kept = json.loads(file.read_text())
        return {name: str(kept[name]) for name in generate_secrets()}
    except (ValueError, KeyError, TypeError) as error:
        message = f"{file} is damaged; start over with bin/demo --fresh."
        raise CannotStartError(message) from error
