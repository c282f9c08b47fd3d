"""Having one finding looked at again, and following that on its page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from posture.access import Scope, findings_of, scope_of
from posture.models import Finding
from posture.scans import NotVerifiableError, request_verification
from posture.web import second_look
from posture.web.doors import find, page, require


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def verification(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for a second look, or (for htmx) show how far it is; else lead to the finding.

    When the look is over htmx loads the whole page again, because all of it may have changed.
    """
    scope = require(request, "scan") if request.method == "POST" else scope_of(request)
    row = find(findings_of(scope).select_related("account"), pk, "finding")
    if request.method == "POST":
        return _asked(request, scope, row)
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(reverse("finding", args=[pk]))
    look = second_look.of(scope, row)
    if not look["active"]:
        return HttpResponseClientRefresh()
    return render(request, "findings/finding.html#look", {"finding": row, "look": look})


def _asked(request: HttpRequest, scope: Scope, row: Finding) -> HttpResponse:
    try:
        request_verification(finding=row, by=scope.user)
    except NotVerifiableError as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(f"{reverse('finding', args=[row.pk])}#look")
