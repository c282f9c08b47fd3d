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

    def __init__(self, log: Path, environment: Mapping[str, str], tree: Path | None = None) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "posture", "worker"),
                    *("-Q", "scan,house", "--pool", "prefork", "-c", "1"),
                    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                cwd=tree,
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def says(self, text: str) -> bool:
        """Whether its log holds this text."""
        return text in self.log.read_text(errors="replace")

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:]

    def listen(self) -> Callable[[str], bool]:
        """Return what tells whether its log holds a text that it did not hold before."""
        known = len(self.log.read_text(errors="replace"))
        return lambda text: text in self.log.read_text(errors="replace")[known:]

    @property
    def is_alive(self) -> bool:
        """Whether its main process runs."""
        return self._process.poll() is None

    def children(self) -> list[int]:
        """The process ids of its pool; the worker replaces those that end."""
        pid = self._process.pid
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

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
def a_worker(
    folder: Path, environment: Mapping[str, str], tree: Path | None = None
) -> Iterator[Worker]:
    """A worker that is ready to take messages, and gone after the block.

    `tree` is where its source lies, if not where that of the tests does.
    """
    number = len(list(folder.glob("worker-*.log")))
    worker = Worker(folder / f"worker-{number}.log", environment, tree)
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
