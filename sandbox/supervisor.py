"""Keeps a set of child processes running until a signal or a loss ends them all, in order."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.children import CannotStartError, Child, Command

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
_REAPER = Path(__file__).with_name("reaper.py")
_STABLE_SECONDS = 60.0
_GLANCE_SECONDS = 0.1


class StoppedError(Exception):
    """A signal asked us to stop."""


class LostError(Exception):
    """A child that the others need has ended; the message says which, and its last words."""


@dataclass
class _Kept:
    child: Child
    restart: bool = False
    since: float = 0.0
    deaths: int = 0
    due: float | None = None


class Supervisor:
    """Owns children from their start to their end.

    Signals only set a flag that every wait looks at, so no child can slip away half started.
    `say` prints a line for the user, `delays` are the seconds before the first, second, ... restart.
    """

    def __init__(
        self, say: Callable[[str], None] = print, delays: Sequence[float] = _DELAYS
    ) -> None:
        """Own nothing yet."""
        self._say, self._delays = say, delays
        self._kept: list[_Kept] = []
        self._asked = threading.Event()
        self._reaper: subprocess.Popen[str] | None = None

    def obey_signals(self) -> None:
        """Stop on Ctrl-C, SIGTERM and when the terminal closes; a second Ctrl-C changes nothing."""
        for number in _SIGNALS:
            signal.signal(number, lambda _number, _frame: self._asked.set())

    def adopt(self, child: Child) -> None:
        """Watch a child that somebody else started; without it the others cannot go on."""
        self._bequeath(child)
        self._kept.append(_Kept(child))

    def start(self, command: Command, *, restart: bool = False) -> Child:
        """Start `command`; with `restart` it is started again when it ends, after a delay."""
        child = self._launch(command)
        self._kept.append(_Kept(child, restart=restart, since=time.monotonic()))
        return child

    def run(self, command: Command) -> None:
        """Run `command` to its end; raises CannotStartError with its last words when it fails."""
        child = self._launch(command)
        try:
            while child.exit_code() is None:
                self._glance()
        finally:
            child.stop()
        if child.exit_code() != 0:
            message = f"{command.name} failed.\n{child.last_words()}"
            raise CannotStartError(message)

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Wait for `ready`, asked again and again; CannotStartError names `what` did not happen."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                message = f"{what} did not get ready within {seconds:g} s."
                raise CannotStartError(message)
            self._glance()

    def watch(self) -> None:
        """Keep everything running; ends by raising StoppedError or LostError."""
        while True:
            self._glance()

    def stop(self) -> None:
        """End all children, the last started first."""
        for kept in reversed(self._kept):
            if kept.child.exit_code() is None:
                self._say(f"Stopping {kept.child.command.name}")
            kept.child.stop()
        self._kept.clear()
        if self._reaper is not None:
            self._reaper.communicate()
            self._reaper = None

    def _launch(self, command: Command) -> Child:
        child = Child(command)
        self._bequeath(child)
        return child

    def _bequeath(self, child: Child) -> None:
        """Tell the reaper of `child`, for the case that we are killed."""
        if self._reaper is None:
            self._reaper = subprocess.Popen(
                [sys.executable, "-I", _REAPER],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        if self._reaper.stdin is not None:
            with suppress(BrokenPipeError):  # somebody killed it; nothing else depends on it
                self._reaper.stdin.write(f"{child.pid}\n")
                self._reaper.stdin.flush()

    def _glance(self) -> None:
        """Wait a moment, then deal with what has happened meanwhile."""
        if self._asked.wait(_GLANCE_SECONDS):
            raise StoppedError
        for kept in self._kept:
            if kept.due is not None:
                self._revive(kept)
            elif kept.child.exit_code() is not None:
                self._bury(kept)

    def _bury(self, kept: _Kept) -> None:
        kept.child.stop()  # what it left behind in its process group
        name, code = kept.child.command.name, kept.child.exit_code()
        obituary = f"{name} ended with exit code {code}. Its last lines:\n{kept.child.last_words()}"
        if not kept.restart:
            raise LostError(obituary)
        now = time.monotonic()
        kept.deaths = 1 if now - kept.since > _STABLE_SECONDS else kept.deaths + 1
        delay = self._delays[min(kept.deaths, len(self._delays)) - 1]
        kept.due = now + delay
        self._say(f"{obituary}\nStarting {name} again in {delay:g} s")

    def _revive(self, kept: _Kept) -> None:
        if kept.due is not None and time.monotonic() >= kept.due:
            kept.child = self._launch(kept.child.command)
            kept.due, kept.since = None, time.monotonic()
