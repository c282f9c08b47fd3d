"""Which of a person's organisations they look at: kept in the session, never read from an address."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from posture.access import organisations_of, scope_of
from posture.web.doors import as_id, page
from posture.web.members import person_of


@require_POST
@page()
def choose(request: HttpRequest) -> HttpResponse:
    """Look at another organisation from now on, and go to its home page."""
    wanted = as_id(request.POST.get("organisation", ""))
    if wanted not in organisations_of(person_of(scope_of(request))):
        message = "There is no such organisation, or you do not belong to it."
        raise Http404(message)
    request.session["organisation"] = str(wanted)
    return redirect("home")
