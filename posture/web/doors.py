"""Who gets a page: people who are signed in, within their organisation and by their role."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from posture.access import Scope, Verb, may, scope_of

Params = ParamSpec("Params")
Row = TypeVar("Row", bound=Model)

View = Callable[Concatenate[HttpRequest, Params], HttpResponse]


def page(verb: Verb = "read") -> Callable[[View[Params]], View[Params]]:
    """Let only members in who may do `verb`; others are asked to sign in, or refused.

    The answer belongs to one organisation, so no cache may keep it.
    """

    def decorate(view: View[Params]) -> View[Params]:
        @wraps(view)
        def guarded(
            request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponse:
            if not request.user.is_authenticated:
                return asked_to_sign_in(request)
            if must_use(request):
                return led_to(request, "sso", f"?{urlencode({'name': must_use(request)})}")
            if enrols(request):
                return led_to(request, "you")
            require(request, verb)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return decorate


def asked_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page; as a whole page, also where htmx asked for a part of one."""
    there = redirect_to_login(request.get_full_path(), reverse("sign_in"))
    return HttpResponseClientRedirect(there.url) if "HX-Request" in request.headers else there


def enrols(request: HttpRequest) -> bool:
    """Whether who asks has to set up a second factor before anything else."""
    scope = getattr(request, "scope", None)
    return isinstance(scope, Scope) and scope.enrols


def must_use(request: HttpRequest) -> str:
    """The provider by which alone who asks may come in, and did not."""
    scope = getattr(request, "scope", None)
    return scope.must_use if isinstance(scope, Scope) else ""


def led_to(request: HttpRequest, name: str, query: str = "") -> HttpResponse:
    """Lead to another page, as a whole page."""
    there = reverse(name) + query
    return HttpResponseClientRedirect(there) if "HX-Request" in request.headers else redirect(there)


def require(request: HttpRequest, verb: Verb) -> Scope:
    """Give the scope of the request; raises PermissionDenied, in words, when it lacks `verb`."""
    scope = scope_of(request)
    if not may(scope, verb):
        limit = "" if scope.account_ids is None else ", and you may see some of its accounts only"
        message = f"{REFUSALS[verb]} Your role in {scope.organisation.name} is {scope.role}{limit}."
        raise PermissionDenied(message)
    return scope


REFUSALS: dict[Verb, str] = {
    "read": "You may not see this page.",
    "triage": "Changing findings and tickets needs the role analyst, admin or owner.",
    "scan": "Starting and cancelling scans needs the role analyst, admin or owner.",
    "connect": "Connecting accounts and changing schedules needs the role admin or owner.",
    "manage": "People, API tokens, the audit log and what is kept of scans are for admins and owners.",
}


def find(rows: QuerySet[Row], pk: uuid.UUID, what: str) -> Row:
    """Give the row with this id out of those that may be seen; others do not exist (404)."""
    row = rows.filter(pk=pk).first()
    if row is None:
        message = f"There is no such {what}, or it is not in your organisation."
        raise Http404(message)
    return row


def as_id(text: str) -> uuid.UUID | None:
    """Give an id out of a query string; None when the text is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
