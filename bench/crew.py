"""Workers and beat as an installation runs them, and what each kind of process takes of the CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

CELERY = (sys.executable, "-m", "celery", "-A", "posture")
QUEUES = "scan,deliver,house"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60


@contextmanager
def crew(folder: Path, workers: int, children: int, environment: Mapping[str, str]) -> Iterator[dict[str, list[int]]]:  # fmt: skip
    """Run workers with so many children each, and beat; gives their process ids by kind.

    Logs are files of the folder. Everything is stopped, politely first, when the block ends.
    """
    told = {**environment, "REMAP_SIGTERM": "SIGQUIT", "SOFT_SHUTDOWN_SECONDS": "1"}
    with ExitStack() as stack:

        def run(name: str, *arguments: str) -> int:
            with (folder / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [*CELERY, *arguments],
                    env=told,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            stack.callback(_end, process)
            return process.pid

        ids = [
            run(f"worker-{n}", "worker", "-Q", QUEUES, "-c", f"{children}", "-n", f"bench-{n}@here")
            for n in range(workers)
        ]
        yield {"worker": ids, "beat": [run("beat", "beat")]}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def cpu_seconds(kinds: Mapping[str, list[int]]) -> dict[str, float]:
    """CPU that the processes and all their descendants took so far, by kind."""
    below: dict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile; its parent has its CPU now
            continue
        pid = int(folder.name)
        below[int(fields[1])].append(pid)
        ticks[pid] = sum(map(int, fields[11:15]))
    return {kind: _summed(ids, below, ticks) / TICKS for kind, ids in kinds.items()}


def _summed(ids: list[int], below: Mapping[int, list[int]], ticks: Mapping[int, int]) -> int:
    return sum(ticks.get(one, 0) + _summed(below.get(one, []), below, ticks) for one in ids)
