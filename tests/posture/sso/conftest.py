"""Acme signs in with a provider of its own; Rival is another company, with or without one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from posture.models import IdentityProvider, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member
from tests.posture.sso.openid import CLIENT, SECRET, OpenId, openid

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def reachable(settings: Settings) -> None:
    """Let our calls reach this machine, and nobody be refused for attempts of other tests."""
    settings.SSO_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    cache.clear()


@pytest.fixture
def op() -> Iterator[OpenId]:
    """The provider's server."""
    with openid() as running:
        yield running


def a_provider(organisation: Organisation, op: OpenId, **fields: Any) -> IdentityProvider:
    """Store a provider of an organisation."""
    name = organisation.name.lower()
    with within(organisation):
        return IdentityProvider.objects.create(
            organisation=organisation,
            **{
                "name": f"{organisation.name} staff", "slug": f"{name}-staff",
                "issuer": op.issuer, "client_id": CLIENT, "client_secret": SECRET,
                "domains": [f"{name}.example"], **fields,
            },
        )  # fmt: skip


@pytest.fixture
def provider(acme: Organisation, op: OpenId) -> IdentityProvider:
    """Acme's provider."""
    return a_provider(acme, op)


@pytest.fixture
def alice(acme: Organisation) -> User:
    """An admin of Acme, whom its provider knows as subject-1."""
    return a_member(acme, "alice", Role.ADMIN, PASSWORD)


def there(response: Any) -> str:
    """Have the provider sign in who was led to it; the address to which it sends them back."""
    assert response.status_code == 302, response.content.decode()
    answer = requests.get(response["Location"], allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def begun(client: Client, slug: str = "acme-staff", then: str = "") -> HttpResponse:
    """Follow the link on our page; the redirect to the provider."""
    begin = reverse("sso_begin", args=[slug])
    wanted, headers = {"next": then} if then else {}, {"Sec-Fetch-Site": "same-origin"}
    return client.get(begin, wanted, headers=headers)  # type: ignore[return-value] # of Django's test client


def sso(client: Client, slug: str = "acme-staff", then: str = "") -> HttpResponse:
    """Go to the provider and come back; the answer to that."""
    return client.get(there(begun(client, slug, then)))  # type: ignore[return-value] # of Django's test client


def is_in(client: Client) -> bool:
    """Whether the dashboard opens."""
    return client.get(reverse("home")).status_code == 200


def words(response: Any) -> str:
    """A page without its line breaks."""
    return " ".join(response.content.decode().split())


def sentence(response: Any) -> str:
    """What a refusal says."""
    found = re.search(r'role="alert"><p>(.*?)</p>', words(response))
    assert found is not None
    return html.unescape(found[1])
