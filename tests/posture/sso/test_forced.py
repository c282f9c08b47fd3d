"""Who is led to a provider, from where and how often; and what counts as proved there just now."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from posture.models import Organisation, ProviderSubject, Role, User
from posture.models.tenancy import within
from tests.posture.entering import give_password
from tests.posture.rows import a_member
from tests.posture.sso.conftest import PASSWORD, begun, is_in, sentence, sso, there, words
from tests.posture.sso.openid import OpenId

pytestmark = pytest.mark.usefixtures("provider")
BEGIN = "/sso/acme-staff"
LINK = 'href="/sso/acme-staff">Continue with Acme staff'


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://testserver/sso"},
        {"Referer": "https://evil.example/"},
        {"Referer": "http://testserver@evil.example/"},
        {},
    ],
)
def test_another_site_gets_the_page_with_the_link(op: OpenId, headers: dict[str, str]) -> None:
    client = Client()
    page = client.get(BEGIN, headers=headers)
    assert page.status_code == 200
    assert LINK in words(page)
    assert "sid" not in client.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Referer": "http://testserver/sso?name=acme-staff"},
    ],
)
def test_the_link_and_the_address_bar_lead_to_the_provider(
    op: OpenId, headers: dict[str, str]
) -> None:
    led = Client().get(BEGIN, headers=headers)
    assert led["Location"].startswith(f"{op.issuer}/authorize")


def test_who_is_signed_in_elsewhere_signs_out_first(rival: Organisation, alice: User) -> None:
    victim = a_member(rival, "vic", Role.OWNER, PASSWORD)
    client = give_password(victim)
    refused = begun(client)
    assert refused.status_code == 403
    assert "Sign out first" in sentence(refused)
    assert client.session["_auth_user_id"] == str(victim.pk)


def test_nobody_becomes_somebody_else_by_coming_back(acme: Organisation, alice: User) -> None:
    bob = a_member(acme, "bob", Role.VIEWER, PASSWORD)
    client = give_password(bob)
    refused = client.get(there(begun(client)))
    assert refused.status_code == 403
    assert "somebody else than alice@acme.example. Sign out first" in sentence(refused)
    assert client.session["_auth_user_id"] == str(bob.pk)
    assert is_in(client)
    with within(acme):
        assert not ProviderSubject.objects.exists()
    client.post(reverse("sign_out"))
    sso(client)
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_beginning_over_and_over_is_refused(op: OpenId) -> None:
    rate = settings.ACCOUNT_RATE_LIMITS["login"]
    most = int(rate.partition("/")[0])
    client = Client(REMOTE_ADDR="203.0.113.77")
    answers = [begun(client).status_code for _ in range(most + 1)]
    assert answers == [302] * most + [429]


@pytest.fixture
def bare(acme: Organisation, op: OpenId) -> Client:
    """A browser of an owner without a password here, who came by the provider long ago."""
    op.person["email"] = "bare@acme.example"
    op.lies = {"auth_time": int(time.time()) - 3600}
    a_member(acme, "bare", Role.OWNER)
    client = Client()
    sso(client)
    assert is_in(client)
    return client


WANTED = "/settings/sso/new"


@pytest.mark.parametrize("said", [-601, None, "soon", True, 3600, 1e999])
def test_an_old_sign_in_at_the_provider_proves_nothing_anew(
    bare: Client, op: OpenId, said: object
) -> None:
    asks = f"{reverse('sso')}?name=acme-staff&next=%2Fsettings%2Fsso%2Fnew"
    assert bare.get(WANTED)["Location"] == asks
    is_moment = isinstance(said, int | float) and not isinstance(said, bool)
    op.lies = {"auth_time": time.time() + said if is_moment else said}  # type: ignore[operator] # a number
    led = begun(bare, then=WANTED)
    asked = parse_qs(urlsplit(led["Location"]).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["600"])
    refused = bare.get(there(led))
    assert refused.status_code == 403
    assert "you signed in there just now (auth_time)" in sentence(refused)
    assert bare.get(WANTED)["Location"] == asks


def test_a_new_sign_in_at_the_provider_counts_from_when_it_was(bare: Client, op: OpenId) -> None:
    moment = int(time.time()) - 300
    op.lies = {"auth_time": moment}
    assert sso(bare, then=WANTED)["Location"] == WANTED
    assert bare.session["vouched"]["at"] == moment
    assert bare.get(WANTED).status_code == 200


@pytest.mark.parametrize("said", [None, 2**60, "now"])
def test_a_first_sign_in_that_does_not_say_when_is_no_fresh_proof(
    acme: Organisation, op: OpenId, said: object
) -> None:
    op.person["email"] = "bare@acme.example"
    op.lies = {"auth_time": said}
    a_member(acme, "bare", Role.OWNER)
    client = Client()
    sso(client)
    assert is_in(client)
    assert client.session["vouched"]["at"] == 0
    assert client.get(WANTED).status_code == 302
