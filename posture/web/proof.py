"""Pages about oneself: signed in is enough, and for changes a proof that is fresh."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from posture.entrance.providers import Vouched, vouched
from posture.models import User
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

    Those who have neither prove it with the provider that let them in. A form that was sent is not
    kept meanwhile: it may hold a new password.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        ways = get_adapter().get_reauthentication_methods(request.user)
        said = by_provider(request)
        if said is not None and not ways:
            if said.is_fresh():
                return view(request, *args, **kwargs)
            return _led(request, reverse("sso"), name=said.slug, next=request.path)
        if did_recently_reauthenticate(request) if ways else _came_just_now(request):
            return view(request, *args, **kwargs)
        if not ways:
            raise PermissionDenied(NO_WAY)
        return _led(request, ways[0]["url"], next=request.path)

    return guarded


def proven_oneself(view: View) -> View:
    """Like `proven`, for what belongs to the person and not to an organisation.

    The word of an organisation's provider does not do: its administrators could make themselves a
    password for people of other organisations.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if by_provider(request) and not get_adapter().get_reauthentication_methods(request.user):
            raise PermissionDenied(NOT_BY_PROVIDER)
        answer: HttpResponse = proven(view)(request, *args, **kwargs)
        return answer

    return guarded


def _came_just_now(request: HttpRequest) -> bool:
    """Whether a link let them in, for whom there is nothing else to prove who they are."""
    user = request.user
    records = get_authentication_records(request, user) if isinstance(user, User) else []
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(one.get("reauthenticated") and one["at"] > since for one in records)


NO_WAY = (
    "You came by a link more than 10 minutes ago, and have neither password nor second factor here "
    "by which you could prove that this is you. Set a password by mail from the sign-in page, or "
    "ask whoever runs this installation for another link."
)
NOT_BY_PROVIDER = (
    "You came by single sign-on, and have no password here by which you could prove that this is "
    "you. Sign out, and set a password by mail from the sign-in page first."
)


def by_provider(request: HttpRequest) -> Vouched | None:
    """Return what a provider said when this session began; None where nobody else vouched."""
    user = request.user
    return vouched(request.session, user) if isinstance(user, User) else None


def _led(request: HttpRequest, where: str, **words: str) -> HttpResponse:
    there = f"{where}?{urlencode(words)}"
    htmx = "HX-Request" in request.headers
    return HttpResponseClientRedirect(there) if htmx else HttpResponseRedirect(there)
