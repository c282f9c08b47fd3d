"""Verifying the audit log: every chain from its first event to its head, and heads kept elsewhere."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from posture.models import AuditEvent, AuditHead
from posture.models.audit import BEGINNING, seal
from posture.models.crossing import all_organisations
from posture.models.tenancy import within

AT_A_TIME = 500


class Link(NamedTuple):
    """An event's number and hash; number 0 stands for the beginning of a chain."""

    number: int
    hash: str


START = Link(0, BEGINNING)


class Verified(NamedTuple):
    """The end of an organisation's chain, or the first number that is broken and why."""

    organisation: uuid.UUID
    head: Link
    broken: int | None = None
    why: str = ""


class NoHeadsError(ValueError):
    """A file of heads has a line that is none; the message says which."""


def read_heads(lines: Iterable[str]) -> dict[uuid.UUID, Link]:
    """Read lines of organisation, number and hash, as `verify_audit` prints them; NoHeadsError."""
    heads = {}
    for at, line in enumerate(lines, start=1):
        try:
            organisation, number, digest = line.split()
            heads[uuid.UUID(organisation)] = Link(int(number), digest)
        except ValueError as error:
            message = f"Line {at} is not an organisation, a number and a hash."
            raise NoHeadsError(message) from error
    return heads


def verify_all(
    *, only: uuid.UUID | None = None, kept: Mapping[uuid.UUID, Link] | None = None
) -> Iterator[Verified]:
    """Verify one organisation or all of them, one at a time; and against heads `kept` earlier.

    A kept head of an organisation that is not there any more counts as broken.
    """
    heads = kept or {}
    known = all_organisations()
    for organisation in known:
        if only in {None, organisation}:
            yield verify(organisation, heads.get(organisation, START))
    for gone in [one for one in heads if one not in known and only in {None, one}]:
        yield Verified(gone, START, 1, "the organisation is not there any more")


def verify(organisation: uuid.UUID, kept: Link = START) -> Verified:
    """Verify one chain in constant memory; `kept` is its head at some earlier time."""
    with within(organisation):
        row = AuditHead.objects.first()
        head = Link(row.number, row.hash) if row is not None else START
        events = AuditEvent.objects.filter(number__lte=head.number).order_by("number")
        beyond = AuditEvent.objects.filter(number__gt=head.number).order_by("number").first()
        fault = first_fault(events.iterator(chunk_size=AT_A_TIME), head, kept)
    if fault is None and beyond is not None:
        fault = Fault(beyond.number, f"it is there, but the head is event {head.number}")
    if fault is None:
        return Verified(organisation, head)
    return Verified(organisation, head, fault.number, fault.why)


class Fault(NamedTuple):
    """The first number of a chain that is broken, and why."""

    number: int
    why: str


def first_fault(events: Iterable[AuditEvent], head: Link, kept: Link = START) -> Fault | None:
    """Follow a chain, given in its order, to its head; None when every link holds."""
    last = START
    for event in events:
        why = _fault(event, last) or _contradicts(event, kept)
        if why:
            return Fault(min(last.number + 1, event.number), why)
        last = Link(event.number, event.hash)
    if last.number < kept.number:
        why = f"it is missing, although event {kept.number} was there when heads were kept"
        return Fault(last.number + 1, why)
    if head != last:
        return Fault(last.number + 1, f"it is missing, although the head is event {head.number}")
    return None


def _fault(event: AuditEvent, last: Link) -> str:
    if event.number != last.number + 1:
        return f"it is missing, the next one is event {event.number}"
    if event.previous_hash != last.hash:
        return "it does not follow the event before it"
    if event.hash != seal(event):
        return "it is not what was recorded"
    return ""


def _contradicts(event: AuditEvent, kept: Link) -> str:
    same = event.number != kept.number or event.hash == kept.hash
    return "" if same else "it has another hash than when heads were kept"
