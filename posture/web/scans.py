"""Scans: the list, starting one, and the page that follows one while it runs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from posture.access import Scope, accounts_of, scans_of, scope_of
from posture.models import MAX_ATTEMPTS, Account, Scan
from posture.models.leased import LeaseState
from posture.scans import (
    NotConnectedError,
    ScanOverError,
    WaitsFor,
    cancel_scan,
    request_scan,
    slots_full,
    waits_for,
)
from posture.templatetags.marks import WORDS
from posture.web.ceilings import ceilings_of
from posture.web.doors import as_id, find, page
from posture.web.paging import page_of

PAGE = 50
SLOW_AFTER_SECONDS = 60
NEWEST_FIRST = ("-queued_at", "id")
RECORDED = (LeaseState.DONE, LeaseState.PARTIAL)
READ = ("read", "gaps", "failed")
PHASES = {
    "connecting": "assuming the role",
    "reading": "reading",
    "judging": "judging what was read",
    "recording": "recording the result",
}
TRIGGERS = {"schedule": "the schedule", "api": "the API", "manual": "somebody", "first": "somebody"}
FAILURES = {
    "worker_lost": "The worker was lost",
    "too_long": "It took too long",
    "internal": "A fault of ours",
    "snapshot_not_kept": "The snapshot could not be kept",
    "clock": "The clock of our worker is wrong",
    "not_connected": "The account is not connected",
    "role_refused": "AWS refused the role",
    "wrong_external_id": "The ExternalId does not fit",
    "wrong_arn": "The role ARN is none",
    "wrong_account": "The role is in another account",
    "denied_by_organization": "A policy of the AWS organization refused us",
    "unreachable": "AWS could not be reached",
    "throttled": "AWS asked us to slow down",
    "unwell": "AWS had a fault of its own",
    "refused": "AWS refused us",
    "secret_unreadable": "The ExternalId could not be opened",
    "region_disabled": "STS is switched off in the region",
    "session_policy_too_large": "AWS found our session policy too large",
    "credentials_expired": "The credentials ended during the scan",
    "own_credentials_missing": "Our scanner has no credentials",
    "own_credentials_invalid": "AWS does not know our scanner",
    "own_credentials_expired": "The credentials of our scanner have expired",
}
WAITING = {
    WaitsFor.RETRY: "waiting for the next try",
    WaitsFor.SLOT: "waiting for a free slot of your organisation",
    WaitsFor.WORKER: "waiting for a worker",
}


@require_safe
@page()
def scans(request: HttpRequest) -> HttpResponse:
    """List scans, newest first; `?account=` narrows it to one account."""
    scope = scope_of(request)
    wanted = request.GET.get("account", "")
    chosen = as_id(wanted) if wanted else None
    here = find(accounts_of(scope), chosen or uuid.UUID(int=0), "account") if wanted else None
    rows = scans_of(scope).filter(account=here) if here else scans_of(scope)
    after = request.GET.get("after", "")
    listed = page_of(listable(rows), NEWEST_FIRST, PAGE, after)
    way = f"?account={here.pk}&" if here else "?"
    pager = {
        "words": "Newest first",
        "first": way[:-1] or "?" if after else "",
        "next": f"{way}after={listed.after}" if listed.after else "",
    }
    context: dict[str, Any] = {
        "place": "scans",
        "here": here,
        "scans": rows_of(scope, listed.rows),
        "pager": pager,
    }
    return render(request, "scans/list.html", context)


def listable(rows: QuerySet[Scan]) -> QuerySet[Scan]:
    """Load what a row of the list prints."""
    return rows.select_related("account", "requested_by").defer("account__topics")


def rows_of(scope: Scope, scans: Iterable[Scan]) -> list[dict[str, Any]]:
    """Rows of the list of scans; whether the organisation's slots are full is asked once for all."""
    full = slots_full(scope.organisation)
    return [_row(scan, full) for scan in scans]


def _row(scan: Scan, full: bool) -> dict[str, Any]:  # noqa: FBT001 - private, one caller
    took = scan.finished_at - scan.started_at if scan.finished_at and scan.started_at else None
    counts = scan.counts if isinstance(scan.counts, dict) else {}
    words = [
        f"{counts[name]} {name}" for name in ("opened", "resolved", "reopened") if counts.get(name)
    ]
    nothing = "no change" if scan.state in RECORDED else ""
    return {
        "scan": scan,
        "took": took,
        "waits": _waits(scan, full),
        "changes": ", ".join(words) or nothing,
        "asked": asker(scan),
    }


def _waits(scan: Scan, full: bool) -> str:  # noqa: FBT001 - private
    """What a scan waits for or ends for, in words; nothing when it just runs or is over."""
    if scan.is_active and scan.cancel_requested_at:
        return "being cancelled"
    reason = waits_for(scan, full=full)
    return WAITING[reason] if reason else ""


def asker(scan: Scan) -> str:
    """Who or what asked for the scan."""
    return str(scan.requested_by) if scan.requested_by else TRIGGERS.get(scan.trigger, scan.trigger)


@require_safe
@page()
def scan(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a scan; to htmx only the part that changes while it runs.

    The part polls as long as it comes back with its trigger, which is while the scan is active.
    """
    scope = scope_of(request)
    rows = scans_of(scope).select_related("account", "requested_by")
    row = find(rows, pk, "scan")
    live = live_of(row, full=slots_full(scope.organisation))
    context = {"place": "scans", "here": row.account, "scan": row, "live": live}
    asked_by_htmx = request.headers.get("HX-Request") == "true"
    template = "scans/scan.html#progress" if asked_by_htmx else "scans/scan.html"
    return render(request, template, context)


def live_of(row: Scan, *, full: bool) -> dict[str, Any]:
    """What the live page prints of a scan, running or over; `full`: no slot is free for it."""
    progress = row.progress if isinstance(row.progress, dict) else {}
    rows = _in_order([one for one in progress.get("services", []) if isinstance(one, dict)])
    read = sum(one.get("state") in READ for one in rows)
    ends = row.finished_at or timezone.now()
    waited = (timezone.now() - row.queued_at).total_seconds()
    return {
        "active": row.is_active,
        "recorded": row.state in RECORDED,
        "rows": rows,
        "read": read,
        "read_note": _states(rows),
        "calls": progress.get("calls", 0),
        "denied": progress.get("denied", 0),
        "throttled": progress.get("throttled", 0),
        **ceilings_of(progress),
        "elapsed": ends - row.started_at if row.started_at else None,
        "waits_for": waits_for(row, full=full),
        "phase": _waits(row, full) or _phase(row, str(progress.get("phase", ""))),
        "next_attempt": row.attempt + 1,
        "attempts": MAX_ATTEMPTS,
        "asked": f"Asked by {asker(row)}",
        "failure": FAILURES.get(row.reason_code, "The scan failed"),
        "before": FAILURES.get(row.reason_code, "The worker before was lost, nothing else was"),
        "slow": waits_for(row, full=full) == WaitsFor.WORKER and waited > SLOW_AFTER_SECONDS,
        "told": _told(row, read, len(rows)),
    }


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the regions of a service together, services in the order in which they began."""
    services = list(dict.fromkeys(one.get("service") for one in rows))
    return sorted(rows, key=lambda one: services.index(one.get("service")))


def _phase(row: Scan, phase: str) -> str:
    return PHASES.get(phase, phase) if row.is_active else "in all"


def _states(rows: list[dict[str, Any]]) -> str:
    states = [one.get("state") for one in rows]
    words = ((states.count(name), name) for name in ("reading", "waiting", "gaps", "failed"))
    named = {"gaps": "with gaps"}
    return ", ".join(f"{count} {named.get(name, name)}" for count, name in words if count)


def _told(row: Scan, read: int, of: int) -> str:
    """One sentence for screen readers, in quarters, so that it is not spoken every two seconds."""
    if not row.is_active:
        return f"Scan over: {WORDS.get(row.state, row.state)}."
    quarters = (4 * read // of) if of else 0
    return f"Scan {WORDS[row.state].lower()}: {('none', 'a quarter', 'half', 'three quarters', 'all')[quarters]} of the services read."


@require_POST
@page("scan")
def start(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Start a scan of the account and go to its page; one that is active already is shown."""
    scope = scope_of(request)
    account = find(accounts_of(scope), pk, "account")
    return started(request, scope, account, Scan.Trigger.MANUAL)


def started(request: HttpRequest, scope: Scope, account: Account, trigger: str) -> HttpResponse:
    """Request a scan; where the account cannot be scanned, say why on its page."""
    try:
        row, created = request_scan(account=account, by=scope.user, trigger=trigger)
    except NotConnectedError as refusal:
        messages.error(request, str(refusal))
        return redirect("account", account.pk)
    if not created:
        messages.info(request, "A scan of this account was already on its way; this is it.")
    return HttpResponseRedirect(reverse("scan", args=[row.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@page("scan")
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask whether a scan is to be cancelled; POST cancels it and shows it."""
    scope = scope_of(request)
    row = find(scans_of(scope).select_related("account"), pk, "scan")
    if request.method != "POST":
        context = {"place": "scans", "here": row.account, "scan": row}
        return render(request, "scans/cancel.html", context)
    try:
        now = cancel_scan(scan=row, by=scope.user)
    except ScanOverError as refusal:
        messages.error(request, str(refusal))
    else:
        ends = "It ends within seconds." if now.is_active else "It is cancelled."
        messages.success(request, ends)
    return redirect("scan", row.pk)
