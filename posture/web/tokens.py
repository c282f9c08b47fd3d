"""API tokens: the list, making one (shown once), revoking one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from posture.access import scope_of, tokens_of
from posture.tokens import issue
from posture.tokens import revoke as revoke_token
from posture.web.doors import find, page
from posture.web.forms import TokenForm

LISTED_AT_MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens; POST makes one and shows its text in the answer, this once."""
    if request.method != "POST":
        return _shown(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _shown(request, form, status=400)
    scope = scope_of(request)
    networks = [one.strip() for one in form.cleaned_data["networks"].split(",") if one.strip()]
    try:
        row, secret = issue(
            organisation=scope.organisation,
            by=scope.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            networks=networks,
            days=form.cleaned_data["days"],
        )
    except ValueError as refusal:
        form.add_error("networks", f"{refusal}.".replace("..", "."))
        return _shown(request, form, status=400)
    return _shown(request, TokenForm(), created=row, secret=secret)


def _shown(request: HttpRequest, form: TokenForm, status: int = 200, **more: Any) -> HttpResponse:
    now = timezone.now()
    rows = tokens_of(scope_of(request)).order_by("-enabled", "-created_at", "pk")
    listed = [
        {"row": row, "usable": row.enabled and row.expires_at > now}
        for row in rows[:LISTED_AT_MOST]
    ]
    context = {"place": "tokens", "tokens": listed, "form": form, **more}
    return render(request, "settings/tokens.html", context, status=status)


@require_POST
@page("manage")
def revoke(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Revoke a token: the next request with it is refused."""
    scope = scope_of(request)
    row = find(tokens_of(scope), pk, "token")
    revoke_token(token=row, by=scope.user)
    messages.success(request, f"The token {row.name} is revoked. Requests with it are refused now.")
    return redirect("tokens")
