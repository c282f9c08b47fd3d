"""Ends what a killed supervisor left behind and what does not end by itself.

The supervisor writes the process groups of its children to our standard input, one per line. When
it is gone the pipe closes; the groups get some seconds, then SIGKILL. A Celery worker needs this:
it waits for a broker that ended beside it for ever. Standard library only, so that it starts fast.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE_SECONDS = 5.0


def reap(lines: Iterable[str]) -> None:
    """Read groups from `lines` until they end, then see that each of them ends."""
    groups = [int(line) for line in lines]
    deadline = time.monotonic() + PATIENCE_SECONDS
    for group in groups:
        while _signal(group, 0) and time.monotonic() < deadline:
            time.sleep(0.05)
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Send a signal, 0 for none, to a group; tell whether there was one to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(_number, signal.SIG_IGN)
    reap(sys.stdin)
