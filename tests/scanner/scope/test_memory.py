"""What is derived from a snapshot is remembered with it, and forgotten with it."""

from __future__ import annotations

import gc
import weakref

import pytest

from scanner.facts.snapshot import Snapshot
from scanner.scope.memory import once_per_snapshot
from scanner.vocabulary import NotSeen, Unobserved
from tests.builders import a_snapshot


class Counter:
    def __init__(self) -> None:
        self.asked = 0


def test_a_snapshot_is_derived_from_once() -> None:
    counter = Counter()

    @once_per_snapshot
    def derive(snapshot: Snapshot) -> int:
        """How often it was asked."""
        counter.asked += 1
        return counter.asked

    one, other = a_snapshot(), a_snapshot()
    assert [derive(one), derive(one), derive(other), derive(one)] == [1, 1, 2, 1]
    assert derive.__doc__ == "How often it was asked."


def test_a_failure_is_not_remembered() -> None:
    counter = Counter()

    @once_per_snapshot
    def derive(snapshot: Snapshot) -> int:
        counter.asked += 1
        if counter.asked == 1:
            raise NotSeen(Unobserved("iam:GetAccountSummary", "Throttling"))
        return counter.asked

    snapshot = a_snapshot()
    with pytest.raises(NotSeen):
        derive(snapshot)
    assert derive(snapshot) == 2


def test_a_snapshot_is_not_kept_alive() -> None:
    derive = once_per_snapshot(lambda snapshot: len(snapshot.account.id))
    snapshot = a_snapshot()
    derive(snapshot)
    gone = weakref.ref(snapshot)
    del snapshot
    gc.collect()
    assert gone() is None
