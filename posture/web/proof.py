"""Pages about oneself: signed in is enough, and for changes a proof that is fresh."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from posture.web.doors import asked_to_sign_in

View = Callable[..., HttpResponse]

form = require_http_methods(["GET", "HEAD", "POST"])
"""For pages with a form, outermost: allauth's views would take a PUT for a POST."""


def own(view: View) -> View:
    """Let everybody in who is signed in, also those who must set up a second factor first."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return asked_to_sign_in(request)
        response = view(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def proven(view: View) -> View:
    """Ask who sits there for the password or a factor, unless that was proved within 10 minutes.

    A form that was sent is not kept meanwhile: it may hold a new password.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        ways = get_adapter().get_reauthentication_methods(request.user)
        there = f"{ways[0]['url']}?{urlencode({'next': request.path})}"
        htmx = "HX-Request" in request.headers
        return HttpResponseClientRedirect(there) if htmx else HttpResponseRedirect(there)

    return guarded
