"""Inviting people: the open invitations, a new one, sending one again, withdrawing one."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from posture import mail, people
from posture.access import invitations_of, manages_own_transactions, scope_of, within
from posture.models import Invitation, database_now
from posture.web.doors import find, page
from posture.web.forms_people import InvitationForm
from posture.web.members import person_of

LISTED_AT_MOST = 200


@require_http_methods(["GET", "HEAD", "POST"])
@manages_own_transactions
@page("manage")
def invitations(request: HttpRequest) -> HttpResponse:
    """List the open invitations; POST invites somebody, and shows the link where no mail is sent."""
    scope = scope_of(request)
    if request.method != "POST":
        return _shown(request, InvitationForm(scope, initial={"role": "viewer"}))
    form = InvitationForm(scope, request.POST)
    with within(scope.organisation):
        valid = form.is_valid()
    if not valid:
        return _shown(request, form, status=400)
    try:
        sent = people.invite(
            organisation=scope.organisation,
            by=person_of(scope),
            link=lambda secret: _link(request, secret),
            **{name: form.cleaned_data[name] for name in ("email", "role", "accounts")},
        )
    except people.RefusedError as refusal:
        form.add_error(None, str(refusal))
        return _shown(request, form, status=400)
    return _shown(request, InvitationForm(scope, initial={"role": "viewer"}), sent=sent)


@require_POST
@manages_own_transactions
@page("manage")
def again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Send an invitation again, with a new link, or withdraw it."""
    scope = scope_of(request)
    with within(scope.organisation):
        row = find(invitations_of(scope), pk, "invitation")
    try:
        if request.POST.get("do") == "withdraw":
            return _withdrawn(request, row)
        sent = people.resend(
            organisation=scope.organisation,
            by=person_of(scope),
            invitation=row.pk,
            link=lambda secret: _link(request, secret),
        )
    except people.RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("invitations")
    return _shown(request, InvitationForm(scope, initial={"role": "viewer"}), sent=sent)


def _withdrawn(request: HttpRequest, row: Invitation) -> HttpResponse:
    scope = scope_of(request)
    with within(scope.organisation):
        people.withdraw(organisation=scope.organisation, by=person_of(scope), invitation=row.pk)
    messages.success(request, f"The invitation of {row.email} is withdrawn; its link is dead.")
    return redirect("invitations")


def _link(request: HttpRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[secret]))


def _shown(
    request: HttpRequest, form: InvitationForm, status: int = 200, **more: Any
) -> HttpResponse:
    scope = scope_of(request)
    with within(scope.organisation):
        rows = people.open_invitations(invitations_of(scope)).select_related("invited_by")
        rows = rows.annotate(named=Count("accounts")).order_by("-created_at", "pk")
        now = database_now()
        context = {
            "place": "people",
            "invitations": [
                {"row": row, "expired": row.expires_at <= now} for row in rows[:LISTED_AT_MOST]
            ],
            "form": form,
            "mail_is_on": mail.is_on(),
            **more,
        }
        return render(request, "settings/invitations.html", context, status=status)
