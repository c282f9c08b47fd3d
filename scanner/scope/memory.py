"""Remember what was derived from a snapshot for as long as the snapshot lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from scanner.facts.snapshot import Snapshot

T = TypeVar("T")


def once_per_snapshot(derive: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """Call a pure function once for each snapshot; its value must not hold the snapshot itself.

    A snapshot is compared by identity and remembered weakly, so a worker that has judged many
    accounts keeps none of them. What the function raises is not remembered.
    """
    memory: WeakKeyDictionary[Snapshot, T] = WeakKeyDictionary()

    @wraps(derive)
    def recall(snapshot: Snapshot) -> T:
        if snapshot not in memory:
            memory[snapshot] = derive(snapshot)
        return memory[snapshot]

    return recall
