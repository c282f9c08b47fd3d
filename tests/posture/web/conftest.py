"""People of two companies in front of their browsers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client

from posture.models import Account, Organisation, Role, Scan, User
from tests.posture.rows import a_member, an_account
from tests.posture.web.rows import a_done_scan, scored

PASSWORD = "correct horse battery staple"


@pytest.fixture
def no_attempts() -> None:
    """Forget failed sign-ins of other tests."""
    cache.clear()


def signed_in(user: User) -> Client:
    """A browser in which this person is signed in; who has no password came by a link just now."""
    client = Client(raise_request_exception=True)
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    if not user.has_usable_password():
        request = HttpRequest()
        request.session = client.session
        record_authentication(request, user, method="break_glass", reauthenticated=True)
        request.session.save()
    return client


@pytest.fixture
def alice(acme: Organisation) -> User:
    """The owner of Acme."""
    return a_member(acme, "alice", Role.OWNER, PASSWORD)


@pytest.fixture
def owner(alice: User) -> Client:
    """Alice's browser."""
    return signed_in(alice)


@pytest.fixture
def member(acme: Organisation) -> Callable[[str], Client]:
    """Makes a browser of somebody at Acme with a role."""
    return lambda role: signed_in(a_member(acme, role, role))


@pytest.fixture
def stranger(rival: Organisation) -> Client:
    """The browser of Charlie, who owns another company."""
    return signed_in(a_member(rival, "charlie", Role.OWNER))


@pytest.fixture
def scan(account: Account) -> Scan:
    """The last scan of Acme's account, recorded."""
    row = a_done_scan(account)
    scored(account, row)
    return row


@pytest.fixture
def second_account(acme: Organisation) -> Account:
    """Another account of Acme."""
    return an_account(acme, "444455556666", label="acme-eu")
