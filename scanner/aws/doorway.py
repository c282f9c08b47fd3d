"""Questions to AWS: one call, all pages, or many at once; what is refused comes back as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from scanner.aws.actions import IDENTITY, action_of
from scanner.aws.asking import Answer, Asker, Calls, Limits, Service, Wire
from scanner.aws.trouble import CannotReach, Trouble
from scanner.vocabulary import HOME_REGION, Listed, Observed, Partial, Unobserved

T = TypeVar("T")
U = TypeVar("U")

TOKENS = {
    "NextToken": "NextToken",
    "nextToken": "nextToken",
    "Marker": "Marker",
    "NextContinuationToken": "ContinuationToken",
    "ContinuationToken": "ContinuationToken",
}
"""How AWS spells "there is more", and which member takes the token in the next request."""

EMPTY_LEFT_OUT = frozenset({("sqs", "ListQueues"), ("s3", "ListObjectsV2")})
"""Lists that are left out of the answer when they are empty."""

GLOBAL = frozenset({"iam", "sts", "organizations", "account", "s3control"})
"""Services whose gaps are about the account, not about a region."""

ACCOUNT_WIDE = frozenset({("s3", "ListBuckets")})
"""Operations of regional services that answer for all regions."""


LEFT_OUT = "NotRead"
"""The error of what this visit did not want to know."""


@dataclass(frozen=True, slots=True)
class Place:
    """The account: 12-digit id, partition, and the region of global questions."""

    account: str
    partition: str = "aws"
    home: str = HOME_REGION


def never() -> bool:
    """The scan is not to stop."""
    return False


def everything(_item: Answer) -> bool:
    """Every item of a list is to be kept."""
    return True


class Aws:
    """The account of one scan, seen through a wire, within the declared IAM actions.

    `left_out` are IAM actions that this visit does not need: they are not asked, and what they
    would tell is not read. `stop` is asked before every question, from many threads; when it says
    True, the question raises Stopped.
    """

    def __init__(  # noqa: PLR0913 - most by keyword, with defaults
        self,
        wire: Wire,
        place: Place,
        *,
        actions: Iterable[str] = (),
        left_out: Iterable[str] = (),
        limits: Limits | None = None,
        stop: Callable[[], bool] = never,
    ) -> None:
        self.account = place.account
        self.partition = place.partition
        self.home = place.home
        self.limits = limits or Limits()
        self._wire = wire
        self._left_out = frozenset(left_out)
        allowed = frozenset(actions) | {IDENTITY}
        self._asker = Asker(wire, allowed, self.limits, stop, Service("sts", place.home))
        self._pool = ThreadPoolExecutor(2 * self.limits.in_flight, "aws")

    @property
    def calls(self) -> Calls:
        """Counters of what was asked so far."""
        return self._wire.calls

    def endpoint(self, service: str, region: str) -> str:
        """The address that requests to a service go to, without a slash at its end."""
        return self._wire.endpoint(Service(service, region)).rstrip("/")

    def find(
        self,
        service: str,
        operation: str,
        *,
        region: str,
        absent: Sequence[str],
        must: Sequence[str] = (),
        **params: Any,
    ) -> Observed[Answer | None]:
        """Ask once; None when AWS answers with one of the `absent` error codes.

        `must` names members without which an answer is not whole.
        """
        if action_of(service, operation) in self._left_out:
            return _gap(service, operation, region, LEFT_OUT)
        try:
            answer = self._asker.ask(Service(service, region), operation, params)
        except Trouble as trouble:
            if trouble.code in absent:
                return None
            return _gap(service, operation, region, trouble.code, trouble.detail)
        lacking = [name for name in must if name not in answer]
        if lacking:
            detail = f"the answer lacks {', '.join(lacking)}"
            return _gap(service, operation, region, "BadAnswer", detail)
        return answer

    def call(
        self, service: str, operation: str, *, region: str, must: Sequence[str] = (), **params: Any
    ) -> Observed[Answer]:
        """Ask once; what AWS refuses or spoils is Unobserved."""
        answer = self.find(service, operation, region=region, absent=(), must=must, **params)
        return answer if answer is not None else {}

    def pages(  # noqa: PLR0913 - most by keyword, with defaults
        self,
        service: str,
        operation: str,
        key: str,
        *,
        region: str,
        most: int | None = None,
        keep: Callable[[Answer], bool] = everything,
        **params: Any,
    ) -> Listed[Answer]:
        """Ask for all pages and join the lists under `key`; with "" give the pages themselves.

        Partial when a later page fails, when a token comes twice, or when there are more than
        `most` pages. A page without the key is not whole, but for a few lists that are left out
        when empty. What `keep` refuses is forgotten page by page.
        """
        items: list[Any] = []
        tokens: set[str] = set()
        must = (key,) if key and (service, operation) not in EMPTY_LEFT_OUT else ()
        most = most or self.limits.pages
        while True:
            answer = self.call(service, operation, region=region, must=must, **params)
            if isinstance(answer, Unobserved):
                return Partial(tuple(items), (answer,)) if tokens else answer
            items.extend(filter(keep, (answer.get(key) or ()) if key else (answer,)))
            name, token = _next_page(answer)
            wrong = _wrong_with(answer, token, tokens, most)
            if wrong:
                return Partial(tuple(items), (_gap(service, operation, region, wrong),))
            if not token:
                return tuple(items)
            tokens.add(token)
            params = {**params, name: token}

    def begin(self, ask: Callable[[], T]) -> Future[T]:
        """Ask in another thread; `ask` must not wait for others that were begun so."""
        return self._pool.submit(ask)

    def each(self, ask: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Ask about many items at once, answers in their order; `ask` must not call `each`."""
        return _results([self._pool.submit(ask, item) for item in items])

    def beside(self, *branches: Callable[[], T]) -> list[T]:
        """Run a few longer jobs beside each other, each of which may call `each`.

        Who interrupts the wait (a time limit, Ctrl-C) ends the scan for all of them.
        """
        threads = ThreadPoolExecutor(max(1, len(branches)), "collect")
        try:
            futures = [threads.submit(branch) for branch in branches]
            wait(futures)
        except BaseException:  # passed on; the jobs would otherwise be waited for to their end
            self._asker.end()
            raise
        finally:
            threads.shutdown()
        return _results(futures)

    def pause(self, seconds: float) -> None:
        """Sleep, unless the scan ends meanwhile."""
        self._asker.pause(seconds)

    def heed(self, enough: Callable[[], bool]) -> None:
        """From now on ask nothing more once `enough` says so: what is left to ask becomes a gap."""
        self._asker.heed(enough)

    def check(self) -> None:
        """Raise Stopped, CannotReach or Trouble when nothing more is to be asked."""
        self._asker.check()

    def give_up(self, why: CannotReach) -> None:
        """End the scan: the next question of every thread raises `why`."""
        self._asker.end(why)

    def close(self) -> None:
        """End the threads and the connections."""
        self._asker.end()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._wire.close()


def _next_page(answer: Answer) -> tuple[str, str]:
    """The request member that takes the token, and the token; empty texts on the last page.

    S3 repeats the token that it was given, also on the last page, which is not truncated.
    """
    if answer.get("IsTruncated") is False:
        return "", ""
    said = next((name for name in TOKENS if answer.get(name)), "")
    return (TOKENS[said], str(answer[said])) if said else ("", "")


def _gap(service: str, operation: str, region: str, error: str, detail: str = "") -> Unobserved:
    account_wide = service in GLOBAL or (service, operation) in ACCOUNT_WIDE
    where = "" if account_wide else region
    return Unobserved(action_of(service, operation), error, where, detail)


def _wrong_with(answer: Answer, token: str, tokens: set[str], most: int) -> str:
    """Name what keeps a list from being whole after this page; empty when nothing does."""
    if not token:
        return "BadAnswer" if answer.get("IsTruncated") else ""
    if token in tokens:
        return "RepeatedToken"
    return "OverCap" if len(tokens) + 1 >= most else ""


def _results(futures: list[Future[T]]) -> list[T]:
    """Wait for all; the first that raised speaks, and those not begun are cancelled."""
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
