"""Child processes that end with their parent, even when it is killed, and leave a log."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

_SET_PARENT_DEATH_SIGNAL = 1
_ENDING = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotStartError(Exception):
    """Something did not start; the first line of the message is meant for the user."""


class Identity(TypedDict, total=False):
    """The arguments of subprocess that say who a child is."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class User:
    """The account a child runs as when it must not be root."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run and how to end it.

    `stop_with` asks it to end and `patience` is how many seconds it then has; `orphan_signal` is
    what the kernel sends when the parent is gone. Standard output goes to `output`, or like
    standard error to `log`. `feed` is written to its standard input, `keep` are the file
    descriptors it inherits.
    """

    name: str
    argv: tuple[str | Path, ...]
    log: Path
    cwd: Path
    env: Mapping[str, str] | None = None
    output: Path | None = None
    feed: str | None = None
    keep: tuple[int, ...] = ()
    user: User | None = None
    stop_with: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0


class Child:
    """One running command, leader of its own process group so that Ctrl-C reaches only us.

    Start it from the main thread: the kernel ties a child to the thread that made it.
    """

    def __init__(self, command: Command) -> None:
        """Start `command`; raises CannotStartError when it cannot be executed at all."""
        self.command = command
        self._stopped = False
        with (
            command.log.open("ab") as log,
            (command.output or command.log).open("ab") as output,
        ):
            try:
                self._process = subprocess.Popen(
                    command.argv,
                    stdin=subprocess.DEVNULL if command.feed is None else subprocess.PIPE,
                    stdout=output,
                    stderr=log,
                    cwd=command.cwd,
                    env=command.env,
                    pass_fds=command.keep,
                    start_new_session=True,
                    preexec_fn=_tie_to_parent(command.orphan_signal),  # noqa: PLW1509 - no other way to be tied to us
                    **as_user(command.user),
                )
            except OSError as error:
                message = f"{command.name} cannot be run: {error}"
                raise CannotStartError(message) from error
        if self._process.stdin is not None:
            # A child that ends before it has read its input is reported by whoever waits for it.
            with suppress(BrokenPipeError), self._process.stdin as stream:
                stream.write((command.feed or "").encode())

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send the signal it understands as "please end", if it still runs."""
        if self.exit_code() is None:
            self._process.send_signal(self.command.stop_with)

    def stop(self) -> None:
        """End it and everything it started; returns when it is gone."""
        if self._stopped:  # its process group may be somebody else's by now
            return
        self._stopped = True
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.command.patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def kill(self) -> None:
        """End it as a crash would, without a word."""
        if self.exit_code() is None:
            self._process.kill()
        self.stop()

    def last_words(self, lines: int = 15) -> str:
        """Return the last `lines` lines of its log."""
        return tail(self.command.log, lines)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last `lines` lines of the file at `log`, or nothing when there is none."""
    with suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def unprivileged() -> User | None:
    """Return the user for servers that refuse to run as root, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return User(entry.pw_uid, entry.pw_gid)


def as_user(user: User | None) -> Identity:
    """Return the arguments of subprocess that make a child run as `user`."""
    return {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _tie_to_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what a child does before it becomes the command, or None where the kernel cannot."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def tie() -> None:
        for number in _ENDING:  # a shell that starts us in the background makes us ignore some
            signal.signal(number, signal.SIG_DFL)
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above took effect
            os._exit(1)

    return tie
