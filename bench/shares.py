"""What each organisation would have waited, had every claim gone to the one whose turn it was."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ran:
    """One scan: whose, and when it was queued, taken and over, in seconds of one clock."""

    organisation: Hashable
    queued: float
    started: float
    ended: float

    @property
    def waited(self) -> float:
        """Seconds from its turn in the queue to a worker."""
        return self.started - self.queued


def fair_waits(ran: Sequence[Ran]) -> dict[Hashable, list[float]]:
    """Waits by organisation, if the moments and durations of claims stay and only whose they are moves.

    A claim goes to the organisation with the fewest running scans, then to the one served longest
    ago, and there to the scan that was queued first: the order that `fairest_scan` promises.
    """
    waiting: dict[Hashable, list[float]] = defaultdict(list)
    for one in sorted(ran, key=lambda one: one.queued):
        waiting[one.organisation].append(one.queued)
    served: dict[Hashable, float] = {}
    running: list[tuple[float, Hashable]] = []
    waits: dict[Hashable, list[float]] = defaultdict(list)
    for claim in sorted(ran, key=lambda one: one.started):
        now = claim.started
        running = [(end, whose) for end, whose in running if end > now]
        chosen = _turn(now, waiting, [whose for _, whose in running], served)
        waits[chosen].append(now - waiting[chosen].pop(0))
        served[chosen] = now
        running.append((now + claim.ended - claim.started, chosen))
    return dict(waits)


def _turn(
    now: float,
    waiting: Mapping[Hashable, list[float]],
    running: Sequence[Hashable],
    served: Mapping[Hashable, float],
) -> Hashable:
    due = [one for one, queued in waiting.items() if queued and queued[0] <= now]
    among = due or [one for one, queued in waiting.items() if queued]
    return min(
        among, key=lambda one: (running.count(one), served.get(one, -math.inf), waiting[one][0])
    )


def quantile(values: Sequence[float], part: float) -> float:
    """The value that this part of them does not exceed."""
    return sorted(values)[max(0, round(part * len(values)) - 1)]
