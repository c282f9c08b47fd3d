"""People with second factors, and the codes that their apps show."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from posture.models import User

PASSWORD = "correct horse battery staple"


def code_of(secret: str, steps: int = 0) -> str:
    """What an app with this secret shows now, or some steps of 30 seconds later or earlier."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def with_app(user: User) -> str:
    """Give somebody an authenticator app; returns its secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    return secret


def with_codes(user: User) -> list[str]:
    """Give somebody recovery codes."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return list(RecoveryCodes.activate(user).get_unused_codes())


def factors_of(user: User) -> list[str]:
    """The kinds of factors somebody has."""
    return sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def give_password(user: User, client: Client | None = None, password: str = PASSWORD) -> Client:
    """Do the first step of signing in; returns the browser."""
    client = client or Client()
    client.post(reverse("sign_in"), {"login": user.email, "password": password})
    return client


def give_code(client: Client, code: str) -> HttpResponse:
    """Do the second step."""
    return client.post(reverse("mfa_authenticate"), {"code": code})  # type: ignore[return-value]


def is_in(client: Client) -> bool:
    """Whether the dashboard opens."""
    return client.get(reverse("home")).status_code == 200
