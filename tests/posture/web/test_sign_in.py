"""Signing in, out, and the theme."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Organisation, User
from tests.posture.rows import a_member
from tests.posture.web.conftest import PASSWORD, signed_in

pytestmark = pytest.mark.usefixtures("no_attempts")


def attempt(email: str, password: str, **more: str) -> tuple[int, str]:
    response = Client().post(reverse("sign_in"), {"login": email, "password": password, **more})
    return response.status_code, response.content.decode() or response["Location"]


def refusal(email: str, password: str) -> str:
    """What the page says to an attempt that was refused."""
    status, page = attempt(email, password)
    assert status == 200
    return page.partition('role="alert">')[2].partition("</div>")[0]


def test_the_right_password_leads_home(alice: User) -> None:
    assert attempt(alice.email, PASSWORD) == (302, "/")


def test_email_is_taken_in_any_case(alice: User) -> None:
    assert attempt(alice.email.upper(), PASSWORD)[0] == 302


def test_the_page_that_was_asked_for_comes_after_signing_in(alice: User) -> None:
    assert attempt(alice.email, PASSWORD, next="/findings?q=x") == (302, "/findings?q=x")


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_site(alice: User, there: str) -> None:
    assert attempt(alice.email, PASSWORD, next=there) == (302, "/")


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(alice: User) -> None:
    known = refusal(alice.email, "not the password")
    assert known == refusal("nobody@acme.example", "not the password")
    assert "password" in known


def test_somebody_who_left_gets_the_answer_of_a_wrong_password(alice: User) -> None:
    wrong = refusal(alice.email, "not the password")
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert refusal(alice.email, PASSWORD) == wrong


def test_what_was_typed_is_escaped() -> None:
    status, page = attempt('"><script>alert(1)</script>', "x")
    assert status == 200
    assert "<script>alert" not in page


def test_guessing_is_slowed_down(alice: User) -> None:
    answers = [attempt(alice.email, "guess")[0] for _ in range(6)]
    status, page = attempt(alice.email, PASSWORD)
    assert answers[:5] == [200] * 5
    assert status != 302
    assert "too many" in page.lower()


def test_somebody_who_is_signed_in_is_led_home(owner: Client) -> None:
    assert owner.get(reverse("sign_in"))["Location"] == "/"


def test_signing_out_ends_the_session_and_needs_a_form(owner: Client) -> None:
    assert owner.get(reverse("sign_out")).status_code == 405
    assert owner.post(reverse("sign_out"))["Location"] == reverse("sign_in")
    assert owner.get("/").status_code == 302


def test_forms_need_their_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, "allauth.account.auth_backends.AuthenticationBackend")
    response = client.post(reverse("sign_out"))
    assert response.status_code == 403
    assert "The form was open for too long" in response.content.decode()
    assert client.get("/").status_code == 200


def test_somebody_without_an_organisation_is_told_so(db: None) -> None:
    lonely = User.objects.create_user("lonely@nowhere.example")
    response = signed_in(lonely).get("/")
    assert response.status_code == 403
    assert "belong to no organisation" in response.content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_remembered_and_rendered(owner: Client, theme: str) -> None:
    response = owner.post(reverse("theme"), {"theme": theme, "next": "/findings?q=x"})
    assert response["Location"] == "/findings?q=x"
    page = owner.get("/").content.decode()
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'value="{theme}" aria-pressed="true"' in page


def test_the_systems_theme_is_the_usual_one(owner: Client) -> None:
    owner.post(reverse("theme"), {"theme": "dark"})
    owner.post(reverse("theme"), {"theme": "system"})
    page = owner.get("/").content.decode()
    assert '<html lang="en">' in page
    assert 'value="system" aria-pressed="true"' in page


def test_a_theme_that_nobody_knows_is_the_systems(owner: Client) -> None:
    owner.cookies["theme"] = '"><script>'
    assert '<html lang="en">' in owner.get("/").content.decode()


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "", "evil"])
def test_choosing_a_theme_leads_to_no_other_site(owner: Client, there: str) -> None:
    response = owner.post(reverse("theme"), {"theme": "dark", "next": there})
    assert response["Location"] == "/"


def test_the_menu_names_the_reader_and_the_role(acme: Organisation) -> None:
    page = signed_in(a_member(acme, "dana", "analyst")).get("/").content.decode()
    assert "Dana" in page
    assert "dana@acme.example · analyst" in page
