"""Guessing is slow, the refusal says for how long, and tells nobody who exists (bars 89 to 92)."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse

from posture.models import User
from tests.posture.entering import PASSWORD, code_of, give_code, give_password, is_in, with_app

pytestmark = pytest.mark.usefixtures("no_attempts")
NOBODY = "nobody@acme.example"


def guess(email: str, typed: str = "guess", address: str = "203.0.113.9") -> str:
    """Try to sign in from an address; returns the answer without what changes with each page."""
    client = Client(REMOTE_ADDR=address)
    response = client.post(reverse("sign_in"), {"login": email, "password": typed})
    if response.status_code == 302:
        return "in"
    page = response.content.decode()
    return page.partition('role="alert">')[2].partition("</div>")[0].strip()


@pytest.mark.parametrize("known", [True, False])
def test_a_refusal_says_for_how_long_whoever_is_asked_for(alice: User, known: bool) -> None:
    email = alice.email if known else NOBODY
    with time_machine.travel(time.time(), tick=False) as clock:
        for number in range(5):
            assert "not correct" in guess(email, address=f"203.0.113.{number}")
        assert "Try again in 5 minutes." in guess(email, PASSWORD)
        clock.shift(250)
        assert "Try again in 1 minute." in guess(email, PASSWORD)
        clock.shift(51)
        assert guess(email, PASSWORD) == ("in" if known else guess(NOBODY))


def test_answers_for_the_known_and_the_unknown_are_the_same(alice: User) -> None:
    def answer(email: str) -> tuple[int, str, set[str]]:
        response = Client().post(reverse("sign_in"), {"login": email, "password": "guess"})
        page = response.content.decode().replace(email, "")
        changing = {"X-Request-ID", "Content-Security-Policy", "Set-Cookie", "Content-Length"}
        for word in ("csrfmiddlewaretoken", "nonce"):
            page = "\n".join(line for line in page.splitlines() if word not in line)
        return response.status_code, page, set(response.headers) - changing

    assert answer(alice.email) == answer(NOBODY)


@pytest.mark.parametrize("who", ["known", "unknown", "without_password", "disabled"])
def test_every_attempt_costs_one_hash(
    alice: User, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify

    def counted_encode(self: Argon2PasswordHasher, password: str, salt: str) -> str:
        hashes.append("encode")
        return encode(self, password, salt)

    def counted_verify(self: Argon2PasswordHasher, password: str, encoded: str) -> bool:
        hashes.append("verify")
        return verify(self, password, encoded)

    if who == "without_password":
        alice.set_unusable_password()
    alice.is_active = who != "disabled"
    alice.save()
    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted_encode)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted_verify)
    guess(NOBODY if who == "unknown" else alice.email)
    assert len(hashes) == 1


def test_at_most_a_hundred_guesses_of_one_password_are_looked_at_in_a_day(alice: User) -> None:
    looked_at = 0
    with time_machine.travel(time.time(), tick=False) as clock:
        for number in range(130):
            looked_at += "not correct" in guess(alice.email, address=f"198.51.100.{number}")
            clock.shift(301)
        assert looked_at == 100
        assert "Try again in" in guess(alice.email, PASSWORD)


def test_the_person_still_gets_in_from_a_browser_that_is_known(alice: User) -> None:
    known = give_password(alice)
    known.post(reverse("sign_out"))
    for number in range(6):
        guess(alice.email, address=f"203.0.113.{number}")
    assert "Too many attempts" in guess(alice.email, PASSWORD)
    assert is_in(give_password(alice, known))


def test_a_known_browser_helps_against_nobody_elses_limit(alice: User, stranger: Client) -> None:
    mallory = User.objects.create_user("mallory@evil.example", PASSWORD)
    browser = give_password(mallory)
    browser.post(reverse("sign_out"))
    for _ in range(5):
        guess(alice.email)
    page = browser.post(reverse("sign_in"), {"login": alice.email, "password": PASSWORD})
    assert "Too many attempts" in page.content.decode()


def test_one_address_has_sixty_guesses_an_hour(alice: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        answers = []
        for number in range(100):
            answers.append(guess(f"person{number}@acme.example"))
            clock.shift(10)
    assert sum("not correct" in one for one in answers) == 60
    assert "Too many attempts" in answers[-1]


def test_asking_again_for_the_password_is_limited_too(alice: User) -> None:
    client = give_password(alice)
    there = reverse("account_reauthenticate")
    pages = [client.post(there, {"password": "guess"}).content.decode() for _ in range(6)]
    assert "Too many attempts. Try again in 5 minutes." in pages[-1]


def test_a_right_code_does_not_forget_what_failed_from_the_same_address(alice: User) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        mallory = User.objects.create_user("mallory@evil.example", PASSWORD)
        secret = with_app(mallory)
        looked_at = 0
        for number in range(80):
            looked_at += "not correct" in guess(f"person{number}@acme.example")
            clock.shift(31)
            own = Client(REMOTE_ADDR="203.0.113.9")
            give_code(give_password(mallory, own), code_of(secret))
        assert looked_at == 60
