"""The log of all calls that the fake AWS received."""

from collections import Counter, deque
from dataclasses import dataclass, field

KEPT = 500_000


@dataclass(frozen=True)
class Call:
    """One call. `time` is seconds since the epoch, `account` the one it was about, `code` AWS's error code or empty.

    `status` 0 means that the connection was dropped without an answer.
    """

    time: float
    account: str
    principal: str
    service: str
    operation: str
    action: str
    region: str
    status: int
    code: str


@dataclass
class CallLog:
    """The calls in the order of their end; the oldest are forgotten after half a million."""

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    _page: int = 0

    def page(self) -> int:
        """The number of the page that is being written; `forget` begins another one."""
        return self._page

    def add(self, call: Call, page: int) -> None:
        """Write one call down, unless the page that it began on is forgotten: a held-up call of a
        worker that an earlier test killed must not stand in the log of the next."""
        if page == self._page:
            self._calls.append(call)

    def all(self) -> list[Call]:
        """All calls that are remembered."""
        return list(self._calls)

    def forget(self) -> None:
        """Empty the log."""
        self._page += 1
        self._calls.clear()


def count_by_action(calls: list[Call]) -> dict[str, int]:
    """How many calls each IAM action had, most first."""
    return dict(Counter(call.action for call in calls).most_common())
