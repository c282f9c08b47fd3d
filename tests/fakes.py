"""FakeAws: the doorway with a wire that answers from a dictionary and remembers what was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from scanner.aws import Answer, Aws, Calls, Kind, Limits, Place, Service, Trouble, action_of
from tests.builders import OWN

Asked = tuple[str, str, Answer]
"""IAM action, region, parameters."""

Reply = Answer | Trouble | Callable[[str, Answer], Answer]
"""What to answer: a dict, a trouble to raise, or a function of region and parameters."""

DENIED = Trouble("AccessDenied", Kind.DENIED, "no identity-based policy allows it")
QUICK = Limits(slow_wait=0.0, slow_wait_most=0.0, report_wait=0.0, spaced=0.0)


class FakeWire:
    """Gives each action its reply; of a list one after another, the last one for good."""

    def __init__(self, replies: Mapping[str, Reply | Sequence[Reply]]) -> None:
        self.calls = Calls()
        self.asked: list[Asked] = []
        self.renewals = 0
        self.can_renew = True
        self._replies = {
            action: list(said) if isinstance(said, Sequence) else [said]
            for action, said in replies.items()
        }

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        """Answer from the dictionary; a question without an answer fails the test."""
        action = action_of(service.name, operation)
        self.asked.append((action, service.region, params))
        self.calls.by_action[action] += 1
        replies = self._replies[action]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Trouble):
            raise reply
        return reply(service.region, params) if callable(reply) else reply

    def close(self) -> None:
        """Nothing is open."""

    def renew(self) -> bool:
        """Count renewals."""
        self.renewals += 1
        return self.can_renew

    def endpoint(self, service: Service) -> str:
        """Addresses as AWS has them."""
        return f"https://{service.name}.{service.region}.amazonaws.com"


class FakeAws(Aws):
    """An account that answers from a dictionary of IAM actions; only these may be asked."""

    def __init__(
        self,
        replies: Mapping[str, Reply | Sequence[Reply]],
        *,
        actions: Iterable[str] = (),
        limits: Limits = QUICK,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.wire = FakeWire(replies)
        place = Place(OWN)
        super().__init__(self.wire, place, actions=[*replies, *actions], limits=limits, stop=stop)

    @property
    def asked(self) -> list[Asked]:
        """Everything that was asked, in order."""
        return self.wire.asked

    def times(self) -> Counter[str]:
        """How often each action was asked."""
        return Counter(action for action, _, _ in self.asked)


def limited(**changes: Any) -> Limits:
    """Limits for tests, with some changed."""
    return replace(QUICK, **changes)
