"""How long judging takes: CPU seconds by account size, and which controls take most of them."""

from __future__ import annotations

import gc
import time
from dataclasses import replace

from bench.snapshots import LARGE, MEDIUM, SMALL, Size, a_large_account
from scanner.control import outcomes_of
from scanner.controls import every_control
from scanner.facts.codec import dump, load
from scanner.facts.snapshot import Snapshot
from scanner.scan import judged

SIZES = {
    "small": SMALL,
    "medium": MEDIUM,
    "half of large": replace(LARGE, users=500, roles=750),
    "large": LARGE,
}
SHOWN = 12
RUNS = 3


def main() -> None:
    """Print the tables."""
    every_control()
    print(
        f"{'account':14} {'principals':>10} {'outcomes':>9} {'CPU s':>7} {'ms per principal':>17}"
    )
    for name, size in SIZES.items():
        seconds, outcomes = _best(size)
        people = size.users + size.roles
        each = 1_000 * seconds / people
        print(f"{name:14} {people:10} {outcomes:9} {seconds:7.2f} {each:17.3f}")
    print(
        f"\nThe large account by control, the {SHOWN} that take longest (each with what it is the first to derive):"
    )
    for control, seconds in _by_control(a_large_account(LARGE))[:SHOWN]:
        print(f"{control:10} {seconds:7.3f}")


def _best(size: Size) -> tuple[float, int]:
    """CPU seconds of the best of some runs, each on a snapshot that nothing is remembered of."""
    document = dump(a_large_account(size))
    times, number = [], 0
    for _ in range(RUNS):
        snapshot = load(document)
        gc.collect()
        began = time.process_time()
        number = len(judged(snapshot).outcomes)
        times.append(time.process_time() - began)
    return min(times), number


def _by_control(snapshot: Snapshot) -> list[tuple[str, float]]:
    gc.disable()  # as `judged` does
    times: dict[str, float] = {}
    for control in every_control():
        began = time.process_time()
        outcomes_of(control, snapshot)
        times[control.id] = time.process_time() - began
    return sorted(times.items(), key=lambda one: -one[1])


if __name__ == "__main__":
    main()
