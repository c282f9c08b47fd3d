"""Members come in by their organisation's provider; whoever it may not vouch for does not."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import IdentityProvider, Membership, Organisation, ProviderSubject, Role, User
from posture.models.tenancy import within
from tests.posture.rows import a_member
from tests.posture.sso.conftest import a_provider, begun, is_in, sentence, sso, there, words
from tests.posture.sso.openid import OpenId


def subjects(organisation: Organisation) -> dict[str, str]:
    with within(organisation):
        rows = ProviderSubject.objects.select_related("user")
        return {row.subject: row.user.email for row in rows}


def test_a_member_comes_in_and_is_known_by_the_subject_from_then_on(
    provider: IdentityProvider, acme: Organisation, op: OpenId, alice: User
) -> None:
    client = Client()
    answer = sso(client, then="/scans")
    assert (answer.status_code, answer["Location"]) == (302, "/scans")
    assert is_in(client)
    assert subjects(acme) == {"subject-1": "alice@acme.example"}
    op.person["email"] = "alice.married@acme.example"
    again = Client()
    sso(again)
    assert is_in(again)
    assert again.session["_auth_user_id"] == str(alice.pk)


def test_state_nonce_and_pkce_go_along_and_differ_each_time(
    provider: IdentityProvider, op: OpenId, alice: User
) -> None:
    sso(Client())
    sso(Client())
    first, second = op.asked
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"].endswith("/sso/acme-staff/callback")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"email_verified": False}, "does not say that it verified your email address"),
        ({"email_verified": None}, "does not say that it verified your email address"),
        ({"email_verified": "yes"}, "does not say that it verified your email address"),
        ({"email_verified": 1}, "does not say that it verified your email address"),
        ({"email": None}, "does not say your email address"),
        ({"email": ["alice@acme.example"]}, "may not speak for your email address"),
        ({"email": "alice@rival.example"}, "may not speak for your email address"),
        ({"email": "alice@acme.example.evil.example"}, "may not speak for your email address"),
        ({"email": "alice@rival.example\x00@acme.example"}, "may not speak for your email"),
        ({"email": "\N{KELVIN SIGN}alice@acme.example"}, "may not speak for your email"),
        ({"email": "nobody@acme.example"}, "you cannot sign in here with it"),
        ({"sub": "s\x00"}, "you cannot sign in here with it"),
        ({"sub": "s" * 256}, "you cannot sign in here with it"),
        ({"sub": "\ud800"}, "you cannot sign in here with it"),
    ],
)
def test_only_what_the_provider_proves_counts(
    provider: IdentityProvider, acme: Organisation, op: OpenId, alice: User,
    change: dict[str, object], why: str,
) -> None:  # fmt: skip
    op.person |= change
    client = Client()
    answer = sso(client)
    assert answer.status_code == 403
    assert why in sentence(answer)
    assert not is_in(client)
    assert subjects(acme) == {}
    assert User.objects.count() == 1


def test_strangers_of_all_kinds_get_the_same_answer(
    provider: IdentityProvider, acme: Organisation, rival: Organisation, op: OpenId, alice: User
) -> None:
    outsider = User.objects.create_user("outsider@acme.example")
    with within(rival):
        Membership.objects.create(organisation=rival, user=outsider, role=Role.OWNER)
    User.objects.filter(pk=a_member(acme, "gone").pk).update(is_active=False)
    sso(Client())
    answers = set()
    for number, email in enumerate(("outsider", "gone", "nobody", "alice")):
        op.person |= {"email": f"{email}@acme.example", "sub": f"other-{number}"}
        client = Client()
        answers.add(sentence(sso(client)))
        assert not is_in(client)
    assert len(answers) == 1
    assert "Ask an owner or admin of your organisation to add you" in answers.pop()


def test_a_provider_never_opens_another_organisation(
    acme: Organisation, rival: Organisation, op: OpenId
) -> None:
    """Acme claims the domain of Rival, and says that its person is Rival's owner."""
    a_provider(acme, op, domains=["acme.example", "rival.example"])
    a_member(rival, "charlie", Role.OWNER)
    op.person["email"] = "charlie@rival.example"
    client = Client()
    assert sso(client).status_code == 403
    assert not is_in(client)


def test_a_session_stays_in_the_organisation_whose_provider_began_it(
    provider: IdentityProvider, rival: Organisation, acme: Organisation, alice: User
) -> None:
    with within(rival):
        Membership.objects.create(organisation=rival, user=alice, role=Role.OWNER)
    client = Client()
    sso(client)
    session = client.session
    session["organisation"] = str(rival.pk)
    session.save()
    assert "Acme" in words(client.get("/"))
    with within(acme):
        Membership.objects.filter(user=alice).delete()
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign_in"))
    assert "_auth_user_id" not in client.session


def test_a_session_ends_when_the_provider_is_switched_off(
    provider: IdentityProvider, acme: Organisation, alice: User
) -> None:
    client = Client()
    sso(client)
    with within(acme):
        IdentityProvider.objects.update(active=False)
    assert not is_in(client)
    assert client.get(reverse("sso_begin", args=["acme-staff"])).status_code == 404
    assert client.get(reverse("sso"), {"name": "acme-staff"}).status_code == 404


def test_the_answer_to_a_sign_in_is_taken_once_and_in_the_same_browser(
    provider: IdentityProvider, alice: User
) -> None:
    thief, client = Client(), Client()
    back = there(begun(client))
    assert "in another browser" in words(thief.get(back))
    assert client.get(back).status_code == 302
    client.post(reverse("sign_out"))
    assert "is used up" in words(client.get(back))
    assert not is_in(client)


def test_an_answer_for_one_provider_is_none_for_another(
    provider: IdentityProvider, rival: Organisation, op: OpenId, alice: User
) -> None:
    a_provider(rival, op)
    client = Client()
    back = there(begun(client))
    answer = client.get(back.replace("acme-staff", "rival-staff"))
    assert answer.status_code == 403
    assert not is_in(client)


def test_signing_in_begins_a_new_session_and_the_old_one_is_over(
    provider: IdentityProvider, alice: User
) -> None:
    client = Client()
    begun(client)
    before = client.session.session_key
    sso(client)
    assert client.session.session_key != before
    assert Client(headers={"cookie": f"sid={before}"}).get("/").status_code != 200


@pytest.mark.parametrize("there_", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere_afterwards(
    provider: IdentityProvider, alice: User, there_: str
) -> None:
    assert sso(Client(), then=there_)["Location"] == "/"


def test_the_page_with_the_name_leads_on_by_a_link(provider: IdentityProvider) -> None:
    page = words(Client().get(reverse("sso"), {"name": " Acme-Staff ", "next": "/scans"}))
    assert 'href="/sso/acme-staff?next=/scans">Continue with Acme staff' in page


@pytest.mark.parametrize("name", ["no-such-name", "\x00", "acme-staff\x00", "é" * 50])
def test_a_name_that_nobody_has_or_could_have_is_unknown(
    provider: IdentityProvider, name: str
) -> None:
    answer = Client().get(reverse("sso"), {"name": name})
    assert answer.status_code == 404
    assert "No single sign-on has this name here" in words(answer)


def test_who_declines_at_the_provider_is_told_so(provider: IdentityProvider) -> None:
    client = Client()
    led = begun(client)
    state = parse_qs(urlsplit(led["Location"]).query)["state"][0]
    back = reverse("sso_callback", args=["acme-staff"])
    answer = client.get(back, {"error": "access_denied", "state": state})
    assert answer.status_code == 403
    assert "The provider did not sign you in" in words(answer)
