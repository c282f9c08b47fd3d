"""The filters of the findings list: read from the URL, applied to rows, shown as chips."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.http import QueryDict

from posture import catalogue
from posture.models import Account, Finding, SeverityChoice, Ticket, Waiver
from posture.models.searching import below, holding, waived_now
from posture.web.doors import as_id

SEVERITIES = tuple(one.value for one in SeverityChoice if one != SeverityChoice.INFO)
RANKS = {one.value: rank for rank, one in enumerate(SeverityChoice)}
STATES = ("open", "in_progress", "waived", "resolved")
UNRESOLVED = ("open", "in_progress")
FACETS = ("severity", "state", "topic", "account", "control", "region")
TEXT_AT_MOST = 2_048
VALUES_AT_MOST = 40
NAMED_AT_MOST = 10_000
"""Findings that the key of a ticket, or the number of an account, is found for."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a findings list is narrowed to; every part is empty or a tuple of words from the URL.

    No state means open and in progress, without what is waived. A word that a facet does not know
    matches nothing, because ignoring it would show more than was asked for.
    """

    severity: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    q: str = ""

    @property
    def any(self) -> bool:
        """Whether anything narrows the list."""
        return self != Filters()

    def values(self) -> dict[str, str]:
        """The filters as they stand in a URL: facet to comma-separated words."""
        words = {facet: ",".join(getattr(self, facet)) for facet in FACETS}
        return {name: value for name, value in (words | {"q": self.q}).items() if value}

    def without(self, facet: str) -> Filters:
        """The same filters with one facet (or q) taken away."""
        kept = {name: getattr(self, name) for name in FACETS if name != facet}
        return Filters(**kept, q="" if facet == "q" else self.q)

    def url(self, **more: str) -> str:
        """The query string, with the question mark, of these filters and what else is given."""
        words = {name: value for name, value in (self.values() | more).items() if value}
        return f"?{urlencode(words)}"


def read(query: QueryDict | Mapping[str, str]) -> Filters:
    """Read filters from a URL; several words stand in one parameter, or the parameter repeats."""
    found = {facet: _words(query, facet) for facet in FACETS}
    q = str(query.get("q", "")).replace("\x00", "").strip()[:TEXT_AT_MOST]
    return Filters(**found, q=q)


def _words(query: QueryDict | Mapping[str, str], facet: str) -> tuple[str, ...]:
    given = query.getlist(facet) if isinstance(query, QueryDict) else [query.get(facet, "")]
    words = (word.replace("\x00", "").strip() for text in given for word in text.split(","))
    return tuple(dict.fromkeys(word for word in words if word))[:VALUES_AT_MOST]


def marked(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    """Annotate findings with `is_waived`: whether a waiver on them is in force now."""
    waivers = Waiver.objects.filter(
        Q(resource="") | Q(resource=OuterRef("resource")),
        account_id=OuterRef("account_id"),
        control=OuterRef("control"),
        starts_at__lte=Now(),
        ends_at__gt=Now(),
    )
    return rows.annotate(is_waived=Exists(waivers))


def narrowed(rows: QuerySet[Finding], filters: Filters) -> QuerySet[Finding]:
    """Give the findings (annotated by `marked`) that the filters let through."""
    rows = rows.filter(_in_state(filters.state or UNRESOLVED))
    if filters.severity:
        # by rank, because that is what the index of the list begins with
        ranks = [RANKS[word] for word in filters.severity if word in RANKS]
        rows = rows.filter(severity_rank__in=ranks)
    for facet in ("topic", "region"):
        words = getattr(filters, facet)
        if words:
            rows = rows.filter(**{f"{facet}__in": words})
    if filters.control:
        rows = rows.filter(control__in=[word.upper() for word in filters.control])
    if filters.account:
        ids = [as_id(word) for word in filters.account]
        rows = rows.filter(account_id__in=[one for one in ids if one])
    return rows.filter(_said(filters.q)) if filters.q else rows


def _in_state(words: tuple[str, ...]) -> Q:
    if words == ("waived",):
        return Q(state__in=UNRESOLVED) & waived_now()
    kept = [word for word in words if word in UNRESOLVED]
    wanted = Q(state__in=kept, is_waived=False) if kept else Q(pk__in=())
    if "waived" in words:
        wanted |= Q(state__in=UNRESOLVED, is_waived=True)
    return wanted | Q(state="resolved") if "resolved" in words else wanted


def _said(q: str) -> Q:
    """Findings about a pasted ARN, or that hold a text in name, control, title, ticket or account."""
    if q.startswith("arn:"):
        return below(q)
    controls = [
        one.id
        for one in catalogue.controls()
        if q.casefold() in one.title.casefold() or q.upper() == one.id
    ]
    said = holding(q, also=[*_in_ticket(q), *_in_account(q.replace("-", ""))])
    return said | Q(control__in=controls) if controls else said


def _in_ticket(key: str) -> list[uuid.UUID]:
    tickets = Ticket.objects.filter(key__iexact=key)
    return list(tickets.values_list("finding_id", flat=True)[:NAMED_AT_MOST])


def _in_account(digits: str) -> list[uuid.UUID]:
    if not digits.isdecimal():
        return []
    accounts = Account.objects.filter(aws_account=digits).values_list("pk", flat=True)
    rows = Finding.objects.filter(account__in=list(accounts))
    return list(rows.values_list("pk", flat=True)[:NAMED_AT_MOST])


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is on: its facet, its words for people, and the URL without it."""

    facet: str
    words: str
    url: str
    unknown: bool = False


def chips(filters: Filters, names: Mapping[str, Mapping[str, str]], **more: str) -> list[Chip]:
    """Give a chip for each facet that is on; `names` says how words read (facet, word, name)."""
    found = []
    for facet, value in filters.values().items():
        words = [value] if facet == "q" else list(getattr(filters, facet))
        known = names.get(facet)
        unknown = [word for word in words if known is not None and word not in known]
        texts = [(known or {}).get(word, word) for word in words]
        away = filters.without(facet).url(**more)
        found.append(Chip(LABELS[facet], ", ".join(texts), away, unknown=bool(unknown)))
    return found


LABELS = {
    "severity": "Severity",
    "state": "State",
    "topic": "Topic",
    "account": "Account",
    "control": "Control",
    "region": "Region",
    "q": "Text",
}


def after(rows: QuerySet[Finding], row: Finding) -> QuerySet[Finding]:
    """Give the findings that come after `row` in the order of the list: worst, then newest."""
    beyond = Q(severity_rank__gt=row.severity_rank)
    beyond |= Q(severity_rank=row.severity_rank, last_changed__lt=row.last_changed)
    beyond |= Q(severity_rank=row.severity_rank, last_changed=row.last_changed, pk__gt=row.pk)
    ordered = rows.order_by("severity_rank", "-last_changed", "pk")
    return ordered.filter(beyond, severity_rank__gte=row.severity_rank)
