"""Facts of services as they come in, for those who need what another service names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Findings:
    """Facts by service; who asks for some waits until they are there, or hears why there are none.

    Each service must be told of once, with `tell` or `end`, or those who wait do so for ever.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._all: dict[str, Future[Any]] = {name: Future() for name in services}

    def of(self, service: str) -> Any:
        """Wait for the facts of a service; raises what ended it."""
        return self._all[service].result()

    def tell(self, service: str, facts: object) -> None:
        """A service was read, or is not going to be."""
        self._all[service].set_result(facts)

    def end(self, service: str, why: Exception) -> None:
        """The scan ends in the middle of a service: who waits for it ends with it."""
        self._all[service].set_exception(why)

    def first(self, service: str, pick: Callable[[Any], T]) -> Future[T]:
        """A part of a service's facts that somebody may set before; at the latest it is picked."""
        part: Future[T] = Future()

        def at_last(whole: Future[Any]) -> None:
            if part.done():
                return
            why = whole.exception()
            if why is None:
                part.set_result(pick(whole.result()))
            else:
                part.set_exception(why)

        self._all[service].add_done_callback(at_last)
        return part

    def everything(self) -> dict[str, Any]:
        """The facts of all services."""
        return {name: facts.result() for name, facts in self._all.items()}
