"""Signing in with a second factor: codes work once and in time, guessing ends, ids change."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from posture.models import Organisation, User
from tests.posture.entering import code_of, give_code, give_password, is_in, with_app, with_codes
from tests.posture.rows import a_member
from tests.posture.web.rows import events

pytestmark = pytest.mark.usefixtures("no_attempts")


def test_the_password_alone_does_not_sign_in(alice: User) -> None:
    with_app(alice)
    client = give_password(alice)
    assert not is_in(client)
    page = client.get(reverse("mfa_authenticate")).content.decode()
    assert "Your password was right" in page
    assert 'data-passkey="get"' not in page


def test_the_code_of_the_app_signs_in(alice: User) -> None:
    secret = with_app(alice)
    client = give_password(alice)
    assert give_code(client, code_of(secret))["Location"] == "/"
    assert is_in(client)


def test_the_page_that_was_asked_for_comes_after_the_second_factor(alice: User) -> None:
    secret = with_app(alice)
    client = Client()
    form = {"login": alice.email, "password": "correct horse battery staple", "next": "/findings"}
    assert client.post(reverse("sign_in"), form)["Location"] == reverse("mfa_authenticate")
    assert give_code(client, code_of(secret))["Location"] == "/findings"


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(alice: User, steps: int, opens: bool) -> None:
    secret = with_app(alice)
    with time_machine.travel(time.time(), tick=False):
        client = give_password(alice)
        give_code(client, code_of(secret, steps))
        assert is_in(client) == opens


def test_a_code_opens_once_for_as_long_as_it_would_be_taken(alice: User) -> None:
    secret = with_app(alice)
    with time_machine.travel(time.time(), tick=False) as clock:
        code = code_of(secret, 1)
        give_code(give_password(alice), code)
        clock.shift(31)
        again = give_password(alice)
        assert "The code is not correct" in give_code(again, code).content.decode()
        assert not is_in(again)


def test_a_recovery_code_opens_once(alice: User) -> None:
    with_app(alice)
    code = with_codes(alice)[3]
    client = give_password(alice)
    give_code(client, code)
    assert is_in(client)
    again = give_password(alice)
    give_code(again, code)
    assert not is_in(again)


def test_guessing_codes_ends_after_five_and_says_for_how_long(alice: User) -> None:
    secret = with_app(alice)
    client = give_password(alice)
    for _ in range(5):
        assert "The code is not correct" in give_code(client, "000000").content.decode()
    page = give_code(client, code_of(secret)).content.decode()
    assert "Too many attempts. Try again in 5 minutes." in page
    assert not is_in(client)


def test_a_wrong_code_is_in_the_audit_log(alice: User, acme: Organisation) -> None:
    secret = with_app(alice)
    client = give_password(alice)
    before = len(events(acme))
    give_code(client, "000000")
    (refused,) = events(acme, before)
    assert (refused.action, refused.actor_id, refused.after) == (
        "session.refused", None, {"factor": "totp"}
    )  # fmt: skip
    give_code(client, code_of(secret))
    client.post(reverse("mfa_reauthenticate"), {"code": "000000"})
    last = events(acme, before)[-1]
    assert (last.action, last.actor_label) == ("session.refused", alice.email)


def test_the_code_of_somebody_else_does_not_open(alice: User, acme: Organisation) -> None:
    with_app(alice)
    other = with_app(a_member(acme, "bob"))
    client = give_password(alice)
    give_code(client, code_of(other))
    assert not is_in(client)


def test_each_step_gives_a_new_session_and_the_old_one_is_dead(alice: User) -> None:
    secret = with_app(alice)
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    seen = [session.session_key]
    give_password(alice, client)
    seen.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    give_code(client, code_of(secret))
    seen.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    client.post(reverse("sign_out"))
    assert len(set(seen)) == 3
    assert not Session.objects.filter(session_key__in=seen).exists()


def test_a_half_login_ends_after_a_quarter_of_an_hour(alice: User) -> None:
    secret = with_app(alice)
    with time_machine.travel(time.time(), tick=False) as clock:
        client = give_password(alice)
        clock.shift(16 * 60)
        assert give_code(client, code_of(secret))["Location"] == reverse("sign_in")
        assert not is_in(client)


def test_starting_again_forgets_the_password_step(alice: User) -> None:
    with_app(alice)
    client = give_password(alice)
    client.post(reverse("sign_out"))
    assert client.get(reverse("mfa_authenticate"))["Location"] == reverse("sign_in")


def test_somebody_disabled_between_the_steps_does_not_get_in(alice: User) -> None:
    secret = with_app(alice)
    client = give_password(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    give_code(client, code_of(secret))
    assert not is_in(client)


def test_a_forged_passkey_is_refused(alice: User) -> None:
    with_app(alice)
    client = give_password(alice)
    for forged in ("{}", "[]", "null", '{"id": "AA", "response": {}}', "not json"):
        response = client.post(reverse("mfa_authenticate"), {"credential": forged})
        assert response.status_code == 200, forged
    assert not is_in(client)
