"""The identity providers of an organisation: the list, making, changing and testing one."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from posture.access import Scope, manages_own_transactions, providers_of, scope_of, within
from posture.entrance import providers as verbs
from posture.models import IdentityProvider, Role, User
from posture.templatetags.names import visible
from posture.web.doors import find, page
from posture.web.forms_sso import ProviderForm
from posture.web.proof import proven
from posture.web.sso import TEST, led

LISTED_AT_MOST = 100
TAKEN = "Another single sign-on has this name in its address. Choose another."


@require_safe
@page("manage")
def providers(request: HttpRequest) -> HttpResponse:
    """List the providers, and how many people each knows."""
    rows = providers_of(scope_of(request)).annotate(known=Count("subjects"))
    rows = rows.order_by("-active", "name", "pk")[:LISTED_AT_MOST]
    context = {"place": "providers", "providers": rows, "is_owner": _is_owner(request)}
    return render(request, "settings/sso.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
@proven
def new_provider(request: HttpRequest) -> HttpResponse:
    """Make a provider."""
    scope = _owner(request)
    company = slugify(scope.organisation.name)[:30].strip("-") or "company"
    start = {"slug": f"{company}-{secrets.token_hex(2)}", "active": True}
    form = ProviderForm(request.POST or None, initial=start)
    if form.is_valid():
        try:
            row = verbs.create(
                organisation=scope.organisation, by=_user(request), **form.cleaned_data
            )
        except verbs.TakenError:
            form.add_error("slug", TAKEN)
        else:
            messages.success(
                request, "Saved. Enter the redirect URL at the provider, then test it."
            )
            return redirect("provider", row.pk)
    return _shown(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
@proven
def provider(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a provider with what has to be entered there; POST changes it."""
    row = find(providers_of(_owner(request)), pk, "single sign-on")
    start: dict[str, object] = {name: visible(getattr(row, name)) for name in SHOWN}
    start |= {"domains": ", ".join(row.domains), "active": row.active, "required": row.required}
    form = ProviderForm(request.POST or None, initial=start, row=row)
    if form.is_valid():
        try:
            forgotten = verbs.change(provider=row, by=_user(request), **form.cleaned_data)
        except verbs.TakenError:
            form.add_error("slug", TAKEN)
        else:
            messages.success(request, f"Saved.{FORGOTTEN if forgotten else ''}")
            return redirect("provider", row.pk)
    return _shown(request, form, row)


SHOWN = ("name", "slug", "issuer", "client_id")
FORGOTTEN = " It is another provider now, so everybody is found by their address once more."


def _shown(request: HttpRequest, form: ProviderForm, row: IdentityProvider | None) -> HttpResponse:
    context: dict[str, Any] = {"place": "providers", "form": form, "provider": row}
    context["base_url"] = settings.BASE_URL
    if row is not None:
        context["callback"] = verbs.callback_url(row)
        context["begin"] = settings.BASE_URL + reverse("sso_begin", args=[row.slug])
    status = 400 if form.errors else 200
    return render(request, "settings/sso_provider.html", context, status=status)


@require_safe
@manages_own_transactions
@page("manage")
def provider_test(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Lead to the provider, and back to a page that says what it brought."""
    scope = scope_of(request)
    with within(scope.organisation):
        row = find(providers_of(scope), pk, "single sign-on")
    return led(request, row, TEST)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _owner(request: HttpRequest) -> Scope:
    """Give the scope of an owner; an admin who chose a provider could come in as an owner by it."""
    scope = scope_of(request)
    if scope.role != Role.OWNER:
        message = f"Only owners add and change single sign-on. Your role in {scope.organisation.name} is {scope.role}."
        raise PermissionDenied(message)
    return scope


def _is_owner(request: HttpRequest) -> bool:
    return scope_of(request).role == Role.OWNER
