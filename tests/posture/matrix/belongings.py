"""What people and companies have beside accounts: factors, sessions, a single sign-on."""

from __future__ import annotations

import uuid
from itertools import count

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.db import models

from posture.models import IdentityProvider, Organisation, ProviderSubject, User
from posture.models.tenancy import within
from tests.posture.entering import PASSWORD, with_app, with_passkey

NUMBERS = count(100_000)
"""For texts that no other row has."""
HASH = make_password(PASSWORD)
"""Made once: it takes as long as it is meant to take."""


def a_provider(organisation: Organisation, user: User) -> None:
    """Store a single sign-on that nobody can reach, and as whom it knows somebody."""
    with within(organisation):
        row = IdentityProvider.objects.create(
            organisation=organisation,
            slug=f"staff-{uuid.uuid4().hex}",
            issuer="https://127.0.0.1",
            client_secret=uuid.uuid4().hex,
            domains=["staff.example"],
        )
        ProviderSubject.objects.create(organisation=organisation, provider=row, user=user)


def equipped(user: User) -> list[tuple[models.Model, str, str]]:
    """Give somebody a password, an app, a passkey and another session.

    Returns row, field and text of what can be recognised.
    """
    user.password = HASH
    user.save(update_fields=["password"])
    with_app(user)
    name, browser = f"canary{next(NUMBERS)}", f"canary{next(NUMBERS)}"
    passkey = with_passkey(user, name)
    session = UserSession.objects.create(
        user=user, ip="127.0.0.1", user_agent=browser, session_key=uuid.uuid4().hex
    )
    return [(passkey, "name", name), (session, "user_agent", browser)]
