"""Faults that a test or the demo lays in the way of calls, decided alike in each run."""

import hashlib
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

FaultKind = Literal["latency", "throttle", "deny", "error", "reset", "truncate", "cut", "garbage"]
KINDS: tuple[FaultKind, ...] = (
    "latency", "throttle", "deny", "error", "reset", "truncate", "cut", "garbage",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault and the calls that it strikes.

    `action`, `region` and `account` are globs; the action is an IAM action such as `iam:Get*`.
    latency: wait `seconds`, or until the faults are lifted. throttle, deny: refuse as AWS does. error: answer `status` (500 or 503).
    reset: drop the connection unanswered. truncate: half of the body, declared as whole.
    cut: half of the body, then the connection ends. garbage: status 200 and a page that is no answer.
    `after` lets that many matching calls through first, `times` strikes at most so many.
    `code` replaces AWS's error code. The same `seed` and the same requests give the same strikes.
    """

    kind: FaultKind
    action: str = "*"
    region: str = "*"
    account: str = "*"
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 500
    code: str = ""
    after: int = 0
    times: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"fault kind {self.kind!r} is none of {', '.join(KINDS)}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability} is not between 0 and 1")
        if self.kind == "error" and self.status < 500:
            raise ValueError(f"an error fault answers 500 or more, not {self.status}")

    def concerns(self, action: str, region: str, account: str) -> bool:
        """Whether this fault is about such a call."""
        return (
            fnmatchcase(action.lower(), self.action.lower())
            and fnmatchcase(region, self.region)
            and fnmatchcase(account, self.account)
        )


@dataclass
class Faults:
    """The faults in force, with the counts that make their strikes repeat from run to run."""

    _faults: tuple[Fault, ...] = ()
    _seen: dict[tuple[int, bytes], int] = field(default_factory=dict)
    _matched: dict[int, int] = field(default_factory=dict)
    _struck: dict[int, int] = field(default_factory=dict)
    _lifted: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *faults: Fault) -> None:
        """Put further faults in force."""
        with self._lock:
            self._faults = (*self._faults, *faults)

    def clear(self) -> None:
        """Lift all faults and forget their counts."""
        with self._lock:
            self._faults = ()
            self._seen.clear()
            self._matched.clear()
            self._struck.clear()
            self._lifted.set()
            self._lifted = threading.Event()

    def wait(self, seconds: float) -> None:
        """Keep a call waiting, for so long or until the faults are lifted."""
        self._lifted.wait(seconds)

    def struck(self) -> tuple[int, ...]:
        """How many calls each fault in force has struck so far."""
        with self._lock:
            return tuple(self._struck.get(index, 0) for index in range(len(self._faults)))

    def in_force(self) -> tuple[Fault, ...]:
        """The faults in the order in which they were added."""
        return self._faults

    def strikes(self, action: str, region: str, account: str, content: bytes) -> list[Fault]:
        """The faults that strike this call; `content` is what the call says, so that its repetition draws anew."""
        call = f"{action} {region} {account} ".encode() + content
        return [
            fault
            for index, fault in enumerate(self._faults)
            if fault.concerns(action, region, account) and self._strikes(index, fault, call)
        ]

    def _strikes(self, index: int, fault: Fault, call: bytes) -> bool:
        digest = hashlib.sha256(f"{fault.seed} {index} ".encode() + call).digest()
        with self._lock:
            attempt = self._seen.get((index, digest), 0)
            self._seen[index, digest] = attempt + 1
            matched = self._matched.get(index, 0)
            self._matched[index] = matched + 1
            struck = self._struck.get(index, 0)
            if matched < fault.after or (fault.times is not None and struck >= fault.times):
                return False
            draw = hashlib.sha256(digest + attempt.to_bytes(4, "big")).digest()
            if int.from_bytes(draw[:8], "big") / 2**64 >= fault.probability:
                return False
            self._struck[index] = struck + 1
            return True
