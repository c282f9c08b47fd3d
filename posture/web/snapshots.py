"""What retention would remove of an organisation's snapshots, for those who answer for it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from posture import scans
from posture.access import scope_of
from posture.models import database_now
from posture.web.doors import page


@require_safe
@page("manage")
def snapshots(request: HttpRequest) -> HttpResponse:
    """Show the rules and what the next run would remove by them."""
    going = scans.removable(scope_of(request).organisation.pk, database_now())
    context = {
        "place": "snapshots",
        "going": going,
        "days": settings.SNAPSHOT_KEEP_DAYS,
        "newest": settings.SNAPSHOT_KEEP_NEWEST,
    }
    return render(request, "settings/snapshots.html", context)
