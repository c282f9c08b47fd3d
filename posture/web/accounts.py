"""Accounts: the list, worst first, and the page of one with its connection, schedule and coverage."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from posture import catalogue, connections
from posture.access import accounts_of, scans_of, scope_of
from posture.models import Account, ControlResult, Schedule
from posture.web import scans as scan_pages
from posture.web import standing
from posture.web.doors import find, page, require
from posture.web.forms import PRODUCTS, ScheduleForm
from posture.web.home import rows_of
from posture.web.paging import page_of
from posture.web.schedules import planned_of, said, saved, wants_to_look

PAGE = 50
SCANS_SHOWN = 8
BY_NAME = ("label", "id")
ORDER = {"not_assessed": 0, "fail": 1, "manual": 2, "pass": 3, "not_applicable": 4}


@require_safe
@page()
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts, worst first; those without a score come last."""
    scope = scope_of(request)
    after = request.GET.get("after", "")
    listed = page_of(standing.ranked(accounts_of(scope)), standing.WORST_FIRST, PAGE, after)
    pager = {
        "words": "Worst first",
        "first": "?" if after else "",
        "next": f"?after={listed.after}" if listed.after else "",
    }
    context = {"place": "accounts", "rows": rows_of(scope, listed.rows), "pager": pager}
    return render(request, "accounts/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def account(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one account; POST saves its schedule."""
    row = find(accounts_of(scope_of(request)), pk, "account")
    if request.method != "POST":
        return _shown(request, row, None)
    require(request, "connect")
    form = ScheduleForm(request.POST)
    if wants_to_look(request):
        return _shown(request, row, form)
    if form.is_valid() and saved(row, form, scope_of(request).user):
        messages.success(request, "The schedule is saved.")
        return redirect("account", row.pk)
    return _shown(request, row, form)


@require_POST
@page("connect")
def connection(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Pause or resume scanning, or disconnect the account."""
    scope = scope_of(request)
    row = find(accounts_of(scope), pk, "account")
    verb, words = VERBS.get(request.POST.get("do", ""), (None, ""))
    if verb is None:
        messages.error(request, "Say what to do: pause, resume or disconnect. Nothing was changed.")
    else:
        _done(request, row, verb, words)
    return redirect("account", row.pk)


def _done(request: HttpRequest, row: Account, verb: Callable[..., None], words: str) -> None:
    try:
        verb(account=row, by=scope_of(request).user)
    except connections.InvalidError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)


VERBS: dict[str, tuple[Callable[..., None], str]] = {
    "pause": (connections.pause, "Scanning is paused. What was found stays."),
    "resume": (connections.resume, "Scanning goes on with the next date of the schedule."),
    "disconnect": (
        connections.disconnect,
        "Disconnected. We forgot the role and its ExternalId; delete the role in AWS as well.",
    ),
}


def _shown(request: HttpRequest, row: Account, form: ScheduleForm | None) -> HttpResponse:
    scope = scope_of(request)
    schedule = Schedule.objects.filter(account=row).first()
    results = standing.results_for(scope, row)
    scans = scan_pages.listable(scans_of(scope).filter(account=row)).order_by("-queued_at", "id")
    context: dict[str, Any] = {
        "place": "accounts",
        "here": row,
        "schedule": schedule,
        "form": form or ScheduleForm(initial=said(schedule)),
        "planned": planned_of(row, form, schedule),
        "results": coverage_of(results),
        "scans": scan_pages.rows_of(scope, scans[:SCANS_SHOWN]),
        "products": _products(row),
        **_held(row),
        "stack_name": connections.STACK_NAME,
        **standing.notices_of(scope, row, results),
    }
    return render(
        request, "accounts/account.html", context, status=400 if form and form.errors else 200
    )


def coverage_of(results: list[ControlResult]) -> list[dict[str, Any]]:
    """Every control with its result: what was not seen first, then what fails."""
    rows = [
        {
            "result": one,
            "title": catalogue.described(one.control).title,
            "topic": catalogue.described(one.control).topic_title,
        }
        for one in results
    ]
    return sorted(rows, key=_order)


def _order(row: dict[str, Any]) -> tuple[int, int, str]:
    one = row["result"]
    harm = standing.SEVERITIES.index(one.severity) if one.severity in standing.SEVERITIES else 9
    return (ORDER[one.status], harm if one.status == "fail" else 0, one.control)


def _products(row: Account) -> list[str]:
    answered = row.profile.get("product_types") if isinstance(row.profile, dict) else None
    return [PRODUCTS.get(word, word) for word in answered or ()]


def _held(row: Account) -> dict[str, Any]:
    """How the role compares with the template of this version; nothing lacks while none is known."""
    asked = catalogue.actions()
    missing = sorted(set(asked) - set(row.role_actions)) if row.role_actions else []
    return {
        "template_version": catalogue.template_version(),
        "asked_actions": len(asked),
        "held_actions": len(asked) - len(missing),
        "missing_actions": missing,
    }
