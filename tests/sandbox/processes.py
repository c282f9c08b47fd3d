"""Questions about processes, for tests that start and kill them."""

import time
from collections.abc import Callable
from pathlib import Path


def is_running(pid: int) -> bool:
    """Tell whether process `pid` exists and is more than a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait for `condition`; false when it still does not hold after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def pids_in(file: Path) -> list[int]:
    """Return the process ids that were written to `file` so far, one per line."""
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []
