"""Words that every part of the scanner shares: severities, statuses, topics and "not seen"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")

HOME_REGION = "us-east-1"
"""Catalog, Commerce Analytics, entitlement and product topics live here (controls.md 1.8)."""


class Severity(StrEnum):
    """How bad a failing control is if true; the order of members is the order of harm."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for critical, 4 for info: smaller is worse."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Status(StrEnum):
    """What a control says about one resource (controls.md 1.1)."""

    PASS = "pass"
    FAIL = "fail"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASSESSED = "not_assessed"


class Topic(StrEnum):
    """The eight topics of the Seller Guide's security page; the value is the folder name."""

    AMMP = "ammp"
    SELL = "sell"
    CAS = "cas"
    PSC = "psc"
    SQS = "sqs"
    MTR = "mtr"
    AMI = "ami"
    CT = "ct"

    @property
    def title(self) -> str:  # type: ignore[override]  # nobody wants str.title of a code
        """The topic's name as sellers read it."""
        return TOPIC_TITLES[self]


TOPIC_TITLES = {
    Topic.AMMP: "Management Portal access",
    Topic.SELL: "Seller policies",
    Topic.CAS: "Commerce Analytics",
    Topic.PSC: "Support Connection",
    Topic.SQS: "Amazon SQS",
    Topic.MTR: "Metering and entitlement",
    Topic.AMI: "AMI policies",
    Topic.CT: "CloudTrail logging",
}


REFUSALS = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
    "UnauthorizedOperation", "403",
})  # fmt: skip
"""Codes with which services of AWS say that the caller lacks a right."""


@dataclass(frozen=True, slots=True)
class Unobserved:
    """A fact that AWS would not tell: the IAM action that was missing, the error, and where."""

    action: str
    error: str
    region: str = ""
    detail: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether AWS refused the call, so that a right of the role would show it."""
        return bool(self.action) and self.error in REFUSALS

    def sentence(self) -> str:
        """One sentence for people: what could not be read, where, and why."""
        place = f" in {self.region}" if self.region else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.action or 'A fact'} could not be read{place}: {self.error}{detail}."


@dataclass(frozen=True, slots=True)
class Partial(Generic[T_co]):
    """A list that was cut or capped: it can prove a fail, never a pass."""

    items: tuple[T_co, ...]
    why: tuple[Unobserved, ...]


Observed: TypeAlias = T | Unobserved
Listed: TypeAlias = tuple[T, ...] | Partial[T] | Unobserved


class NotSeen(Exception):
    """Raised by `known` and `complete`; the control runner turns it into not_assessed."""

    def __init__(self, *gaps: Unobserved) -> None:
        super().__init__(" ".join(gap.sentence() for gap in gaps))
        self.gaps = gaps


def known(value: T | Unobserved) -> T:
    """Give the fact itself; raises NotSeen when it was not observed."""
    if isinstance(value, Unobserved):
        raise NotSeen(value)
    return value


def complete(listed: tuple[T, ...] | Partial[T] | Unobserved) -> tuple[T, ...]:
    """Give the whole list; raises NotSeen when any part of it was not observed."""
    missing = gaps(listed)
    if missing:
        raise NotSeen(*missing)
    return seen(listed)


def seen(listed: tuple[T, ...] | Partial[T] | Unobserved) -> tuple[T, ...]:
    """Give the items that were read, be the list whole or not; nothing when it was refused."""
    if isinstance(listed, Unobserved):
        return ()
    return listed.items if isinstance(listed, Partial) else listed


def gaps(listed: object) -> tuple[Unobserved, ...]:
    """Say what is missing of a fact or list; empty when all of it was read."""
    if isinstance(listed, Unobserved):
        return (listed,)
    return listed.why if isinstance(listed, Partial) else ()


def derived(
    listed: tuple[T, ...] | Partial[T] | Unobserved, give: Callable[[T], Iterable[U]]
) -> tuple[U, ...] | Partial[U] | Unobserved:
    """Make a list from what `give` makes of each item (none, one or more), with the same gaps."""
    if isinstance(listed, Unobserved):
        return listed
    items = tuple(new for item in seen(listed) for new in give(item))
    return Partial(items, listed.why) if isinstance(listed, Partial) else items


def merged(
    *lists: tuple[T, ...] | Partial[T] | Unobserved,
) -> tuple[T, ...] | Partial[T] | Unobserved:
    """Join lists: whole only if all are; one list that was refused leaves the others' items."""
    why = tuple(gap for one in lists for gap in gaps(one))
    items = tuple(item for one in lists for item in seen(one))
    if not why:
        return items
    if len(lists) == 1 and isinstance(lists[0], Unobserved):
        return lists[0]
    return Partial(items, why)
