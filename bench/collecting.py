"""How long a scan asks, against what latency, calls in flight and paced calls leave room for."""

from __future__ import annotations

from collections.abc import Mapping

from bench.accounts import ENABLED
from bench.buckets import LIMITS
from bench.replaying import replay
from bench.scanning import RUNS, Scanned, held, scan, section

BAR, THROTTLED_BAR, START_BAR, PEAK_BAR = 1.25, 1.2, 1.0, 150.0
COMMAND = "python -m bench.collecting"
LATENCY, IN_FLIGHT = 0.08, 32
SPACING = 0.5
"""Seconds between two LookupEvents of one region, of which home has three."""
AT_HOME = 3
GETTING_IN = 2
"""Calls of STS before anything else is asked."""
EC2_ELSEWHERE = 5
"""Calls of EC2 in a region where there is nothing."""


def main() -> None:
    """Print the section."""
    section("Collecting", COMMAND, table)


def table() -> str:
    """Times without and with token buckets, start and memory; each time is the best of some runs."""
    plain, throttled, starts = [], [], []
    for name in ("medium", "large"):
        with replay(name) as served:
            runs = [scan(served, delay=LATENCY) for _ in range(RUNS)]
            slow = scan(served, delay=LATENCY, throttled=True)
        plain.append(_plain(name, runs))
        throttled.append(_throttled(name, slow, runs[0].counted.calls))
        starts.append(_start(name, runs))
    return "".join(
        (
            f"{'account':8} {'calls':>6} {'bound s':>8} {'asking s':>9} {'ratio':>6}  within {BAR}   CPU s\n",
            *plain,
            f"\n{'buckets':8} {'refused':>7} {'bound s':>8} {'asking s':>9} {'ratio':>6}  within {THROTTLED_BAR}"
            "   lost\n",
            *throttled,
            f"\n{'account':8} {'first call s':>12} {'within 1 s':>11} {'peak MB':>8}  within 150 MB\n",
            *starts,
        )
    )  # fmt: skip


def bound(calls: Mapping[str, int], latency: float) -> float:
    """Seconds that calls take at best: by how many are in flight, or by the longest paced chain."""
    total = sum(calls.values())
    serial = [
        sum(count for name, count in calls.items() if name.startswith(f"{one}:"))
        for one in ("iam", "marketplace-catalog")
    ]
    looking = (AT_HOME - 1) * SPACING + 2 * latency
    chains = [*(count * latency for count in serial), looking]
    in_flight = total * latency / IN_FLIGHT + 4 * latency
    return max(in_flight, GETTING_IN * latency + max(chains))


def let_through(calls: Mapping[str, int]) -> float:
    """Seconds that the token buckets of the home region take for these calls."""
    ec2 = sum(count for name, count in calls.items() if name.startswith("ec2:"))
    asked = {
        "ec2": ec2 - EC2_ELSEWHERE * (ENABLED - 1),
        "iam": sum(count for name, count in calls.items() if name.startswith("iam:")),
        "LookupEvents": AT_HOME,
    }
    return max((asked[name] - one.burst) / one.rate for name, one in LIMITS.items())


def _plain(name: str, runs: list[Scanned]) -> str:
    best = min(runs, key=lambda one: one.asking)
    least = bound(best.counted.calls, LATENCY)
    ratio = best.asking / least
    total = best.counted.total
    return f"{name:8} {total:6} {least:8.2f} {best.asking:9.2f} {ratio:6.2f}  {held(ratio, BAR):11} {best.cpu:7.2f}\n"


def _throttled(name: str, run: Scanned, calls: Mapping[str, int]) -> str:
    refused = sum(run.counted.throttled.values())
    lost = run.lost + sum(calls.values()) - (run.counted.total - refused)
    least = max(bound(calls, LATENCY), let_through(calls))
    ratio = run.asking / least
    return f"{name:8} {refused:7} {least:8.2f} {run.asking:9.2f} {ratio:6.2f}  {held(ratio, THROTTLED_BAR):10} {lost:6}\n"


def _start(name: str, runs: list[Scanned]) -> str:
    first = min(one.to_first for one in runs)
    peak = max(one.peak for one in runs)
    return (
        f"{name:8} {first:12.2f} {held(first, START_BAR):>11} {peak:8.0f}  {held(peak, PEAK_BAR)}\n"
    )


if __name__ == "__main__":
    main()
