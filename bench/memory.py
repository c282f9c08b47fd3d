"""How much memory judging the large account takes: the peak of a whole process, in MB."""

from __future__ import annotations

import resource

from bench.snapshots import LARGE, a_large_account
from scanner.controls import every_control
from scanner.scan import judged


def main() -> None:
    """Print the peak after each step; a process of its own, as a peak never goes down."""
    every_control()
    _show("with all controls loaded")
    snapshot = a_large_account(LARGE)
    _show("with the facts of the large account")
    outcomes = judged(snapshot).outcomes
    _show(f"with its {len(outcomes)} outcomes")


def _show(when: str) -> None:
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB {when}")


if __name__ == "__main__":
    main()
