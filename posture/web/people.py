"""Signing in and out, and the appearance that a person chose."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from posture.entrance import sessions
from posture.models import User
from posture.web.context import THEMES

A_YEAR = 365 * 24 * 3600


class SignIn(LoginView):  # type: ignore[misc] # allauth has no types
    """Sign in with email and password; allauth gives the same answer for every wrong pair."""

    template_name = "sign_in.html"
    http_method_names = ("get", "head", "post")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Forget a `next` that leads elsewhere, or that is no address: allauth would fail over it."""
        for given in ("GET", "POST"):
            words = getattr(request, given)
            if "next" in words and not is_ours(request, words["next"]):
                kept = words.copy()
                del kept["next"]
                setattr(request, given, kept)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: LoginForm) -> HttpResponse:
        """Let in; somebody who left gets the answer that a wrong password gets."""
        if not form.user.is_active:
            form.add_error(None, get_adapter().validation_error("email_password_mismatch"))
            refused: HttpResponse = self.form_invalid(form)
            return refused
        self.request.session.cycle_key()  # whoever knew the id before knows it no longer
        answer: HttpResponse = super().form_valid(form)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Leave out allauth's links to pages that we do not have; tell where there is nobody yet."""
        context: dict[str, Any] = super(LoginView, self).get_context_data(**kwargs)
        context["is_new"] = self.request.method == "GET" and not User.objects.exists()
        return context


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, or what was begun of one, and go to the sign-in page."""
    if request.session.session_key:
        sessions.forget(request.session.session_key)
    logout(request)
    return redirect("sign_in")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark in a cookie, or forget it for the system's choice; then go back."""
    response = redirect(_way_back(request))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            "theme",
            theme,
            max_age=A_YEAR,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


def _way_back(request: HttpRequest) -> str:
    """The page the form was on; anything that leads elsewhere becomes the home page."""
    there = request.POST.get("next", "")
    return there if is_ours(request, there) else "/"


def is_ours(request: HttpRequest, address: str) -> bool:
    """Whether it is a path on this host; False too for what cannot be read as an address."""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return safe and address.startswith("/")
