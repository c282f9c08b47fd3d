"""Getting in beyond the password: second factor, proof again, new password by mail, one-time links."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from allauth.account import views as account
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from allauth.mfa.base import views as factor
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as passkey
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from posture.entrance import links, mail, sessions
from posture.entrance.noting import noted
from posture.mail import is_on
from posture.models import LinkKind
from posture.web.forms_entrance import (
    Code,
    CodeAgain,
    FirstOwner,
    Forgotten,
    Passkey,
    PasskeyAgain,
    PasswordAgain,
    PasswordByMail,
)
from posture.web.proof import form, own

GONE = (
    "This link was used, or is too old, or never was. Ask whoever runs this installation for one."
)


def options(context: dict[str, Any], name: str) -> str:
    """Return, as JSON, what the browser's passkey functions want to know."""
    return json.dumps(context["js_data"][name], cls=DjangoJSONEncoder)


class SecondFactor(factor.AuthenticateView):  # type: ignore[misc] # allauth has no types
    """The second step of signing in: a code, a passkey or a recovery code."""

    template_name = "entrance/factor.html"
    form_class = Code
    webauthn_form_class = Passkey

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer a passkey where there is one, and codes where there are some."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        types = Authenticator.objects.filter(user=self.stage.login.user)
        context["types"] = set(types.values_list("type", flat=True))
        context["options"] = options(context, "request_options")
        return context


class ProvePassword(account.ReauthenticateView):  # type: ignore[misc] # allauth has no types
    """The password again, before something that matters."""

    template_name = "entrance/again.html"
    form_class = PasswordAgain
    extra_context: ClassVar[dict[str, str]] = {"way": "password"}


class ProveCode(factor.ReauthenticateView):  # type: ignore[misc] # allauth has no types
    """A code, before something that matters."""

    template_name = "entrance/again.html"
    form_class = CodeAgain
    extra_context: ClassVar[dict[str, str]] = {"way": "code"}


class ProvePasskey(passkey.ReauthenticateWebAuthnView):  # type: ignore[misc] # allauth has no types
    """A passkey, before something that matters."""

    template_name = "entrance/again.html"
    form_class = PasskeyAgain
    extra_context: ClassVar[dict[str, str]] = {"way": "passkey"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the browser which passkeys will do."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "options": options(context, "request_options")}


class NewPasswordByMail(account.PasswordResetFromKeyView):  # type: ignore[misc] # allauth has no types
    """A new password for whoever followed the link of a mail; it signs nobody in."""

    template_name = "entrance/new_password.html"
    form_class = PasswordByMail

    def form_valid(self, form: PasswordByMail) -> HttpResponse:
        """Set it; every session of theirs ends."""
        person, said = self.reset_user, {"by_mail": True}
        with noted("person.password_changed", person, by=None, after=said):
            answer: HttpResponse = super().form_valid(form)
            sessions.end_all(user=person)
        return answer


second_factor = form(SecondFactor.as_view())
prove_password = form(own(ProvePassword.as_view()))
prove_code = form(own(ProveCode.as_view()))
prove_passkey = form(own(ProvePasskey.as_view()))
new_password_by_mail = form(NewPasswordByMail.as_view())


@never_cache
@form
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password; says the same whoever has the address, or nobody."""
    if not is_on():
        return render(request, "entrance/forgotten.html", {"is_off": True})
    typed = Forgotten(request.POST or None)
    if not typed.is_valid():
        status = 400 if typed.is_bound else 200
        return render(request, "entrance/forgotten.html", {"form": typed}, status=status)
    email = typed.cleaned_data["email"].lower()
    refusal = ratelimit.consume_or_429(request, action="reset_password", key=email)
    if refusal is not None:
        answer: HttpResponse = refusal
        return answer
    mail.ask_for_reset(email)
    return redirect("password_sent")


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, if there is somebody to send it to."""
    return render(request, "entrance/sent.html")


@never_cache
@require_safe
def changed(request: HttpRequest) -> HttpResponse:
    """After a new password: lead to signing in with it."""
    return redirect("sign_in")


@never_cache
@form
def setup(request: HttpRequest, text: str) -> HttpResponse:
    """Make the first organisation and its owner, once."""
    if links.usable(LinkKind.SETUP, text) is None:
        raise Http404(GONE)
    typed = FirstOwner(request.POST or None)
    if not typed.is_valid():
        status = 400 if typed.is_bound else 200
        return render(request, "entrance/setup.html", {"form": typed}, status=status)
    user = links.set_up(text=text, **typed.cleaned_data)
    if user is None:
        raise Http404(GONE)
    get_adapter().login(request, user)
    messages.success(request, "This is your dashboard. Set up a second factor under your name.")
    return redirect("home")


@never_cache
@form
def break_glass(request: HttpRequest, text: str) -> HttpResponse:
    """Sign an owner in without password and second factor, once, after they pressed the button."""
    link = links.usable(LinkKind.BREAK_GLASS, text)
    if link is None:
        raise Http404(GONE)
    if request.method != "POST":
        return render(request, "entrance/break_glass.html", {"person": link.user})
    user = links.break_glass(text=text)
    if user is None:
        raise Http404(GONE)
    request.session.flush()
    get_adapter().login(request, user)
    record_authentication(request, user, method="break_glass", reauthenticated=True)
    mail.tell(user, "break_glass", request=request)
    messages.warning(
        request,
        "You are in. Within 10 minutes, remove what you lost and set up a new password and factor.",
    )
    return redirect("you")
