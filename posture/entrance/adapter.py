"""What we change in allauth's ways: nobody signs up, refusals say how long, mails go by the worker."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from posture.entrance import limits, mail
from posture.entrance.providers import BY_PROVIDER
from posture.models import User

SENTENCES = {
    "account/messages/password_set.txt": "Your password is changed. All other sessions have ended.",
    "account/messages/password_changed.txt": "Your password is changed. Sign in with the new one.",
    "mfa/messages/totp_activated.txt": "Your authenticator app is set up.",
    "mfa/messages/totp_deactivated.txt": "The authenticator app is removed.",
    "mfa/messages/webauthn_added.txt": "The passkey is added.",
    "mfa/messages/webauthn_removed.txt": "The passkey is removed.",
    "mfa/messages/recovery_codes_generated.txt": "There are new recovery codes. Keep them now.",
}
"""What people are told in place of allauth's texts; what is not here is not told."""

WAIT = "Too many attempts. Try again in %(minutes)s."


def wait(minutes: int) -> ValidationError:
    """Return the refusal that says how long to wait; the same for people who do not exist."""
    words = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return ValidationError(WAIT, code="too_many_login_attempts", params={"minutes": words})


class Entrance(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Nobody makes a user for themselves; an administrator or `manage.py create_user` does."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The email address or the password is not correct.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse after too many failures, and say for how long."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refusal:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise wait(limits.minutes_left(request, key)) from refusal

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count by the email that was typed, and apart from that for a browser known to us."""
        email = str(credentials.get("email", "")).lower()
        return f"{email} {limits.known_browser(request, email)}"

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in and list the session; what was just proved is as fresh as being asked again.

        The word of a provider is not: it counts in its organisation, and for nothing of their own.
        """
        super().login(request, user)
        records = get_authentication_records(request, user)
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {**record, "reauthenticated": record["method"] != BY_PROVIDER} for record in records
        ]
        UserSession.objects.create_from_request(request)

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Remember the browser, and tell the person when it was not known."""
        response: HttpResponse = super().post_login(request, user, **more)
        if not limits.known_browser(request, user.email):
            mail.tell(user, "new_browser", request=request)
        limits.remember_browser(response, user.email)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Ask somebody who left to sign in, which will be refused."""
        return redirect("sign_in")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go back to the page about oneself."""
        return reverse("you")

    def add_message(  # noqa: PLR0913, PLR0917 - as allauth calls it
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Tell people in our words; allauth gives the first four by their places."""
        sentence = message or SENTENCES.get(message_template or "")
        if sentence:
            messages.add_message(request, level, sentence, extra_tags)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Have the worker tell of a change of password or factor."""
        kind = template_prefix.rpartition("/")[2]
        if kind in mail.TEXTS:
            mail.tell(user, kind, request=self.request)
