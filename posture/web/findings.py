"""The findings list: grouped by control or flat, with every choice in the URL."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from posture import catalogue
from posture.access import Scope, accounts_of, findings_of, scope_of, waivers_of
from posture.models import Account, Finding, SeverityChoice
from posture.templatetags.marks import WORDS
from posture.templatetags.names import account_number, clipped
from posture.web import filters
from posture.web.doors import as_id, page
from posture.web.paging import counted, page_of

PAGE = 50
SHOWN_OF_GROUP = 10
GROUPED_AT_MOST = 1_000
REGIONS_AT_MOST = 60
ACCOUNTS_AT_MOST = 200

SORTS: Mapping[str, tuple[str, ...]] = {
    "severity": ("severity_rank", "-last_changed", "id"),
    "points": ("-points", "severity_rank", "id"),
    "age": ("first_seen", "id"),
    "changed": ("-last_changed", "id"),
}
GROUP_SORTS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "severity": lambda group: (group["worst"], -group["points"], group["control"]),
    "points": lambda group: (-group["points"], group["worst"], group["control"]),
    "age": lambda group: (group["oldest"], group["control"]),
    "changed": lambda group: (-group["newest"].timestamp(), group["control"]),
}


class Grouped(NamedTuple):
    """What a group is told from."""

    control: str
    account_id: uuid.UUID
    severity_rank: int
    control_points: int
    first_seen: dt.datetime
    last_changed: dt.datetime


HEAVY = ("evidence", "values", "fingerprint", "content")
"""Columns that no list prints."""


@require_safe
@page()
def findings(request: HttpRequest) -> HttpResponse:
    """List findings by the filters of the URL, grouped by control unless `view=flat`."""
    scope = scope_of(request)
    chosen = filters.read(request.GET)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "severity"
    flat = request.GET.get("view") == "flat"
    rows = filters.narrowed(filters.marked(findings_of(scope)), chosen)
    names = _names(scope)
    kept = {"view": "flat" if flat else "", "sort": sort if sort != "severity" else ""}
    context: dict[str, Any] = {
        "place": "findings",
        "filters": chosen,
        "names": names,
        "fields": _fields(chosen, _offered(scope, names)),
        "chips": filters.chips(chosen, names, **kept),
        "clear": filters.Filters().url(**kept),
        "back": chosen.url() if chosen.any else "",
        "here": _only_account(scope, chosen),
        "views": [
            ("Grouped", chosen.url(sort=kept["sort"]), not flat),
            ("Flat", chosen.url(view="flat", sort=kept["sort"]), flat),
        ],
        "sorts": {name: (chosen.url(view=kept["view"], sort=name), name == sort) for name in SORTS},
        "kept": {name: value for name, value in kept.items() if value},
        "several_accounts": len(names["account"]) > 1,
        "grouped_at_most": GROUPED_AT_MOST,
    }
    context |= (
        _flat(rows, chosen, sort, request.GET.get("after", ""))
        if flat
        else _grouped(rows, chosen, sort, request.GET.get("open"))
    )
    return render(request, "findings/list.html", context)


def _flat(
    rows: QuerySet[Finding], chosen: filters.Filters, sort: str, after: str
) -> dict[str, Any]:
    """One page of findings, each a row."""
    listed = page_of(_for_list(rows), SORTS[sort], PAGE, after)
    way = {"view": "flat", "sort": sort}
    pager = {
        "words": "Points are what the score gains if this alone were fixed",
        "next": chosen.url(**way, after=listed.after) if listed.after else "",
        "first": chosen.url(**way) if after else "",
    }
    return {"rows": listed.rows, "pager": pager, "total": counted(rows)[1]}


def _for_list(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    return rows.select_related("account", "ticket").defer(*HEAVY, "account__topics")


def _grouped(
    rows: QuerySet[Finding], chosen: filters.Filters, sort: str, opened: str | None
) -> dict[str, Any]:
    """One row per control, and the first findings of the group that is open.

    Only so many findings are grouped, the first in the order that was chosen: counting a million
    for a page would take seconds, and nobody reads past the first hundreds.
    """
    first = list(rows.order_by(*SORTS[sort]).values_list(*Grouped._fields)[: GROUPED_AT_MOST + 1])
    of: dict[str, list[Grouped]] = defaultdict(list)
    for row in first[:GROUPED_AT_MOST]:
        of[row[0]].append(Grouped(*row))
    groups = sorted((_group(some) for some in of.values()), key=GROUP_SORTS[sort])
    named = [group["control"] for group in groups]
    showing = named[0] if opened is None and named else opened if opened in named else ""
    inside = _inside(rows, showing) if showing else []
    for group in groups:
        is_open = group["control"] == showing
        group["open"] = is_open
        group["rows"] = inside if is_open else []
        group["more"] = group["resources"] - len(inside) if is_open else 0
        group["all"] = replace(chosen, control=(group["control"],)).url(view="flat")
        group["toggle"] = chosen.url(sort=sort, open="none" if is_open else group["control"])
    cut = len(first) > GROUPED_AT_MOST
    total = f"more than {GROUPED_AT_MOST:,}" if cut else f"{len(first)}"
    return {"groups": groups, "grouped": True, "cut": cut, "total": total}


def _inside(rows: QuerySet[Finding], control: str) -> list[Finding]:
    of_control = _for_list(rows.filter(control=control))
    return list(of_control.order_by(*SORTS["severity"])[:SHOWN_OF_GROUP])


def _group(some: Sequence[Grouped]) -> dict[str, Any]:
    """What the page says of the findings of one control."""
    about = catalogue.described(some[0].control)
    worst = min(one.severity_rank for one in some)
    return {
        "control": some[0].control,
        "worst": worst,
        "resources": len(some),
        "accounts": len({one.account_id for one in some}),
        "points": max(one.control_points for one in some),
        "oldest": min(one.first_seen for one in some),
        "newest": max(one.last_changed for one in some),
        "severity": list(SeverityChoice)[worst].value,
        "title": about.title,
        "topic_title": about.topic_title,
    }


def _names(scope: Scope) -> dict[str, dict[str, str]]:
    """How the words of each facet read; a facet that is not here takes any word."""
    accounts = accounts_of(scope).order_by("label", "pk").values_list("pk", "label", "aws_account")
    return {
        "severity": {word: word.capitalize() for word in filters.SEVERITIES},
        "state": {word: WORDS[word] for word in filters.STATES},
        "topic": catalogue.topics(),
        "account": {
            str(pk): f"{clipped(label, 40)} ({account_number(number)})"
            for pk, label, number in accounts[:ACCOUNTS_AT_MOST]
        },
        "control": {one.id: one.id for one in catalogue.controls()},
    }


def _offered(scope: Scope, names: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The words worth choosing: "Waived" only while a waiver is in force."""
    now = Now()
    if waivers_of(scope).filter(starts_at__lte=now, ends_at__gt=now).exists():
        return names
    states = {word: name for word, name in names["state"].items() if word != "waived"}
    return names | {"state": states}


def _fields(
    chosen: filters.Filters, names: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """The choices of the form; what the URL combines stays one choice, so nothing is lost."""
    anything = {"state": "Unresolved", "account": "Any", "severity": "Any"}
    fields = []
    for facet in ("severity", "state", "topic", "account"):
        words = getattr(chosen, facet)
        options = [(word, name, words == (word,)) for word, name in names[facet].items()]
        if len(words) > 1 or (words and words[0] not in names[facet]):
            texts = [names[facet].get(word, word) for word in words]
            options.append((",".join(words), ", ".join(texts), True))
        first = ("", anything.get(facet, "Any"), not words)
        field = {"name": facet, "label": filters.LABELS[facet], "options": [first, *options]}
        if facet != "account" or len(options) > 1:
            fields.append(field)
    return fields


def _only_account(scope: Scope, chosen: filters.Filters) -> Account | None:
    """The account that the list is narrowed to, for the switcher."""
    ids = [as_id(word) for word in chosen.account]
    if len(ids) != 1 or ids[0] is None:
        return None
    return accounts_of(scope).filter(pk=ids[0]).first()
