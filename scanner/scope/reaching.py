"""Which of many resources a statement reaches, as bits of one number: asked once per statement.

Hundreds of queues times thousands of principals are too many to compare one by one, and most
statements reach all of them or none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from scanner.policy import Statement
from scanner.policy.context import opened
from scanner.policy.match import literal_start, matches

Spelled = tuple[tuple[str, ...], tuple[str, ...], bool]


class Reaching:
    """Resources by their ARNs, in order, and what statements reach or surely cover of them."""

    def __init__(self, arns: Iterable[str]) -> None:
        self.arns = tuple(sorted(set(arns)))
        self._all = (1 << len(self.arns)) - 1
        self._known: dict[Spelled, tuple[int, int]] = {}
        self._named: dict[int, tuple[str, ...]] = {}

    def classes(self, statements: Iterable[Statement]) -> Iterator[tuple[str, ...]]:
        """Give the ARNs in groups that all of the statements treat alike."""
        parts = [self._all] if self.arns else []
        for statement in statements:
            for mask in self._masks(statement):
                if mask not in {0, self._all}:
                    split = [half for part in parts for half in (part & mask, part & ~mask)]
                    parts = [half for half in split if half]
        for part in parts:
            yield self._names(part)

    def _names(self, part: int) -> tuple[str, ...]:
        if part not in self._named:
            named = tuple(arn for at, arn in enumerate(self.arns) if part >> at & 1)
            self._named[part] = named
        return self._named[part]

    def _masks(self, statement: Statement) -> tuple[int, int]:
        """The resources that the statement may apply to, and those that it surely applies to."""
        spelled = (statement.resources, statement.not_resources, statement.names_resources)
        if spelled not in self._known:
            if statement.names_resources:
                reached = self._fitting(statement.reachable)
                covered = self._fitting(statement.resources)
            else:
                left_out = [opened(one) for one in statement.not_resources]
                reached = self._all & ~self._fitting(statement.not_resources)
                covered = self._all & ~self._fitting(left_out)
            self._known[spelled] = reached, covered
        return self._known[spelled]

    def _fitting(self, patterns: Sequence[str]) -> int:
        """Resources that fit any of the patterns; only those that begin alike are looked at."""
        found = 0
        for pattern in patterns:
            if pattern == "*":
                return self._all
            start = literal_start(pattern)
            at = bisect_left(self.arns, start)
            while at < len(self.arns) and self.arns[at].startswith(start):
                found |= matches(pattern, self.arns[at]) << at
                at += 1
        return found
