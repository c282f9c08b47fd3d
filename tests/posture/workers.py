"""Real Celery workers as child processes, for tests that kill, stop and replace them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 60


class Worker:
    """A prefork worker with one child, leader of its own process group; its log is a file."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "posture", "worker"),
                    *("-Q", "scan,house", "--pool", "prefork", "-c", "1"),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def says(self, text: str) -> bool:
        """Whether its log holds this text."""
        return text in self.log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the worker and its child."""
        os.killpg(self._process.pid, number)

    def terminate(self) -> int:
        """Ask the worker, not its child, to end; return its exit code."""
        self._process.terminate()
        return self._process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """Kill what is left of it."""
        if self._process.poll() is None:
            self.send(signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)


@contextmanager
def a_worker(folder: Path, environment: Mapping[str, str]) -> Iterator[Worker]:
    """A worker that is ready to take messages, and gone after the block."""
    number = len(list(folder.glob("worker-*.log")))
    worker = Worker(folder / f"worker-{number}.log", environment)
    try:
        wait_until(lambda: worker.says(" ready."), worker.log.read_text)
        yield worker
    finally:
        worker.end()


def wait_until(happened: Callable[[], bool], explain: Callable[[], object] = str) -> None:
    """Return as soon as it has happened; AssertionError, with an explanation, after a minute."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > until:
            raise AssertionError(explain())
        time.sleep(0.05)
