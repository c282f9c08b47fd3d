"""The page that an invitation's link leads to, for people inside and outside."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from posture import people
from posture.access import manages_own_transactions
from posture.models import Organisation, User
from posture.web.forms_people import NewPersonForm
from posture.web.proof import by_provider


@require_http_methods(["GET", "HEAD", "POST"])
@manages_own_transactions
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what the link offers; POST accepts it. No cache keeps the answer."""
    try:
        offer = people.offered(secret=secret)
        response = _answered(request, secret, offer)
    except people.GoneError:
        response = render(request, "joining/gone.html", status=404)
    response["Cache-Control"] = "no-store"
    return response


def _answered(request: HttpRequest, secret: str, offer: people.Offer) -> HttpResponse:
    if not isinstance(request.user, User):
        return _as_new(request, secret, offer)
    said = by_provider(request)
    if said is not None and said.organisation != offer.organisation.pk:
        return render(request, "joining/by_provider.html", status=403)
    if request.method != "POST" and request.user.email == offer.invitation.email:
        return render(request, "joining/join.html", {"offer": offer})
    if request.method != "POST":
        return render(request, "joining/other.html", status=403)
    try:
        organisation = people.join(secret=secret, user=request.user)
    except people.RefusedError:
        return render(request, "joining/other.html", status=403)
    return _inside(request, organisation)


def _as_new(request: HttpRequest, secret: str, offer: people.Offer) -> HttpResponse:
    """Offer signing in, and a form for somebody new; both to everybody, whoever has the address."""
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = people.join_as_new(secret=secret, **form.cleaned_data)
        except ValidationError as weak:
            form.add_error("password", weak)
        except people.RefusedError as refusal:
            form.add_error(None, str(refusal))
        else:
            get_adapter().login(request, user)
            return _inside(request, offer.organisation)
    context = {"offer": offer, "form": form}
    return render(request, "joining/new.html", context, status=400 if form.errors else 200)


def _inside(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    request.session["organisation"] = str(organisation.pk)
    messages.success(request, f"You are a member of {organisation.name} now.")
    return redirect("home")
