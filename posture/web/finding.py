"""The page of one finding: what was seen, why it matters, how to fix it, what happened since."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from posture import catalogue
from posture.access import (
    Scope,
    accounts_of,
    events_of,
    findings_of,
    results_of,
    scope_of,
    waivers_of,
)
from posture.models import Finding, Ticket, Waiver
from posture.templatetags.names import visible
from posture.tickets import link_ticket, unlink_ticket
from posture.web import evidence, filters, history, second_look
from posture.web.doors import find, page, require
from posture.web.findings import HEAVY
from posture.web.forms import TicketForm

HISTORY_AT_MOST = 50
OTHERS_AT_MOST = 8
FORM_TITLES = {
    "console": ("Console", ""),
    "cli": ("CLI", "AWS CLI"),
    "cloudformation": ("CloudFormation", "YAML"),
    "terraform": ("Terraform", "HCL"),
}


@require_safe
@page()
def finding(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one finding; the query string is the list it was reached from."""
    scope = scope_of(request)
    row = find(_with_relations(scope), pk, "finding")
    return _shown(request, scope, row, TicketForm(initial=_said(row)))


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def ticket(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Link the finding to a ticket in somebody's tracker, or unlink it.

    A refused form leaves this address in the browser; asked for again, it leads to the finding.
    """
    if request.method != "POST":
        return HttpResponseRedirect(reverse("finding", args=[pk]))
    scope = require(request, "triage")
    row = find(_with_relations(scope), pk, "finding")
    if request.POST.get("do") == "unlink":
        unlink_ticket(finding=row, by_user=scope.user)
        return HttpResponseRedirect(reverse("finding", args=[pk]))
    form = TicketForm(request.POST)
    if not form.is_valid():
        return _shown(request, scope, row, form, status=400)
    known = _ticket(row)
    same = known is not None and (known.system, known.key) == (
        form.cleaned_data["system"],
        form.cleaned_data["key"],
    )
    status = known.status if known and same else ""
    link_ticket(finding=row, by_user=scope.user, status=status, **form.cleaned_data)
    return HttpResponseRedirect(reverse("finding", args=[pk]))


def _with_relations(scope: Scope) -> QuerySet[Finding]:
    return findings_of(scope).select_related("account", "ticket")


def _shown(
    request: HttpRequest, scope: Scope, row: Finding, form: TicketForm, status: int = 200
) -> HttpResponse:
    chosen = filters.read(request.GET)
    account = row.account
    waiver = _waiver(scope, row)
    gain = row.points if row.is_open and waiver is None else 0
    remedy = catalogue.remedy_for(row)
    context: dict[str, Any] = {
        "place": "findings",
        "here": account,
        "finding": row,
        "resolved": f"Resolved: {history.RESOLUTIONS[row.resolution]}"
        if row.resolution in history.RESOLUTIONS
        else "Resolved",
        "title": row.reasons[0].removesuffix(".") if row.reasons else row.control,
        "control": catalogue.described(row.control),
        "result": results_of(scope).filter(account=account, control=row.control).first(),
        "excerpts": evidence.excerpts(row.evidence),
        "facts": evidence.facts(row.evidence),
        "remedy": remedy,
        "forms": _forms(remedy),
        "gain": gain,
        "after_fix": min(100, (account.score or 0) + gain),
        "siblings": _siblings(scope, row).count(),
        "waiver": waiver,
        "ticket": _ticket(row),
        "form": form,
        "look": second_look.of(scope, row),
        "others": _others(scope, row),
        "history": [history.told(event) for event in _events(scope, row)],
        "next": _next(scope, row, chosen),
        "back": chosen.url() if chosen.any else "",
        "several_accounts": accounts_of(scope).count() > 1,
    }
    return render(request, "findings/finding.html", context, status=status)


def _ticket(row: Finding) -> Ticket | None:
    return getattr(row, "ticket", None)


def _said(row: Finding) -> dict[str, str]:
    """What the form starts with: the ticket as it is, with nothing in it that cannot be seen."""
    known = _ticket(row)
    return {name: visible(getattr(known, name)) for name in TicketForm.base_fields} if known else {}


def _forms(remedy: catalogue.Remedy) -> list[dict[str, Any]]:
    """The fix in its four forms; one that does not exist says why."""
    without = dict(remedy.without)
    return [
        {
            "title": title,
            "head": head,
            "steps": remedy.console if name == "console" else (),
            "text": "" if name == "console" else getattr(remedy, name),
            "without": without.get(name, ""),
        }
        for name, (title, head) in FORM_TITLES.items()
    ]


def _waiver(scope: Scope, row: Finding) -> Waiver | None:
    in_force = waivers_of(scope).filter(
        account_id=row.account_id,
        control=row.control,
        resource__in=("", row.resource),
        starts_at__lte=Now(),
        ends_at__gt=Now(),
    )
    return in_force.select_related("owner").order_by("-ends_at").first()


def _siblings(scope: Scope, row: Finding) -> QuerySet[Finding]:
    """Unresolved findings of the same control in the same account, this one included."""
    same = findings_of(scope).filter(account_id=row.account_id, control=row.control)
    return same.filter(state__in=filters.UNRESOLVED)


def _others(scope: Scope, row: Finding) -> list[Finding]:
    same = findings_of(scope).filter(account_id=row.account_id, resource=row.resource)
    rest = filters.marked(same.exclude(pk=row.pk)).defer(*HEAVY)
    return list(rest.order_by("severity_rank", "control")[:OTHERS_AT_MOST])


def _events(scope: Scope, row: Finding) -> Any:
    events = events_of(scope).filter(finding=row).select_related("by_user", "by_token")
    return events.order_by("-sequence")[:HISTORY_AT_MOST]


def _next(scope: Scope, row: Finding, chosen: filters.Filters) -> Finding | None:
    """The finding after this one in the list it was reached from, worst first."""
    rows = filters.narrowed(filters.marked(findings_of(scope)), chosen)
    return filters.after(rows, row).only("pk").first()
