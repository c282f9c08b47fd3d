"""API tokens by service account: the list, making, rotating (each shown once) and revoking them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from posture import tokens as verbs
from posture.access import scope_of, service_accounts_of, tokens_of
from posture.models import ApiToken
from posture.web.doors import find, page
from posture.web.forms_tokens import RotationForm, ServiceAccountForm, TokenForm

LISTED_AT_MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@page("manage")
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens; POST makes one and shows its text in the answer, this once."""
    scope = scope_of(request)
    if request.method != "POST":
        return _shown(request)
    form = TokenForm(scope, request.POST)
    if not form.is_valid():
        return _shown(request, form=form, status=400)
    networks = [one.strip() for one in form.cleaned_data["networks"].split(",") if one.strip()]
    try:
        row, secret = verbs.issue(
            organisation=scope.organisation,
            by=scope.user,
            accounts=form.cleaned_data["accounts"] or (),
            networks=networks,
            pk=form.cleaned_data["once"],
            **{name: form.cleaned_data[name] for name in ("name", "scopes", "days", "owner")},
        )
    except verbs.MadeAlreadyError:
        return _made_already(request)
    except ValueError as refusal:
        form.add_error("networks" if "network" in str(refusal) else None, str(refusal))
        return _shown(request, form=form, status=400)
    return _shown(request, created=row, secret=secret)


@require_POST
@page("manage")
def token(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Revoke a token, so that the next request with it is refused; or rotate it (`do=rotate`)."""
    row = find(tokens_of(scope_of(request)), pk, "token")
    if request.POST.get("do") == "rotate":
        return _rotated(request, row)
    verbs.revoke(token=row, by=scope_of(request).user)
    messages.success(request, f"The token {row.name} is revoked. Requests with it are refused now.")
    return redirect("tokens")


def _rotated(request: HttpRequest, row: ApiToken) -> HttpResponse:
    form = RotationForm(request.POST)
    if not form.is_valid():
        refused = f"Let both tokens work for 0 to {verbs.LONGEST_OVERLAP_HOURS} hours."
        return _shown(request, refused=refused, status=400)
    try:
        new, secret = verbs.rotate(
            token=row,
            by=scope_of(request).user,
            overlap_hours=form.cleaned_data["overlap_hours"],
            pk=form.cleaned_data["once"],
        )
    except verbs.MadeAlreadyError:
        return _made_already(request)
    except ValueError as refusal:
        return _shown(request, refused=str(refusal), status=400)
    return _shown(request, created=new, secret=secret, old=new.replaces)


def _made_already(request: HttpRequest) -> HttpResponse:
    messages.info(request, "This token was made already; its text was shown once.")
    return redirect("tokens")


@require_POST
@page("manage")
def new_service_account(request: HttpRequest) -> HttpResponse:
    """Make a service account, for tokens to belong to."""
    scope = scope_of(request)
    form = ServiceAccountForm(request.POST)
    if not form.is_valid():
        return _shown(request, new_form=form, status=400)
    try:
        row = verbs.make_service_account(
            organisation=scope.organisation, by=scope.user, **form.cleaned_data
        )
    except ValueError as refusal:
        form.add_error("name", str(refusal))
        return _shown(request, new_form=form, status=400)
    messages.success(request, f"The service account {row.name} is there. Make a token for it.")
    return redirect("tokens")


@require_POST
@page("manage")
def service_account(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Disable a service account with all of its tokens at once, or enable it again."""
    scope = scope_of(request)
    row = find(service_accounts_of(scope), pk, "service account")
    active = request.POST.get("do") == "enable"
    verbs.allow_service_account(service_account=row, by=scope.user, active=active)
    done = "enabled" if row.active else "disabled. Requests with its tokens are refused now"
    messages.success(request, f"The service account {row.name} is {done}.")
    return redirect("tokens")


def _shown(
    request: HttpRequest,
    *,
    form: TokenForm | None = None,
    new_form: ServiceAccountForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    scope = scope_of(request)
    context = {
        "place": "tokens",
        "owners": _by_owner(request),
        "form": form or TokenForm(scope),
        "new_form": new_form or ServiceAccountForm(auto_id="id_new_%s"),
        "longest_overlap": verbs.LONGEST_OVERLAP_HOURS,
        "usual_overlap": verbs.DEFAULT_OVERLAP_HOURS,
        **more,
    }
    return render(request, "settings/tokens.html", context, status=status)


def _by_owner(request: HttpRequest) -> list[dict[str, Any]]:
    """Every service account with its newest tokens; those that are disabled come last."""
    scope, now = scope_of(request), timezone.now()
    rows = tokens_of(scope).select_related("successor").annotate(named=Count("accounts"))
    of: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for row in rows.order_by("-enabled", "-created_at", "pk")[:LISTED_AT_MOST]:
        usable = row.enabled and row.expires_at > now
        rotated = getattr(row, "successor", None) is not None
        told = {"row": row, "usable": usable, "rotated": rotated, "once": uuid.uuid4()}
        of.setdefault(row.service_account_id, []).append(told)
    owners = service_accounts_of(scope).order_by("-active", "name", "pk")[:LISTED_AT_MOST]
    return [{"row": owner, "tokens": of.get(owner.pk, [])} for owner in owners]
