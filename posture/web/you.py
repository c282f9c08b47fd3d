"""The page about oneself: password, second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.password_change import finalize_password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as codes_flows
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from posture.entrance import sessions
from posture.entrance.noting import noted
from posture.models import User
from posture.web.entrance import options
from posture.web.forms_entrance import FirstCode, NewPasskey, NewPassword
from posture.web.proof import by_provider, form, own, proven_oneself
from posture.web.qr import squares

APP = "authenticator app"
SHOWN_UNTIL = "codes_shown_until"
SHOWN_SECONDS = 600
"""How long the session that made recovery codes may see and download them."""


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _noted(done: str, request: HttpRequest, factor: str) -> AbstractContextManager[None]:
    """Tell the audit log that a factor is added or removed in the block."""
    user = _user(request)
    return noted(f"person.factor_{done}", user, by=user, after={"factor": factor})


def _factors(request: HttpRequest) -> list[Authenticator]:
    rows = Authenticator.objects.filter(user=_user(request)).order_by("created_at", "pk")
    return list(rows[:100])


@require_safe
@own
def you(request: HttpRequest) -> HttpResponse:
    """Show how one signs in, and where one is signed in."""
    rows = _factors(request)
    kinds = Authenticator.Type
    codes = next((one for one in rows if one.type == kinds.RECOVERY_CODES), None)
    context = {
        "place": "you",
        "person": _user(request),
        "app": next((one for one in rows if one.type == kinds.TOTP), None),
        "passkeys": [
            {"row": one, "name": one.wrap().name} for one in rows if one.type == kinds.WEBAUTHN
        ],
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": None if by_provider(request) else _sessions(request),
    }
    return render(request, "you/you.html", context)


def _sessions(request: HttpRequest) -> list[sessions.Place]:
    return sessions.of(_user(request), request.session.session_key)


class Password(account.PasswordSetView):  # type: ignore[misc] # allauth has no types
    """A new password; all other sessions end, and this one gets a new id."""

    template_name = "you/password.html"
    form_class = NewPassword

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve those who have a password too: who sits there was proved just now."""
        answer: HttpResponse = super(account.PasswordSetView, self).dispatch(
            request, *args, **kwargs
        )
        return answer

    def form_valid(self, form: NewPassword) -> HttpResponse:
        """Change it."""
        here = self.request.session.session_key
        with noted("person.password_changed", form.user, by=form.user):
            form.save()
            sessions.end_all(user=form.user, but=here)
        finalize_password_set(self.request, form.user)
        sessions.forget(str(here))  # it has another key by now
        return redirect("you")


class App(totp.ActivateTOTPView):  # type: ignore[misc] # allauth has no types
    """Set up an authenticator app: a picture and a text for it, and its first code for us."""

    template_name = "you/app.html"
    form_class = FirstCode

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Draw the picture ourselves: allauth's is a data: address, which our policy refuses."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return {**context, "qr": squares(context["totp_url"]), "groups": groups}

    def form_valid(self, form: FirstCode) -> HttpResponse:
        """Set it up."""
        with _noted("added", self.request, APP):
            answer: HttpResponse = super().form_valid(form)
        return answer

    def get_success_url(self) -> str:
        """Show the recovery codes where there are new ones."""
        return _after(self.request, new_codes=self.did_generate_recovery_codes)


class AppRemoval(totp.DeactivateTOTPView):  # type: ignore[misc] # allauth has no types
    """Remove the authenticator app."""

    template_name = "you/removal.html"
    extra_context = {"what": f"the {APP}"}

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it."""
        with _noted("removed", self.request, APP):
            answer: HttpResponse = super().form_valid(form)
        return answer


class AddPasskey(passkey.AddWebAuthnView):  # type: ignore[misc] # allauth has no types
    """Add a passkey; the browser asks for it."""

    template_name = "you/passkey.html"
    form_class = NewPasskey

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the browser for whom, and which passkeys there are."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "options": options(context, "creation_options")}

    def form_valid(self, form: NewPasskey) -> HttpResponse:
        """Add it."""
        with _noted("added", self.request, f"passkey {form.cleaned_data['name']}"):
            answer: HttpResponse = super().form_valid(form)
        return answer

    def get_success_url(self) -> str:
        """Show the recovery codes where there are new ones."""
        return _after(self.request, new_codes=self.did_generate_recovery_codes)


class PasskeyRemoval(passkey.RemoveWebAuthnView):  # type: ignore[misc] # allauth has no types
    """Remove a passkey of one's own; those of others do not exist."""

    template_name = "you/removal.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name it."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "what": f"the passkey {self.object.wrap().name}"}

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it."""
        with _noted("removed", self.request, f"passkey {self.object.wrap().name}"):
            answer: HttpResponse = super().form_valid(form)
        return answer


password = form(own(proven_oneself(Password.as_view())))
app = form(own(proven_oneself(App.as_view())))
app_removal = form(own(proven_oneself(AppRemoval.as_view())))
add_passkey = form(own(proven_oneself(AddPasskey.as_view())))
passkey_removal = form(own(proven_oneself(PasskeyRemoval.as_view())))


def _after(request: HttpRequest, *, new_codes: bool) -> str:
    if not new_codes:
        return reverse("you")
    request.session[SHOWN_UNTIL] = time.time() + SHOWN_SECONDS
    return reverse("mfa_view_recovery_codes")


def _codes(request: HttpRequest) -> list[str] | None:
    """The codes that are left, for the session that made them just now; None for any other."""
    if time.time() > request.session.get(SHOWN_UNTIL, 0):
        return None
    rows = (one for one in _factors(request) if one.type == Authenticator.Type.RECOVERY_CODES)
    row = next(rows, None)
    return row.wrap().get_unused_codes() if row else None


@form
@own
@proven_oneself
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show codes that were made just now; POST makes new ones, and the old ones end."""
    if request.method == "POST":
        if not codes_flows.can_generate_recovery_codes(_user(request)):
            messages.error(request, "Set up an authenticator app or a passkey first.")
            return redirect("you")
        with noted("person.codes_made", _user(request), by=_user(request)):
            codes_flows.generate_recovery_codes(request)
        return redirect(_after(request, new_codes=True))
    return render(request, "you/codes.html", {"codes": _codes(request)})


@require_safe
@own
@proven_oneself
def recovery_codes_file(request: HttpRequest) -> HttpResponse:
    """Give the codes that were made just now as a text file."""
    codes = _codes(request)
    if codes is None:
        message = "Recovery codes are shown once. Make new ones to download them."
        raise Http404(message)
    lines = ["Recovery codes for Seller Posture, each works once:", *codes, ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


NOT_OTHER_SESSIONS = (
    "You came by single sign-on, which speaks for one organisation only. Sign in with a password "
    "or passkey of your own to see and end your other sessions."
)


def _check_own_sign_in(request: HttpRequest) -> None:
    """Refuse a session that a provider began: the others may be for other organisations."""
    if by_provider(request):
        raise PermissionDenied(NOT_OTHER_SESSIONS)


@require_POST
@own
def other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    _check_own_sign_in(request)
    ended = sessions.end_others(user=_user(request), but=request.session.session_key)
    messages.success(request, f"Ended {ended} other session{'' if ended == 1 else 's'}.")
    return redirect("you")


@require_POST
@own
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out in one browser."""
    _check_own_sign_in(request)
    if not sessions.end(user=_user(request), pk=pk):
        message = "There is no such session, or it is none of yours."
        raise Http404(message)
    messages.success(request, "That session has ended.")
    return redirect("you")
