"""People with second factors, and the codes that their apps show."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from fido2.cose import CoseKey
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

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


def a_secret(client: Client) -> str:
    """The secret for a new app that the page shows to somebody."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'data-copy="([A-Z2-7]{32})"', page)
    assert found
    return found[1]


def with_codes(user: User) -> list[str]:
    """Give somebody recovery codes."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    return list(RecoveryCodes.activate(user).get_unused_codes())


def a_credential(challenge: str = "", host: str = "testserver") -> dict[str, Any]:
    """What a browser says of a new passkey of the site, whose private half nobody has."""
    key = CoseKey({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    public = AttestedCredentialData.create(Aaguid.NONE, b"id of the passkey", key)
    flags = AuthenticatorData.FLAG.AT | AuthenticatorData.FLAG.UP
    data = AuthenticatorData.create(hashlib.sha256(host.encode()).digest(), flags, 0, public)
    client = {"type": "webauthn.create", "challenge": challenge, "origin": f"https://{host}"}
    said = {
        "clientDataJSON": websafe_encode(json.dumps(client).encode()),
        "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
    }
    one = websafe_encode(b"id of the passkey")
    return {"id": one, "rawId": one, "type": "public-key", "response": said}


def with_passkey(user: User, name: str) -> Authenticator:
    """Give somebody a passkey."""
    data = {"name": name, "credential": a_credential()}
    return Authenticator.objects.create(user=user, type="webauthn", data=data)


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
