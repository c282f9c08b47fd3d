"""The small, medium and large account of the benches in the fake AWS (design section 5).

python -m bench.accounts SIZE serves one of them from the slow fake AWS, for bench.replay to record.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from bench.snapshots import LARGE, MEDIUM, SMALL, Size

ACCOUNT = "222233334444"
"""The account of the seed `many`, which these accounts grow out of."""
GROUPS, POLICIES, AWS_POLICIES = 20, 30, 1
"""What the seed `many` makes in IAM beside users and roles."""
REPORTS_EVERY = 5
"""One bucket in so many takes data feeds; all but it and the trail's are nobody's concern."""
ENABLED = 3
"""Regions that are enabled in the account."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much of each thing there is; the trail's bucket and its key are among the last two."""

    size: Size
    keys: int
    buckets: int

    @property
    def feeds(self) -> int:
        """How many buckets take data feeds."""
        return (self.buckets - 1) // REPORTS_EVERY


SIZES: Mapping[str, Seeded] = {
    "small": Seeded(SMALL, 2, 6),
    "medium": Seeded(MEDIUM, 8, 21),
    "large": Seeded(LARGE, 40, 101),
}


def main() -> None:
    """Serve the account of the size on the command line until told to end."""
    from sandbox.aws.client import ACCESS_KEY, SECRET_KEY
    from sandbox.aws.server import Server

    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    server = Server(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
    from bench.sowing import sow

    sow(server.world, SIZES[sys.argv[1]])
    server.serve_in_thread()
    print(f"ready {server.url}", flush=True)
    over.wait()
    server.stop()


if __name__ == "__main__":
    main()
