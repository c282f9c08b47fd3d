"""How long judging takes: CPU seconds by account size, and which controls take most of them.

Three things are measured: the accounts of design section 5 as a scan reads them; what controls ask
of the policy engine about principals that hold twenty policies each; and accounts of such
principals judged as a whole, the worst that we can think of.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from bench.replaying import replay
from bench.scanning import held, scan
from bench.snapshots import LARGE, MEDIUM, SMALL, Size, a_large_account
from scanner.control import outcomes_of
from scanner.controls import every_control
from scanner.controls.sell.sell_01_no_wildcards_on_marketplace import REASONED
from scanner.facts.codec import dump, load
from scanner.facts.snapshot import Snapshot
from scanner.policy import PORTAL_CORE, granted
from scanner.scan import judged
from scanner.scope.consumers import rights_of
from scanner.scope.holder import Holder
from scanner.scope.principals import principals
from scanner.scope.sell import own_policies
from scanner.vocabulary import known, seen

BAR = 2.0
SCANNED = ("small", "medium", "large")
HOLDING_MANY = {
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
    print(f"{'account':24} {'principals':>10} {'outcomes':>9} {'CPU s':>7} {'ms each':>8}  held")
    for name in SCANNED:
        document = _scanned(name)
        print(_row(f"{name}, as scanned", *_best(document), BAR))
    print(_row("questions, twenty each", *_questions(LARGE), BAR))
    for name, size in HOLDING_MANY.items():
        print(_row(f"{name}, twenty each", *_best(dump(a_large_account(size)))))
    print(
        f"\nThe last of them by control, the {SHOWN} that take longest, each with what it derives first:"
    )
    for control, seconds in _by_control(a_large_account(LARGE))[:SHOWN]:
        print(f"{control:10} {seconds:7.3f}")


def _row(name: str, people: int, outcomes: int, seconds: float, bar: float | None = None) -> str:
    verdict = held(seconds, bar) if bar else ""
    each = 1_000 * seconds / people
    return f"{name:24} {people:10} {outcomes:9} {seconds:7.2f} {each:8.3f}  {verdict}"


def _scanned(size: str) -> bytes:
    """The snapshot of an account of design section 5, read from replayed answers."""
    with replay(size) as served, tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "snapshot.json")
        scan(served, "--snapshot-out", str(kept), delay=0.0)
        return kept.read_bytes()


def _best(document: bytes) -> tuple[int, int, float]:
    """Principals, outcomes and CPU seconds: the best of some runs that remember nothing."""
    times, outcomes, people = [], 0, 0
    for _ in range(RUNS):
        snapshot = load(document)
        people = len(seen(snapshot.iam.users)) + len(seen(snapshot.iam.roles))
        gc.collect()
        began = time.process_time()
        outcomes = len(judged(snapshot).outcomes)
        times.append(time.process_time() - began)
    return people, outcomes, min(times)


def _questions(size: Size) -> tuple[int, int, float]:
    """Principals, answers and CPU seconds for all that controls ask about what they are granted.

    Each set of actions of each principal, what each holds on each queue, and what each policy of
    the account grants by itself.
    """
    asked = _asked(a_large_account(SMALL))
    document = dump(a_large_account(size))
    times, answers, people = [], 0, 0
    for _ in range(RUNS):
        snapshot = load(document)
        gc.collect()
        gc.disable()  # as `judged` does
        began = time.process_time()
        everybody = seen(principals(snapshot))
        found = [holder.grants(actions) for holder in everybody for actions in asked]
        queues = [rights_of(holder, snapshot) for holder in everybody]
        policies = [known(one.document) for one in seen(own_policies(snapshot))]
        alone = [granted((one,), what) for one in policies for what in (REASONED, PORTAL_CORE)]
        times.append(time.process_time() - began)
        gc.enable()
        people, answers = len(everybody), len(found) + len(queues) + len(alone)
    return people, answers, min(times)


def _asked(snapshot: Snapshot) -> Iterable[frozenset[str]]:
    """The sets of actions that judging asks of principals."""
    asked: dict[frozenset[str], None] = {}
    ask = Holder.grants

    def noting(holder: Holder, actions: Iterable[str]) -> object:
        asked.setdefault(frozenset(actions))
        return ask(holder, frozenset(actions))

    with patch.object(Holder, "grants", noting):
        judged(snapshot)
    return asked


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
