"""What an organisation asks of its members when they sign in."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from posture.access import members_of, scope_of
from posture.entrance import factors
from posture.web.doors import page
from posture.web.proof import proven


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
def security(request: HttpRequest) -> HttpResponse:
    """Show whether a second factor is required, and of how many that asks something; POST sets it."""
    return _set(request) if request.method == "POST" else _shown(request)


def _shown(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request)
    context = {
        "place": "security",
        "required": scope.organisation.requires_second_factor,
        "members": members_of(scope).count(),
        "without": factors.without_factor(scope.organisation),
        "has_own": scope.user is not None and factors.has_second_factor(scope.user),
    }
    return render(request, "settings/security.html", context)


@proven
def _set(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request)
    required = request.POST.get("required") == "yes"
    if scope.user is None:
        raise PermissionDenied
    try:
        changed = factors.require(organisation=scope.organisation, by=scope.user, required=required)
    except factors.NoFactorError as refusal:
        messages.error(request, str(refusal))
    else:
        if changed:
            messages.success(request, REQUIRED if required else NOT_REQUIRED)
    return redirect("security")


REQUIRED = "A second factor is required now. Members without one set it up with their next click."
NOT_REQUIRED = "A second factor is not required any more."
