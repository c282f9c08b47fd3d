"""The catalogue of controls, the page of one, and how the score works."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from posture import catalogue
from posture.access import Scope, results_of, scope_of
from posture.models import ControlResult
from posture.web.doors import page
from posture.web.reads import reads

WORST_FIRST = ("fail", "not_assessed", "manual", "pass", "not_applicable")
ACCOUNTS_SHOWN = 50


@require_safe
@page()
def controls(request: HttpRequest) -> HttpResponse:
    """List the controls by topic, each with how it stands in the reader's accounts."""
    every = catalogue.controls()
    statuses = _statuses(results_of(scope_of(request)))
    topics = [
        {
            "code": code,
            "title": title,
            "rows": [_row(one, statuses[one.id]) for one in every if one.topic == code],
            "open": sum(statuses[one.id]["failing"] for one in every if one.topic == code),
        }
        for code, title in catalogue.topics().items()
    ]
    context = {
        "place": "controls",
        "count": len(every),
        "topics": [topic for topic in topics if topic["rows"]],
    }
    return render(request, "controls/list.html", context)


def rows_of_topic(scope: Scope, code: str) -> list[dict[str, Any]]:
    """Give the controls of one topic, each with how it stands in the reader's accounts."""
    mine = [one for one in catalogue.controls() if one.topic == code]
    statuses = _statuses(results_of(scope).filter(control__in=[one.id for one in mine]))
    return [_row(one, statuses[one.id]) for one in mine]


def _statuses(results: QuerySet[ControlResult]) -> dict[str, dict[str, int]]:
    """For each control how many accounts have which status, and how many resources fail."""
    counted = results.values("control", "status").order_by()
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in counted.annotate(accounts=Count("pk"), failing=Sum("failing")):
        found[row["control"]][row["status"]] += row["accounts"]
        found[row["control"]]["failing"] += row["failing"] or 0
    return found


def _row(control: catalogue.ControlPage, statuses: dict[str, int]) -> dict[str, Any]:
    """A control with its worst status in any account, and in how many accounts it has it."""
    status = next((one for one in WORST_FIRST if statuses.get(one)), "")
    accounts = sum(statuses.get(one, 0) for one in WORST_FIRST)
    words = f"{WORDS[status]} in {statuses[status]} of {accounts}" if accounts > 1 else ""
    if status == "fail":
        failing = statuses["failing"]
        words = f"{failing} failing" if accounts == 1 else f"{words} accounts, {failing} failing"
    return {"control": control, "status": status, "words": words}


WORDS = {
    "fail": "Fails",
    "not_assessed": "Not seen",
    "manual": "For you to confirm",
    "pass": "Passed",
    "not_applicable": "Not applicable",
}


@require_safe
@page()
def control(request: HttpRequest, control_id: str) -> HttpResponse:
    """Show one control: why, what it reads, and what the last scans say about it."""
    scope = scope_of(request)
    about = next((one for one in catalogue.controls() if one.id == control_id), None)
    if about is None:
        message = "There is no control of this name."
        raise Http404(message)
    results = results_of(scope).filter(control=control_id).select_related("account")
    listed = sorted(
        results.order_by("-failing", "-not_assessed", "account__label", "pk")[:ACCOUNTS_SHOWN],
        key=lambda one: WORST_FIRST.index(one.status),
    )
    context = {
        "place": "controls",
        "control": about,
        "remedy": _open_ended(about.remedy),
        "results": listed,
        "open_findings": sum(one.failing for one in listed),
    }
    return render(request, "controls/control.html", context)


def _open_ended(remedy: catalogue.Remedy) -> dict[str, Any]:
    """The remedy before it is filled: each name that a finding brings stands in brackets."""
    return {
        "summary": HOLE.sub(_hole, remedy.summary),
        "minutes": remedy.minutes,
        "breaks": [HOLE.sub(_hole, text) for text in remedy.breaks],
        "way_back": HOLE.sub(_hole, remedy.way_back),
    }


HOLE = re.compile(r"\[\[([a-z_]+)[^\]]*\]\]")


def _hole(found: re.Match[str]) -> str:
    return f"\u2039{found[1].replace('_', ' ')}\u203a"


@require_safe
@page()
def score_explained(request: HttpRequest) -> HttpResponse:
    """Explain the score, and what is read for it."""
    rules = catalogue.score_explained()
    shares = [
        {
            "severity": severity,
            "percent": percent,
            "most": rules.most[severity],
            "score": 100 - percent,
        }
        for severity, percent in rules.taken.items()
        if percent
    ]
    context = {"place": "", "rules": rules, "shares": shares, "reads": reads()}
    return render(request, "controls/score.html", context)
