"""Home: the account, if there is one; the worst account first, if there are several."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from posture.access import Scope, accounts_of, scope_of, scores_of
from posture.models import Account, Schedule
from posture.templatetags.charts import Point
from posture.web import standing
from posture.web.doors import as_id, find, page
from posture.web.standing import HISTORY_DAYS, SEVERITIES
from posture.web.todo import todo_of

WORST_AT_MOST = 10
BANDS = ((90, 100), (70, 89), (50, 69), (0, 49))


@require_safe
@page()
def home(request: HttpRequest) -> HttpResponse:
    """Show first run, one account's posture (`?account=` or the only one), or all accounts."""
    scope = scope_of(request)
    wanted = request.GET.get("account", "")
    if wanted:
        chosen = as_id(wanted)
        if chosen is None:
            message = "The account in the address is not one of ours."
            raise Http404(message)
        return _of_account(request, scope, find(accounts_of(scope), chosen, "account"))
    accounts = list(
        standing.ranked(accounts_of(scope)).order_by(*standing.WORST_FIRST)[: WORST_AT_MOST + 1]
    )
    if not accounts:
        return render(request, "home/first_run.html", {"place": "home"})
    if len(accounts) == 1:
        return _of_account(request, scope, accounts[0])
    return _of_organisation(request, scope, accounts[:WORST_AT_MOST])


def _of_account(request: HttpRequest, scope: Scope, account: Account) -> HttpResponse:
    results = standing.results_for(scope, account)
    points = standing.points_of(scope, account)
    notices = standing.notices_of(scope, account, results)
    moves = standing.moves_of(scope, account) if account.last_scan_id else []
    worst = standing.worst_per_control(scope, account)
    context: dict[str, Any] = {
        "place": "home",
        "here": account,
        "schedule": Schedule.objects.filter(account=account).first(),
        "points": points,
        "change": standing.change_of(points),
        "moves": moves,
        "todo": todo_of(account, worst, results, notices["unseen"]),
        "topics": standing.topics_of(account),
        "events": standing.events_of_account(scope, account),
        "open_findings": standing.open_of(account),
        "confirm": sum(one.status == "manual" for one in results),
        **notices,
    }
    return render(request, "home/account.html", context)


def _of_organisation(
    request: HttpRequest, scope: Scope, accounts: Sequence[Account]
) -> HttpResponse:
    worst = accounts[0] if accounts[0].score is not None else None
    context: dict[str, Any] = {
        "place": "home",
        "worst": worst,
        "bands": _bands(scope),
        "rows": rows_of(scope, accounts),
    }
    if worst is not None:
        results = standing.results_for(scope, worst)
        found = standing.worst_per_control(scope, worst)
        context["todo"] = todo_of(worst, found, results, standing.unseen_of(results))
        context["open_findings"] = standing.open_of(worst)
        context["todo_of"] = worst
    return render(request, "home/organisation.html", context)


def _bands(scope: Scope) -> list[dict[str, Any]]:
    """How many accounts score how well; the words are numbers, because a band is no verdict."""
    counts = accounts_of(scope).aggregate(
        none=Count("pk", filter=Q(score__isnull=True)),
        **{f"from_{low}": Count("pk", filter=Q(score__range=(low, high))) for low, high in BANDS},
    )
    rows = [{"title": f"{low}\u2013{high}", "count": counts[f"from_{low}"]} for low, high in BANDS]
    return [*rows, {"title": "No score", "count": counts["none"]}]


def rows_of(scope: Scope, accounts: Iterable[Account]) -> list[dict[str, Any]]:
    """Rows of the table of accounts, with the score line of each, in one query for all."""
    listed = list(accounts)
    since = timezone.now() - dt.timedelta(days=HISTORY_DAYS)
    lines: dict[Any, list[Point]] = defaultdict(list)
    points = scores_of(scope).filter(account__in=listed, at__gte=since).order_by("at", "pk")
    for point in points.values_list("account_id", "at", "score", "low", named=True):
        lines[point.account_id].append(point)  # hundreds of them: as models they take much longer
    runs = _next_runs(listed)
    return [_row(account, lines[account.pk], runs.get(account.pk)) for account in listed]


def _next_runs(accounts: Sequence[Account]) -> dict[uuid.UUID, dt.datetime | None]:
    """When the schedule starts the next scan of each account that is scanned at all."""
    scanned = [account for account in accounts if account.state == Account.State.CONNECTED]
    rows = Schedule.objects.filter(account__in=scanned)
    return dict(rows.values_list("account_id", "next_run"))


def _row(account: Account, points: list[Point], next_run: dt.datetime | None) -> dict[str, Any]:
    opened = {severity: standing.count_of(account, severity) for severity in SEVERITIES}
    found = [severity for severity in SEVERITIES if opened[severity]]
    rest = [f"{opened[severity]} {severity}" for severity in found[1:]]
    rest += [f"{account.not_assessed} not seen"] if account.not_assessed else []
    return {
        "account": account,
        "points": points,
        "next_run": next_run,
        "range": standing.range_of(account.score, account.score_low),
        "worst": found[0] if found else "",
        "worst_count": opened[found[0]] if found else 0,
        "rest": ", ".join(rest),
        "unseen": f"{account.not_assessed} not seen",
    }
