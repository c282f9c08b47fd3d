"""Remember what a scope answered about a snapshot for as long as the snapshot lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from scanner.facts.snapshot import Snapshot

T = TypeVar("T")


def remembered(answer: Callable[[Snapshot], T]) -> Callable[[Snapshot], T]:
    """Ask a pure function of a snapshot once per snapshot; controls ask it once per resource."""
    answers: WeakKeyDictionary[Snapshot, T] = WeakKeyDictionary()

    @wraps(answer)
    def ask(snapshot: Snapshot) -> T:
        if snapshot not in answers:
            answers[snapshot] = answer(snapshot)
        return answers[snapshot]

    return ask
